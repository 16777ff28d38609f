//! The sampler against sums over everything, and against its own prior.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::random::{binomial, uniform};
use super::state::{Classes, Given, Model};
use super::sweep::Persons;
use super::*;
use crate::numeric::ln_gamma;

fn model(lists: usize, classes: usize, prior: Prior, histories: &[u32]) -> Model {
    Model { lists, classes, concentration: CONCENTRATION, prior, histories: histories.to_vec() }
}

/// Draws that nobody stops.
fn drawn(model: &Model, counts: &[u64], seed: u64, work: f64) -> Posterior {
    let settings = Settings { seed, work, ..Settings::default() };
    draw(model, counts, &settings, &Watch::default()).expect("never stopped")
}

/// Compares draws of the number hidden with exact probabilities of 0, 1, 2, …: the shares of draws up
/// to each of nine quantiles must be the exact ones within four standard errors.
#[track_caller]
fn same_distribution(found: &Posterior, probabilities: &[f64]) {
    assert!(found.r_hat() < 1.02, "R-hat {}", found.r_hat());
    let sum: f64 = probabilities.iter().sum();
    let mut below = 0.0;
    let mut next = 1;
    for (hidden, probability) in probabilities.iter().enumerate() {
        below += probability / sum;
        if below < f64::from(next) / 10.0 || next > 9 {
            continue;
        }
        next = (below * 10.0) as i32 + 1;
        let share = found.ascending.partition_point(|x| *x <= hidden as f64) as f64 / found.draws as f64;
        let error = (below * (1.0 - below) / found.deciles()).sqrt();
        assert!((share - below).abs() < 4.0 * error, "up to {hidden}: {share} but {below} ± {error}");
    }
    assert!(next > 8, "quantiles were compared");
}

/// With one class, p(N) ∝ p₀(N) N!/(N − n)! Π B(1 + mⱼ, 1 + N − mⱼ).
#[test]
fn one_class_has_its_closed_form() {
    let (histories, counts) = ([1, 2, 4, 3, 5, 6, 7], [19, 25, 14, 4, 3, 5, 1]);
    let members = [27.0, 35.0, 23.0];
    for prior in Prior::ALL {
        let found = drawn(&model(3, 1, prior, &histories), &counts, 5, 6e8);
        let log = |hidden: usize| {
            let n = 71.0 + hidden as f64;
            let lists: f64 = members.iter().map(|m| ln_gamma(1.0 + n - m) - ln_gamma(2.0 + n)).sum();
            lists + ln_gamma(n + prior.power() as f64) - ln_gamma(hidden as f64 + 1.0)
        };
        let logs: Vec<f64> = (0..20_000).map(log).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        same_distribution(&found, &logs.iter().map(|x| (x - largest).exp()).collect::<Vec<_>>());
    }
}

/// With two classes: the sum over all ways to split the counts and the hidden over the classes, with
/// α integrated by the trapezoidal rule on its logarithm.
#[test]
fn two_classes_equal_the_sum_over_all_allocations() {
    const MOST: usize = 260;
    let (histories, counts) = ([1_u32, 2, 4, 3, 6, 7], [3_u64, 2, 2, 1, 1, 1]);
    let persons = counts.iter().sum::<u64>() as usize;
    let size = MOST + persons + 2;
    let ln_factorial: Vec<f64> = (0..size + 2).map(|n| ln_gamma(n as f64 + 1.0)).collect();

    // ∫ p(α) α B(1 + a, α + b) dα by a and b: V of the first class is Beta(1, α) beforehand.
    let mut sticks = vec![0.0; size * size];
    for node in 0..330 {
        let log = -60.0 + 0.2 * f64::from(node);
        let alpha: f64 = log.exp();
        // Density of ln α times α, up to a constant.
        let base = 1.25 * log - 0.25 * alpha;
        let upper: Vec<f64> = (0..size).map(|b| ln_gamma(alpha + b as f64)).collect();
        let lower: Vec<f64> = (0..size).map(|n| ln_gamma(1.0 + alpha + n as f64)).collect();
        for a in 0..size {
            for b in 0..size - a {
                sticks[a * size + b] += (base + ln_factorial[a] + upper[b] - lower[a + b]).exp();
            }
        }
    }
    // All splits of the detected: persons and members of the first class, and their number.
    let mut splits = vec![(0_usize, [0_usize; 3], 0.0_f64)];
    for (&history, &count) in histories.iter().zip(&counts) {
        splits = splits
            .into_iter()
            .flat_map(|(seen, members, ways)| {
                (0..=count as usize).map(move |first| {
                    let mut members = members;
                    for (j, m) in members.iter_mut().enumerate() {
                        *m += if history >> j & 1 == 1 { first } else { 0 };
                    }
                    let f = |n: usize| ln_gamma(n as f64 + 1.0);
                    (seen + first, members, ways - f(first) - f(count as usize - first))
                })
            })
            .collect();
    }
    let totals: [usize; 3] = std::array::from_fn(|j| {
        histories.iter().zip(&counts).filter(|(h, _)| *h >> j & 1 == 1).map(|(_, n)| *n as usize).sum()
    });
    let ln_beta =
        |yes: usize, all: usize| ln_factorial[yes] + ln_factorial[all - yes] - ln_factorial[all + 1];
    let mut probabilities = vec![0.0; MOST];
    for (seen, members, ways) in &splits {
        for first in 0..MOST {
            let all = seen + first;
            let of_first: f64 = members.iter().map(|m| ln_beta(*m, all)).sum();
            for second in 0..MOST - first {
                let others = persons - seen + second;
                let of_second: f64 = (0..3).map(|j| ln_beta(totals[j] - members[j], others)).sum();
                // N!/N over the factorials of the parts.
                let number = ln_factorial[all + others - 1] - ln_factorial[first] - ln_factorial[second];
                probabilities[first + second] +=
                    (ways + of_first + of_second + number + 25.0).exp() * sticks[all * size + others];
            }
        }
    }
    // Beyond, the posterior falls at least as the fourth power of the number: less than 10⁻⁴.
    assert!(probabilities[MOST - 1] * MOST as f64 / 3.0 < 1e-3 * probabilities.iter().sum::<f64>());
    let found = drawn(&model(3, 2, Prior::InverseTotal, &histories), &counts, 7, 3e9);
    same_distribution(&found, &probabilities);
}

