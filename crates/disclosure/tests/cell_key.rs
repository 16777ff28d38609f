//! The cell-key method: tables of noise against published ones, and what is promised of cells.

mod support;

use disclosure::cell_key::{Additivity, Constraints, PTable, Shape, count, perturb};
use disclosure::{Error, Method};
use proptest::prelude::*;
use support::{adds_up, counted, flat, frame, line, records, tree};

/// Compares with a table of τ-Argus, count by count.
fn check_against(file: &str, constraints: &Constraints, from: u64, tolerance: f64) {
    let theirs = PTable::read(file).expect("a table");
    let ours = PTable::make(constraints).expect("a table");
    assert_eq!(ours.rows(), theirs.rows());
    for count in from..theirs.rows() as u64 {
        for noise in theirs.row(count) {
            let p = ours.row(count).iter().find(|n| n.value == noise.value).map_or(0.0, |n| n.probability);
            assert!(
                (p - noise.probability).abs() < tolerance,
                "count {count}, noise {}: {p} where {} is published",
                noise.value,
                noise.probability
            );
        }
    }
}

/// Largest noise 7, variance 4, no ones and twos. The file was made with the R package ptable and holds its
/// constraints to 1e-14; its optimiser stops at a relative change of 1e-7.
#[test]
fn the_table_for_variance_4_is_that_of_ptable() {
    check_against(include_str!("data/ptable_testw.txt"), &Constraints::new(7, 4.0).never(2), 1, 2e-7);
}

/// Variance 2.001, as its rows show; probabilities are given to nine digits and none is below 1e-7.
#[test]
fn the_table_of_scenario_5a_is_that_of_ptable() {
    check_against(include_str!("data/ptable_5a.txt"), &Constraints::new(5, 2.001).never(2), 1, 2e-6);
}

/// Variance 3, and a probability of one half to stay; given to eight digits.
#[test]
fn the_table_with_a_probability_to_stay_is_that_of_ptable() {
    let constraints = Constraints::new(5, 3.0).never(2).keep(0.5);
    check_against(include_str!("data/ptable_keep.txt"), &constraints, 1, 2e-6);
}

#[test]
fn a_table_that_was_written_is_read_as_the_same() {
    let table = PTable::make(&Constraints::new(4, 1.5).never(1)).expect("a table");
    let read = PTable::read(&table.to_text()).expect("a table");
    assert_eq!((read.rows(), read.largest(), read.never()), (table.rows(), 4, 1));
    for count in 0..table.rows() as u64 {
        for key in (0..u64::MAX).step_by(usize::MAX / 1000) {
            assert_eq!(read.noise(count, key), table.noise(count, key));
        }
    }
}

#[test]
fn tables_that_make_no_sense_are_refused_with_a_reason() {
    let why = |c: Constraints| PTable::make(&c).expect_err("no table").to_string();
    assert!(why(Constraints::new(0, 1.0)).contains("take 1 to 100"));
    assert!(why(Constraints::new(5, -1.0)).contains("variance"));
    assert!(why(Constraints::new(3, 1.0).never(3)).contains("never published"));
    assert!(why(Constraints::new(5, 2.0).keep(1.0)).contains("between 0 and 1"));
    // A one that may only become 0 or 3 and more has a variance of at least 2.
    assert!(
        why(Constraints::new(5, 1.0).never(2)).contains("only 2.0000 to 5.0000"),
        "{}",
        why(Constraints::new(5, 1.0).never(2))
    );
    assert!(why(Constraints::new(3, 9.5)).contains("cannot have variance"));
    for text in ["", "i;j;p;v\n", "i;j;p;v\n0;0;1;0\n1;0;0.5;-1\n", "i;j;p;v\n0;1;1;1\n1;1;1;0\n", "x\ny;z"] {
        assert!(PTable::read(text).is_err(), "{text:?}");
    }
}

