//! Synthetic records: what is promised of their combinations, how fidelity is counted, and an attack
//! that finds what there is to find.

use std::collections::BTreeMap;

use disclosure::Error;
use disclosure::privacy::{Budget, Seed};
use disclosure::synthetic::{Attribute, MISSING, Protection, Records, Settings, fidelity, make, membership};
use proptest::prelude::*;

/// Pseudo-random numbers from 0 to 1.
fn numbers(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Records whose attributes hang together: each code leans on that of the attribute before. Some values
/// are missing.
fn population(codes: &[u32], n: usize, seed: u64) -> Records {
    let mut next = numbers(seed);
    let mut columns = vec![Vec::with_capacity(n); codes.len()];
    for _ in 0..n {
        let mut before = 0;
        for (column, &q) in columns.iter_mut().zip(codes) {
            let free = ((next() * next()) * f64::from(q)) as u32;
            let code = if next() < 0.5 { before % q } else { free };
            before = code;
            column.push(if next() < 0.05 { MISSING } else { code });
        }
    }
    let attributes = codes.iter().enumerate().map(|(i, &q)| Attribute::new(&format!("a{i}"), q)).collect();
    Records::new(attributes, columns).expect("records")
}

/// Every combination of up to `order` values, as places and codes, counted the plain way.
fn brute(records: &Records, order: usize) -> BTreeMap<Vec<(usize, u32)>, u64> {
    let mut counts = BTreeMap::new();
    let m = records.attributes().len();
    for row in 0..records.len() {
        let values = records.row(row);
        for set in 1u32..1 << m {
            let chosen: Vec<(usize, u32)> =
                (0..m).filter(|i| set >> i & 1 == 1).map(|i| (i, values[i])).collect();
            if chosen.len() <= order && chosen.iter().all(|(_, c)| *c != MISSING) {
                *counts.entry(chosen).or_default() += 1;
            }
        }
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// No combination of up to `order` values that fewer than k real records have.
    #[test]
    fn no_rare_combination_is_made(n in 0usize..250, seed: u64, k in 2u64..15, order in 1usize..4) {
        let real = population(&[3, 5, 2, 8, 4], n, seed);
        let made = make(&real, &Settings { order, protection: Protection::AtLeast { k } }, &Seed::new([3; 32])).expect("made");
        let truth = brute(&real, order);
        for combination in brute(&made.records, order).into_keys() {
            prop_assert!(truth.get(&combination).copied().unwrap_or(0) >= k, "{combination:?}");
        }
        let report = fidelity(&real, &made.records, order, k).expect("a report");
        prop_assert!(report.orders.iter().all(|o| o.invented == 0 && o.rare == 0));
        for (combination, count) in made.margins.iter() {
            let key: Vec<(usize, u32)> = combination.iter().map(|&(a, c)| (a as usize, c)).collect();
            prop_assert!(count % k == 0 && truth[&key] >= k && truth[&key].abs_diff(count) <= k / 2);
        }
    }

    #[test]
    fn fidelity_is_what_counting_gives(n in 1usize..120, m in 0usize..120, seed: u64, k in 1u64..6) {
        let (a, b) = (population(&[3, 4, 2, 5], n, seed), population(&[3, 4, 2, 5], m, seed.wrapping_add(99)));
        let report = fidelity(&a, &b, 3, k).expect("a report");
        let (x, y) = (brute(&a, 3), brute(&b, 3));
        for o in &report.orders {
            let of = |c: &BTreeMap<Vec<(usize, u32)>, u64>| -> BTreeMap<Vec<(usize, u32)>, u64> {
                c.iter().filter(|(k, _)| k.len() == o.order).map(|(k, n)| (k.clone(), *n)).collect()
            };
            let (x, y) = (of(&x), of(&y));
            let kept = x.keys().filter(|k| y.contains_key(*k)).count();
            prop_assert_eq!((o.real, o.synthetic, o.kept), (x.len(), y.len(), kept));
            prop_assert_eq!((o.lost, o.invented), (x.len() - kept, y.len() - kept));
            let rare = y.keys().filter(|c| x.get(*c).is_some_and(|n| *n < k)).count();
            prop_assert_eq!(o.rare, rare);
            let all: std::collections::BTreeSet<_> = x.keys().chain(y.keys()).collect();
            let count = |c: &BTreeMap<Vec<(usize, u32)>, u64>, k: &Vec<(usize, u32)>| c.get(k).copied().unwrap_or(0);
            let error: u64 = all.iter().map(|k| count(&x, k).abs_diff(count(&y, k))).sum();
            prop_assert!((o.mean_error - error as f64 / all.len().max(1) as f64).abs() < 1e-9);
            let sets = [4.0, 6.0, 4.0][o.order - 1];
            let share = |n: u64, of: usize| if of == 0 { 0.0 } else { n as f64 / of as f64 };
            let distance: f64 = all.iter().map(|k| (share(count(&x, k), n) - share(count(&y, k), m)).abs() / 2.0).sum();
            prop_assert!((o.distance - distance / sets).abs() < 1e-9);
        }
    }
}

#[test]
fn records_of_at_least_ten_keep_the_counts() {
    let real = population(&[3, 6, 2, 8, 4, 5, 2], 4_000, 1);
    let settings = Settings { order: 3, protection: Protection::AtLeast { k: 10 } };
    let made = make(&real, &settings, &Seed::new([1; 32])).expect("made");
    let report = fidelity(&real, &made.records, 3, 10).expect("a report");
    assert_eq!(made.records.len(), 4_000);
    let distances: Vec<f64> = report.orders.iter().map(|o| o.distance).collect();
    assert!(distances[0] < 0.02 && distances[1] < 0.04 && distances[2] < 0.09, "{report:#?}");
    assert!(report.orders[2].weighted_coverage > 0.9, "{report:#?}");
}

#[test]
fn private_records_keep_their_budget_and_most_counts() {
    let real = population(&[3, 6, 2, 8, 4], 4_000, 2);
    let budget = Budget::Approximate { epsilon: 4.0, delta: 1e-6 };
    let protection = Protection::Private { budget, records: 1, sure: 2.5 };
    let settings = Settings { order: 3, protection };
    let made = make(&real, &settings, &Seed::new([1; 32])).expect("made");
    let spent = made.spent.clone().expect("a budget");
    assert!(spent.epsilon <= 4.0 && spent.epsilon > 3.99, "{spent:?}");
    // ρ of (4, 1e-6) over three orders; of a person C(5, 2) = 10 pairs change.
    let rho = budget.rho().expect("a budget");
    let expected = (10.0 / (2.0 * rho * 0.98 / 3.0)).sqrt();
    assert!((spent.deviations[2] / expected - 1.0).abs() < 1e-3, "{spent:?}");
    let report = fidelity(&real, &made.records, 3, 10).expect("a report");
    assert!(made.records.len().abs_diff(4_000) < 60);
    let distances: Vec<f64> = report.orders.iter().map(|o| o.distance).collect();
    assert!(distances[0] < 0.03 && distances[1] < 0.06 && distances[2] < 0.15, "{report:#?}");
    // Less budget, less fidelity.
    let budget = Budget::Approximate { epsilon: 0.3, delta: 1e-6 };
    let settings = Settings { order: 3, protection: Protection::Private { budget, records: 1, sure: 2.5 } };
    let poor = make(&real, &settings, &Seed::new([1; 32])).expect("made");
    let worse = fidelity(&real, &poor.records, 3, 10).expect("a report");
    assert!(worse.orders[2].distance > 2.0 * report.orders[2].distance);
}

#[test]
fn records_do_not_depend_on_threads_and_depend_on_the_seed() {
    let real = population(&[3, 4, 5], 600, 7);
    for protection in [
        Protection::AtLeast { k: 5 },
        Protection::Private { budget: Budget::Concentrated { rho: 1.0 }, records: 1, sure: 2.0 },
    ] {
        let settings = Settings { order: 2, protection };
        let here = make(&real, &settings, &Seed::new([1; 32])).expect("made");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
        let alone = pool.install(|| make(&real, &settings, &Seed::new([1; 32]))).expect("made");
        assert_eq!(here, alone);
        assert_ne!(here.records, make(&real, &settings, &Seed::new([2; 32])).expect("made").records);
    }
}

#[test]
fn the_attack_finds_records_that_were_copied() {
    let codes = [6, 12, 5, 20, 9, 7];
    let (members, others) = (population(&codes, 500, 11), population(&codes, 500, 12));
    let found = membership(&members, &others, &members).expect("an attack");
    assert!(found.found_something() && found.advantage > 0.3, "{found:?}");
    assert_eq!((found.distance_of_members, found.copies_of_members), (0.0, 1.0));
    // One in three copied, the rest of other persons.
    let mixed: Vec<Vec<u32>> = members
        .columns()
        .iter()
        .zip(population(&codes, 500, 13).columns())
        .map(|(m, o)| (0..500).map(|i| if i % 3 == 0 { m[i] } else { o[i] }).collect())
        .collect();
    let mixed = Records::new(members.attributes().to_vec(), mixed).expect("records");
    assert!(membership(&members, &others, &mixed).expect("an attack").found_something());
}

#[test]
fn the_attack_finds_nothing_in_independent_records() {
    let codes = [6, 12, 5, 20, 9, 7];
    let mut found = 0;
    for seed in 0..10u64 {
        let at = |i: u64| population(&codes, 400, 100 + 10 * seed + i);
        let result = membership(&at(1), &at(2), &at(3)).expect("an attack");
        assert!(result.advantage.abs() < 0.15, "{result:?}");
        found += usize::from(result.found_something());
    }
    // One in forty by chance.
    assert!(found <= 2, "{found} of 10");
}

#[test]
fn the_attack_finds_little_in_what_was_made() {
    let codes = [3, 6, 2, 8, 4, 5];
    let (members, others) = (population(&codes, 1_500, 21), population(&codes, 1_500, 22));
    for protection in [
        Protection::AtLeast { k: 10 },
        Protection::Private {
            budget: Budget::Approximate { epsilon: 2.0, delta: 1e-6 },
            records: 1,
            sure: 2.5,
        },
    ] {
        let made = make(&members, &Settings { order: 3, protection }, &Seed::new([4; 32])).expect("made");
        let result = membership(&members, &others, &made.records).expect("an attack");
        assert!(result.advantage < 0.1, "{result:?}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let real = population(&[3, 4], 50, 1);
    let at_least = |order, k| {
        make(&real, &Settings { order, protection: Protection::AtLeast { k } }, &Seed::new([1; 32]))
    };
    assert!(matches!(at_least(4, 10), Err(Error::Policy { .. })));
    assert!(matches!(at_least(2, 1), Err(Error::Policy { .. })));
    let private = |budget, records, sure| {
        let protection = Protection::Private { budget, records, sure };
        make(&real, &Settings { order: 2, protection }, &Seed::new([1; 32]))
    };
    assert!(private(Budget::Pure { epsilon: 1.0 }, 1, 2.0).is_err());
    assert!(private(Budget::Concentrated { rho: 1.0 }, 0, 2.0).is_err());
    assert!(private(Budget::Concentrated { rho: 1.0 }, 1, f64::NAN).is_err());
    assert!(private(Budget::Concentrated { rho: -1.0 }, 1, 2.0).is_err());
    let bad = |columns| Records::new(vec![Attribute::new("a", 3), Attribute::new("b", 2)], columns);
    assert!(bad(vec![vec![0]]).is_err());
    assert!(bad(vec![vec![0], vec![0, 1]]).is_err());
    assert!(
        bad(vec![vec![3], vec![0]]).expect_err("no records").to_string().contains("record 1 has code 3 in a")
    );
    assert!(Records::new(vec![Attribute::new("a", u32::MAX)], vec![vec![]]).is_err());
    assert!(fidelity(&real, &population(&[3, 5], 50, 1), 2, 5).is_err());
    assert!(membership(&real, &population(&[3, 4], 5, 1), &real).is_err());
    // No record, no attribute: nothing is made, and nothing breaks.
    let none = population(&[3, 4], 0, 1);
    let made =
        make(&none, &Settings { order: 2, protection: Protection::AtLeast { k: 5 } }, &Seed::new([1; 32]));
    assert!(made.expect("made").records.is_empty());
}