/// The test of Geweke (2004): tables drawn given the classes and classes drawn given the table by one
/// pass, in turns, leave the prior of the classes as it is. With the prior 1/N this holds given the
/// number detected.
#[test]
fn a_pass_and_a_new_table_leave_the_prior_as_it_is() {
    let histories: Vec<u32> = (1..8).collect();
    let (persons, passes) = (15, 60_000);
    let model = model(3, 4, Prior::InverseTotal, &histories);
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut state = Persons::new(&model);
    let mut classes = Classes::new(&model);
    let values = |classes: &Classes| {
        let weight = |h: usize| classes.hidden[h] + classes.seen[h];
        let seen: f64 = classes.seen.iter().sum();
        [
            classes.alpha.ln().max(-8.0),
            weight(0),
            weight(1),
            weight(3),
            seen,
            seen.ln(),
            classes.seen[0] / weight(0),
            classes.joint[7 + 2],
        ]
    };
    let mut prior = Vec::new();
    for _ in 0..passes {
        state.draw_prior(&model, &mut classes, &mut random);
        prior.push(values(&classes));
    }
    let mut drawn = Vec::new();
    for _ in 0..passes {
        let mut left = persons;
        let mut mass: f64 = classes.seen.iter().sum();
        let cells: Vec<u64> = (0..7)
            .map(|i| {
                let chance: f64 = classes.joint[i..].iter().step_by(7).sum();
                let share = if i == 6 { 1.0 } else { (chance / mass).clamp(0.0, 1.0) };
                let count = binomial(&mut random, left, share);
                left -= count;
                mass -= chance;
                count
            })
            .collect();
        state.sweep(&model, &Given::new(cells, CONCENTRATION), &mut classes, &mut random);
        drawn.push(values(&classes));
    }
    for i in 0..prior[0].len() {
        let of = |draws: &[[f64; 8]]| -> Vec<f64> { draws.iter().map(|draw| draw[i]).collect() };
        let mean = |draws: &[f64]| draws.iter().sum::<f64>() / draws.len() as f64;
        let (before, after) = (of(&prior), of(&drawn));
        let centre = mean(&before);
        let variance = before.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / before.len() as f64;
        let size = Convergence::of(std::slice::from_ref(&after)).bulk;
        let error = (variance * (1.0 / size + 1.0 / before.len() as f64)).sqrt();
        assert!(size > 500.0, "value {i}: effective size {size}");
        let found = mean(&after);
        assert!((found - centre).abs() < 4.5 * error, "value {i}: {found} but {centre} ± {error}");
    }
}

#[test]
fn rungs_end_at_the_table_and_rise() {
    let histories = [1, 2, 4, 3, 5, 7];
    let counts = [1000, 800, 600, 30, 20, 1];
    let model = model(3, 10, Prior::InverseTotal, &histories);
    let ladder = Ladder::even(&Path { model: &model, counts: &counts });
    assert!(ladder.rungs.windows(2).all(|pair| pair[0].persons <= pair[1].persons));
    let (first, last) = (&ladder.rungs[0], &ladder.rungs[ladder.rungs.len() - 1]);
    assert_eq!((last.cells.as_slice(), last.concentration), (counts.as_slice(), CONCENTRATION));
    assert!(first.persons < 800 && first.cells[5] == 1 && first.concentration.shape > 10.0);
}