proptest! {
    /// Sum 1, mean 0 and the variance, each to 1e-9; no count below zero or never published; and
    /// no other distribution near it with the same sums has more entropy.
    #[test]
    fn rows_satisfy_their_constraints(largest in 2u32..12, never in 0u32..4, share in 0.02f64..0.98, keep in proptest::option::of(0.05f64..0.7), free: bool) {
        let shape = if free { Shape::Free } else { Shape::MonotoneWherePossible };
        let v = 0.3 + share * f64::from(largest);
        let mut constraints = Constraints { keep, ..Constraints::new(largest, v).never(never).shape(shape) };
        let Ok(table) = PTable::make(&constraints) else {
            constraints.variance = -1.0;
            prop_assert!(PTable::make(&constraints).is_err());
            return Ok(());
        };
        for count in 1..=u64::from(largest + never + 1) {
            let row = table.row(count);
            let sum: f64 = row.iter().map(|n| n.probability).sum();
            let (mean, variance) = table.moments(count);
            prop_assert!((sum - 1.0).abs() < 1e-9 && mean.abs() < 1e-9 && (variance - v).abs() < 1e-9);
            for noise in row {
                let becomes = count.cast_signed() + noise.value;
                prop_assert!(becomes == 0 || becomes > i64::from(never));
                prop_assert!(noise.value.unsigned_abs() <= u64::from(largest));
                if let (Some(keep), 0) = (keep, noise.value) {
                    prop_assert!((noise.probability - keep).abs() < 1e-12);
                }
            }
            if keep.is_none() && free {
                // Four values have a direction in which all three sums stay: (v−b)(v−c)(v−d)… by
                // Lagrange; along it the entropy has a maximum here.
                for four in row.windows(4) {
                    let d: Vec<f64> = (0..4).map(|i| {
                        1.0 / (0..4).filter(|&j| j != i)
                            .map(|j| (four[i].value - four[j].value) as f64).product::<f64>()
                    }).collect();
                    let slope: f64 = d.iter().zip(four).map(|(d, n)| -d * n.probability.ln()).sum();
                    let size: f64 = d.iter().zip(four).map(|(d, n)| (d * n.probability.ln()).abs()).sum();
                    let least = four.iter().map(|n| n.probability).fold(1.0, f64::min);
                    prop_assert!(least < 1e-12 || slope.abs() < 1e-6 * (1.0 + size), "{slope} {size}");
                }
            }
        }
    }

    #[test]
    fn every_cell_is_within_the_largest_noise_and_zeros_stay(n in 0usize..300, seed: u64, secret: u8) {
        let f = frame("t", vec![tree("place", 3, 3), flat("sex", 2)]);
        let keyed = counted(&f, &records(&f.dimensions, n, seed), secret);
        let table = PTable::make(&Constraints::new(5, 2.5).never(2)).expect("a table");
        for additivity in [Additivity::AsDrawn, Additivity::FromDetail, Additivity::Nearest] {
            let out = perturb(std::slice::from_ref(&keyed), &table, additivity).expect("perturbed");
            let published = out[0].published();
            if additivity != Additivity::AsDrawn {
                prop_assert!(adds_up(&published));
            }
            for (key, value) in &keyed.cube.cells {
                let (n, m) = (value.count().expect("a count"), published.value(key).count().expect("a count"));
                prop_assert!(n > 0 || m == 0);
                if additivity != Additivity::FromDetail {
                    prop_assert!(n.abs_diff(m) <= 5);
                }
                if additivity != Additivity::Nearest {
                    prop_assert!(m == 0 || m > 2);
                }
            }
        }
    }
}

#[test]
fn the_same_cell_has_the_same_noise_in_every_table() {
    let (place, sex, age) = (tree("place", 3, 4), flat("sex", 3), flat("age", 5));
    let columns = records(&[place.clone(), sex.clone(), age.clone()], 400, 5);
    let one = counted(&frame("place_sex", vec![place.clone(), sex.clone()]), &columns[..2], 9);
    let two = counted(&frame("place_age", vec![place, age]), &[columns[0].clone(), columns[2].clone()], 9);
    let table = PTable::make(&Constraints::new(4, 2.0)).expect("a table");
    let both = perturb(&[one.clone(), two], &table, Additivity::AsDrawn).expect("perturbed");
    let alone = perturb(std::slice::from_ref(&one), &table, Additivity::AsDrawn).expect("perturbed");
    assert_eq!(both[0], alone[0]);
    for place in 0..16 {
        assert_eq!(both[0].count(&[place, 0]), both[1].count(&[place, 0]));
    }
    assert!(both[0].cells().any(|(key, cell)| cell.value != one.cube.value(key)));
    assert!(matches!(both[0].changed(), Some(Method::CellKey { largest: 4, never: 0, .. })));
}

#[test]
fn noise_of_a_table_has_no_bias_and_the_variance_asked_for() {
    // 4,000 cells of a single count have noise whose mean and variance are those of the row.
    let table = PTable::make(&Constraints::new(5, 2.0).never(1)).expect("a table");
    let secret = disclosure::cell_key::Secret::new([3; 32]);
    for count in [1u64, 2, 3, 9] {
        let (mut sum, mut square) = (0.0, 0.0);
        let n = 40_000;
        for cell in 0..n {
            let noise = table.noise(count, secret.record_key(&format!("{count} {cell}"))) as f64;
            sum += noise;
            square += noise * noise;
        }
        let (mean, variance) = (sum / f64::from(n), square / f64::from(n));
        // Four standard errors: sqrt(2/40000) and, for the variance, at most sqrt(25·2/40000).
        assert!(mean.abs() < 0.029, "{mean}");
        assert!((variance - 2.0).abs() < 0.15, "{variance}");
    }
}

#[test]
fn cubes_that_cannot_be_done_are_refused() {
    let table = PTable::make(&Constraints::new(3, 1.0)).expect("a table");
    let mut keyed = counted(&frame("t", vec![flat("sex", 2)]), &[vec![1, 2, 2]], 1);
    keyed.keys.remove(&vec![1u32]);
    assert!(matches!(perturb(&[keyed.clone()], &table, Additivity::AsDrawn), Err(Error::Policy { .. })));
    keyed.keys.insert(vec![1], 5);
    keyed.cube.cells.insert(vec![1], model::Value::Between(1, 4));
    assert!(perturb(&[keyed.clone()], &table, Additivity::AsDrawn).is_err());
    keyed.cube.cells.insert(vec![1], model::Value::Count(7));
    assert!(perturb(&[keyed.clone()], &table, Additivity::AsDrawn).is_ok());
    assert!(matches!(perturb(&[keyed], &table, Additivity::Nearest), Err(Error::NotAdditive { .. })));
    let f = line("t", &[1, 2]);
    assert!(matches!(count(&f, &[&[0, 7]], &[1, 2]), Err(Error::Records { .. })));
    assert!(matches!(count(&f, &[&[1]], &[1, 2]), Err(Error::Records { .. })));
    assert!(matches!(count(&f, &[], &[]), Err(Error::Records { .. })));
}

#[test]
fn the_secret_is_not_shown() {
    assert_eq!(format!("{:?}", disclosure::cell_key::Secret::new([9; 32])), "Secret(…)");
}
