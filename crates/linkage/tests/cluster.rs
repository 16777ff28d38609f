//! Joining by average linkage, and draws of the partition.

use linkage::Link;
use linkage::blocking::Within;
use linkage::cluster::{Evaluation, Options, Partition, cluster, draw};
use proptest::prelude::*;

fn links(list: &[(u32, u32, f32)]) -> Vec<Link> {
    list.iter().map(|&(a, b, log_odds)| Link { a, b, log_odds }).collect()
}

fn open(registers: usize) -> Within {
    Within::new(vec![true; registers])
}

#[test]
fn one_weak_link_does_not_chain_two_persons() {
    // Two triples, each sure, and one pair between them that looks alike.
    let list =
        links(&[(0, 1, 8.0), (0, 2, 8.0), (1, 2, 8.0), (3, 4, 8.0), (3, 5, 8.0), (4, 5, 8.0), (2, 3, 3.0)]);
    let found = cluster(&[0; 6], &open(1), &list, &Options::default());
    assert_eq!(found.point.person, [0, 0, 0, 1, 1, 1]);
    assert_eq!(found.sure, found.point);
}

#[test]
fn a_clean_register_takes_the_better_of_two() {
    let within = Within::new(vec![false, false]);
    let list = links(&[(0, 2, 4.0), (1, 2, 6.5)]);
    let found = cluster(&[0, 0, 1], &within, &list, &Options::default());
    assert_eq!(found.point.person, [0, 1, 1]);
}

#[test]
fn two_records_are_together_as_often_as_their_odds_say() {
    for odds in [-2.0_f32, 0.5, 2.0] {
        // Many pairs, each a component of its own.
        let list: Vec<Link> = (0..300).map(|i| Link { a: 2 * i, b: 2 * i + 1, log_odds: odds }).collect();
        let registers = vec![0; 600];
        let options = Options { doubt: 0.0, ..Options::default() };
        let found = cluster(&registers, &open(1), &list, &options);
        let draws = draw(&found, &registers, &open(1), &list, &options, 40, 3);
        let together: usize = (0..40).map(|d| 600 - draws.partition(d).persons).sum();
        let share = together as f64 / (300.0 * 40.0);
        let wanted = list[0].probability();
        // 12,000 draws: a standard error below 0.005.
        assert!((share - wanted).abs() < 0.02, "{odds}: {share} for {wanted}");
    }
}

#[test]
fn all_pairs_of_a_draw_share_the_doubt_of_the_model() {
    let list: Vec<Link> = (0..300).map(|i| Link { a: 2 * i, b: 2 * i + 1, log_odds: 0.0 }).collect();
    let spread = |doubt: f64| {
        let options = Options { doubt, ..Options::default() };
        let found = cluster(&[0; 600], &open(1), &list, &options);
        let draws = draw(&found, &[0; 600], &open(1), &list, &options, 400, 3);
        let persons: Vec<f64> = (0..400).map(|d| draws.partition(d).persons as f64).collect();
        let mean = persons.iter().sum::<f64>() / 400.0;
        (persons.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 400.0).sqrt()
    };
    // Binomial: the root of 300/4 without doubt; with it 300 times the standard deviation of the logistic of an
    // error of 0.5 besides, about 0.12.
    assert!((spread(0.0) - 8.66).abs() < 1.5, "{}", spread(0.0));
    assert!((spread(0.5) - 36.0).abs() < 6.0, "{}", spread(0.5));
}

#[test]
fn probabilities_are_the_shares_of_draws() {
    let list = links(&[(0, 1, 9.0), (1, 2, 1.0), (0, 2, 1.0)]);
    let options = Options::default();
    let found = cluster(&[0; 4], &open(1), &list, &options);
    assert_eq!((found.point.persons, found.sure.persons), (2, 3));
    let draws = draw(&found, &[0; 4], &open(1), &list, &options, 400, 1);
    let with: usize =
        (0..400).filter(|&d| draws.partition(d).person[2] == draws.partition(d).person[0]).count();
    let probability = draws.probabilities(&found);
    assert_eq!(&probability[..2], &[1.0, 1.0]);
    assert!((probability[2] - with as f64 / 400.0).abs() < 1e-12);
    assert!((probability[3] - 1.0).abs() < 1e-12);
}

proptest! {
    #[test]
    fn scores_are_those_of_counting_pair_by_pair(
        labels in prop::collection::vec((0_u32..6, 0_u32..6), 2..40),
    ) {
        let of = |part: fn(&(u32, u32)) -> u32| {
            Partition::of_labels(&labels.iter().map(part).collect::<Vec<_>>())
        };
        let (found, truth) = (of(|l| l.0), of(|l| l.1));
        let scores = Evaluation::new(&found, &truth);
        let (mut joined, mut of_one, mut both) = (0.0, 0.0, 0.0);
        let (mut precision, mut recall) = (0.0, 0.0);
        for x in &labels {
            let (mut group, mut person, mut shared) = (0.0, 0.0, 0.0);
            for y in &labels {
                group += f64::from(u8::from(x.0 == y.0));
                person += f64::from(u8::from(x.1 == y.1));
                shared += f64::from(u8::from(x == y));
            }
            joined += group - 1.0;
            of_one += person - 1.0;
            both += shared - 1.0;
            precision += shared / group / labels.len() as f64;
            recall += shared / person / labels.len() as f64;
        }
        let share = |of: f64| if of > 0.0 { both / of } else { 1.0 };
        prop_assert!((scores.pairs.precision - share(joined)).abs() < 1e-12);
        prop_assert!((scores.pairs.recall - share(of_one)).abs() < 1e-12);
        prop_assert!((scores.b_cubed.precision - precision).abs() < 1e-12);
        prop_assert!((scores.b_cubed.recall - recall).abs() < 1e-12);
    }

    #[test]
    fn neither_order_nor_names_of_links_matter(
        odds in prop::collection::vec((0_u32..12, 0_u32..12, -5.0_f32..9.0), 1..40),
        registers in prop::collection::vec(0_u16..3, 12),
        seed in 0_u64..100,
    ) {
        let mut list: Vec<Link> = odds
            .iter()
            .filter(|(a, b, _)| a != b)
            .map(|&(a, b, log_odds)| Link { a: a.min(b), b: a.max(b), log_odds })
            .collect();
        list.sort_by_key(|l| (l.a, l.b));
        list.dedup_by_key(|l| (l.a, l.b));
        let within = Within::new(vec![true, false, false]);
        let options = Options::default();
        let found = cluster(&registers, &within, &list, &options);
        let draws = draw(&found, &registers, &within, &list, &options, 5, seed);
        let reversed: Vec<Link> = list.iter().rev().copied().collect();
        prop_assert_eq!(&cluster(&registers, &within, &reversed, &options), &found);
        let again = draw(&found, &registers, &within, &reversed, &options, 5, seed);
        for d in 0..5 {
            let partition = draws.partition(d);
            prop_assert_eq!(&again.partition(d), &partition);
            // A sure group stays whole, and a clean register has nobody twice.
            check(&partition, &found.sure, &registers)?;
        }
        check(&found.point, &found.sure, &registers)?;
    }
}

fn check(partition: &Partition, sure: &Partition, registers: &[u16]) -> Result<(), TestCaseError> {
    for i in 0..registers.len() {
        for j in 0..i {
            let together = partition.person[i] == partition.person[j];
            prop_assert!(together || sure.person[i] != sure.person[j]);
            prop_assert!(!together || registers[i] != registers[j] || registers[i] == 0);
        }
    }
    Ok(())
}