#[test]
fn draws_do_not_depend_on_the_number_of_threads() {
    let counts = [(1, 69), (2, 55), (4, 63), (3, 21), (5, 17), (6, 18), (7, 28)];
    let table = CaptureTable::from_counts(["P", "Q", "E"].map(String::from).to_vec(), counts);
    let table = table.expect("a valid table");
    let settings = Settings { work: 1e8, ..Settings::default() };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        match pool.install(|| posterior(&table, &settings)) {
            Ok(found) => found,
            Err(Refusal::NotConverged(found)) => *found,
            Err(why) => panic!("{why}"),
        }
    };
    let one = with(1);
    assert_eq!(one, with(3));
    let other = Settings { seed: 2, ..settings.clone() };
    assert_ne!(
        Some(one.hidden().to_vec()),
        posterior(&table, &other).ok().map(|found| found.hidden().to_vec())
    );
    // Nothing else is drawn with the uniform numbers of the chains.
    assert!(uniform(&mut ChaCha8Rng::seed_from_u64(1)) < 1.0);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let table = |lists: usize, counts: &[(u32, u64)]| {
        let names = (0..lists).map(|i| format!("L{i}")).collect();
        CaptureTable::from_counts(names, counts.iter().copied()).expect("a valid table")
    };
    let refused = |table: &CaptureTable, settings: &Settings| posterior(table, settings).err();
    let settings = Settings::default();
    assert_eq!(refused(&table(3, &[]), &settings), Some(Refusal::Nobody));
    assert_eq!(refused(&table(2, &[(1, 5), (3, 4)]), &settings), Some(Refusal::FewLists));
    assert_eq!(refused(&table(3, &[(1, 5), (3, 4)]), &settings), Some(Refusal::FewLists));
    let good = table(3, &[(1, 5), (2, 5), (4, 5), (3, 4)]);
    assert_eq!(refused(&good, &Settings { classes: 0, ..settings.clone() }), Some(Refusal::Classes(0)));
    let many = table(3, &[(1, 500_000_000), (2, 5), (4, 5), (3, 4)]);
    assert_eq!(refused(&many, &settings), Some(Refusal::ManyPersons));
}

/// Tables at the edge of what there can be: everything is finite, in order, and ends.
#[test]
fn odd_tables_are_drawn_from_without_a_fault() {
    let most = MOST_PERSONS / 4;
    let cases: [(usize, Vec<(u32, u64)>); 6] = [
        (3, vec![(7, 1)]),
        (3, vec![(1, 1), (2, 1), (4, 1)]),
        (3, vec![(1, 1), (6, 1)]),
        (3, vec![(1, 40), (3, 10), (5, 10)]),
        (3, vec![(1, most), (2, most), (4, most), (3, 1)]),
        (16, (0..16_u32).map(|i| (1 << i, 30 + u64::from(i))).chain([(65_535, 1), (257, 9)]).collect()),
    ];
    for (lists, counts) in cases {
        let names = (0..lists).map(|i| format!("L{i}")).collect();
        let table = CaptureTable::from_counts(names, counts).expect("a valid table");
        let found = match posterior(&table, &Settings { work: 0.0, classes: 5, ..Settings::default() }) {
            Ok(found) => found,
            Err(Refusal::NotConverged(found)) => *found,
            Err(why) => panic!("{why}"),
        };
        let [low, middle, high] = [0.025, 0.5, 0.975].map(|p| found.quantile(p));
        assert!(table.detected() as f64 <= low && low <= middle && middle <= high && high.is_finite());
        assert!((1.0..=5.0).contains(&found.occupied) && found.alpha > 0.0);
        assert!((0.0..=1.0).contains(&found.hardly_seen(0.9)));
    }
}

/// Weighted draws under one prior of the total are as good as draws under the other.
#[test]
fn weights_turn_one_prior_into_the_other() {
    let (histories, counts) = ([1, 2, 4, 3, 5, 6, 7], [69, 55, 63, 21, 17, 18, 28]);
    let [inverse, uniform] = Prior::ALL.map(|prior| drawn(&model(3, 10, prior, &histories), &counts, 2, 2e9));
    let levels = [0.1, 0.5, 0.9];
    let weighted = inverse.with_prior(Prior::InverseTotal, Prior::Uniform, &levels).expect("draws enough");
    for (level, got) in levels.iter().zip(weighted) {
        let expected = uniform.quantile(*level);
        let error = inverse.quantile_error(*level).hypot(uniform.quantile_error(*level));
        assert!((got - expected).abs() < 4.5 * error, "{level}: {got} but {expected} ± {error}");
    }
    assert_eq!(inverse.with_concentration(400.0, 0.25, &levels), None, "hardly any draw is there");
}
