//! The estimates from a review hold what they promise, on populations whose truth is known.

use std::collections::BTreeMap;

use linkage::review::{Design, Pair, Sample, Unsure, Verdict, count_patterns, evaluate, uncertain_first};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

fn unit(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Candidate pairs as a model leaves them, most near 0 and many near 1, and whether each is a match. The true
/// log odds are `slope * (the model's) + shift`.
fn population(sizes: [usize; 3], slope: f64, shift: f64) -> (Vec<Pair>, Vec<bool>) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut pairs, mut truth) = (Vec::new(), Vec::new());
    for (size, [low, high]) in sizes.into_iter().zip([[-14.0, -4.0], [-4.0, 4.0], [4.0, 14.0]]) {
        for _ in 0..size {
            let odds: f64 = low + (high - low) * unit(&mut random);
            let probability = |odds: f64| 1.0 / (1.0 + (-odds).exp());
            truth.push(unit(&mut random) < probability(slope * odds + shift));
            pairs.push(Pair { probability: probability(odds), pattern: (odds + 14.0) as u64 });
        }
    }
    (pairs, truth)
}

fn decide(sample: &Sample, truth: &[bool]) -> BTreeMap<u64, Verdict> {
    let verdict = |pair: u64| if truth[pair as usize] { Verdict::Match } else { Verdict::NonMatch };
    sample.drawn.iter().map(|d| (d.pair, verdict(d.pair))).collect()
}

/// The true precision and recall.
fn shares(pairs: &[Pair], truth: &[bool], threshold: f64) -> [f64; 2] {
    let above = |pair: &Pair| pair.probability >= threshold;
    let hits = pairs.iter().zip(truth).filter(|(p, t)| above(p) && **t).count() as f64;
    let matches = truth.iter().filter(|t| **t).count() as f64;
    [hits / pairs.iter().filter(|p| above(p)).count() as f64, hits / matches]
}

fn draw(pairs: &[Pair], size: usize, seed: u64) -> Sample {
    Sample::draw(pairs, &Design { size, seed, ..Design::default() }).expect("a sample")
}

#[test]
fn intervals_cover_the_truth_also_when_the_model_is_wrong() {
    const REPLICATES: u64 = 100;
    let thresholds = [0.5, 0.8];
    let (mut covered, mut all) = (0, 0);
    for (sizes, slope, shift) in [
        ([8000, 300, 1500], 1.0, 0.0),  // a model that is right
        ([8000, 300, 1500], 0.6, 0.0),  // one that is too sure
        ([8000, 300, 1500], 1.0, 2.0),  // one that finds too little
        ([8000, 300, 1500], 1.0, -2.0), // one that finds too much
    ] {
        let (pairs, truth) = population(sizes, slope, shift);
        let mut widths = Vec::new();
        for size in [60, 400] {
            // By threshold, precision and recall.
            let (mut hits, mut width) = ([[0; 2]; 2], 0.0);
            for seed in 0..REPLICATES {
                let sample = draw(&pairs, size, seed);
                let verdicts = decide(&sample, &truth);
                let found = evaluate(&pairs, &sample, &verdicts, &thresholds, Unsure::LeaveOut, 0.95)
                    .expect("estimates");
                for (hits, at) in hits.iter_mut().zip(&found) {
                    let true_shares = shares(&pairs, &truth, at.threshold);
                    for ((hit, share), real) in
                        hits.iter_mut().zip([at.precision, at.recall]).zip(true_shares)
                    {
                        let share = share.expect("there are matches");
                        let [low, high] = share.interval;
                        assert!(low <= share.point + 1e-12 && share.point <= high + 1e-12, "{share:?}");
                        width += high - low;
                        *hit += u64::from(low - 1e-12 <= real && real <= high + 1e-12);
                    }
                }
            }
            // Of 100 intervals of 95 %, 88 or fewer cover once in 300 times.
            assert!(hits.as_flattened().iter().all(|&h| h > 88), "{slope} {shift} {size}: {hits:?}");
            covered += hits.as_flattened().iter().sum::<u64>();
            all += 4 * REPLICATES;
            widths.push(width);
        }
        assert!(widths[1] < 0.5 * widths[0], "{widths:?}");
    }
    let coverage = covered as f64 / all as f64;
    assert!(coverage >= 0.93, "{coverage}");
}

#[test]
fn estimates_are_right_on_average() {
    let (pairs, truth) = population([3000, 200, 500], 0.7, 0.5);
    let [precision, _] = shares(&pairs, &truth, 0.5);
    let matches = truth.iter().filter(|t| **t).count() as f64;
    let seeds = 400;
    let (mut found, mut weighted) = (Vec::new(), Vec::new());
    for seed in 0..seeds {
        let sample = draw(&pairs, 80, seed);
        let verdicts = decide(&sample, &truth);
        let labelled = sample.labelled(&verdicts);
        // Every stratum has decisions, so the weights stand for all pairs.
        let total: f64 = labelled.iter().map(|l| l.weight).sum();
        assert!((total - pairs.len() as f64).abs() < 1e-6);
        let counts = count_patterns(&pairs, &labelled);
        weighted.push(counts.iter().map(|c| c.matches).sum::<f64>());
        let above = labelled.iter().filter(|l| pairs[l.pair as usize].probability >= 0.5);
        let (hits, size) = above.fold((0.0, 0.0), |(hits, size), l| {
            (hits + if l.matches { l.weight } else { 0.0 }, size + l.weight)
        });
        found.push(hits / size);
    }
    for (estimates, real) in [(found, precision), (weighted, matches)] {
        let mean = estimates.iter().sum::<f64>() / estimates.len() as f64;
        let spread = estimates.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (estimates.len() - 1) as f64;
        let error = (spread / estimates.len() as f64).sqrt();
        assert!((mean - real).abs() < 4.0 * error, "{mean} ± {error}, truth {real}");
    }
}

#[test]
fn every_pair_of_a_stratum_is_as_likely_to_be_drawn() {
    let (pairs, _) = population([60, 20, 20], 1.0, 0.0);
    let mut times = vec![0_u32; pairs.len()];
    let seeds = 3000;
    for seed in 0..seeds {
        for drawn in &draw(&pairs, 30, seed).drawn {
            times[drawn.pair as usize] += 1;
        }
    }
    let sample = draw(&pairs, 30, 0);
    for (pair, &times) in pairs.iter().zip(&times) {
        let inside = |s: &&linkage::review::Stratum| s.from <= pair.probability && pair.probability < s.to;
        let p = sample.strata.iter().find(inside).expect("a stratum").inclusion();
        let (n, mean) = (f64::from(seeds as u32), f64::from(seeds as u32) * p);
        assert!((f64::from(times) - mean).abs() <= 5.0 * (n * p * (1.0 - p)).sqrt(), "{times} {mean}");
    }
}

#[test]
fn a_larger_sample_begins_with_the_smaller() {
    let (pairs, _) = population([900, 90, 200], 1.0, 0.0);
    let all = draw(&pairs, pairs.len() + 50, 3);
    assert_eq!(all.drawn.len(), pairs.len());
    for size in [8, 9, 40, 300] {
        let sample = draw(&pairs, size, 3);
        assert_eq!(sample.drawn, all.drawn[..size]);
        assert!(sample.strata.iter().all(|s| s.drawn >= 2));
        assert_eq!(sample.strata.iter().map(|s| s.drawn).sum::<u64>(), size as u64);
    }
    assert_ne!(draw(&pairs, 40, 4).drawn, draw(&pairs, 40, 3).drawn);
}

#[test]
fn who_looks_at_all_pairs_knows() {
    let (pairs, truth) = population([300, 60, 80], 0.5, 0.0);
    let sample = draw(&pairs, pairs.len(), 1);
    let thresholds = [0.05, 0.5, 0.93];
    let verdicts = decide(&sample, &truth);
    for at in evaluate(&pairs, &sample, &verdicts, &thresholds, Unsure::LeaveOut, 0.95).expect("estimates") {
        for (share, real) in [at.precision, at.recall].into_iter().zip(shares(&pairs, &truth, at.threshold)) {
            let share = share.expect("there are matches");
            for found in [share.point, share.interval[0], share.interval[1]] {
                assert!((found - real).abs() < 1e-12, "{share:?} {real}");
            }
        }
        assert_eq!(at.undecided, 0);
    }
}

#[test]
fn without_decisions_nothing_is_known() {
    let (pairs, _) = population([300, 60, 80], 1.0, 0.0);
    let sample = draw(&pairs, 20, 1);
    let found =
        evaluate(&pairs, &sample, &BTreeMap::new(), &[0.5], Unsure::LeaveOut, 0.95).expect("estimates");
    assert_eq!(found[0].undecided, pairs.len() as u64);
    assert_eq!(found[0].precision.map(|p| p.interval), Some([0.0, 1.0]));
    let none =
        evaluate(&pairs, &sample, &BTreeMap::new(), &[1.1], Unsure::LeaveOut, 0.95).expect("estimates");
    assert_eq!((none[0].pairs, none[0].precision), (0, None));
}

#[test]
fn what_is_unsure_is_left_out_or_taken_either_way() {
    let (pairs, truth) = population([300, 60, 80], 1.0, 0.0);
    let sample = draw(&pairs, 60, 1);
    let mut verdicts = decide(&sample, &truth);
    for verdict in verdicts.values_mut().step_by(4) {
        *verdict = Verdict::Unsure;
    }
    let precision = |unsure| {
        let found = evaluate(&pairs, &sample, &verdicts, &[0.5], unsure, 0.95).expect("estimates");
        found[0].precision.expect("pairs above").point
    };
    let [no, out, yes] = [Unsure::AsNonMatch, Unsure::LeaveOut, Unsure::AsMatch].map(precision);
    assert!(no < out && out <= yes, "{no} {out} {yes}");
    assert_eq!(sample.labelled(&verdicts).len(), 45);
}

#[test]
fn patterns_that_are_common_are_strata_of_their_own() {
    let (pairs, truth) = population([3000, 200, 500], 1.0, 0.0);
    let design = Design { size: 200, pattern_from: Some(250), ..Design::default() };
    let sample = Sample::draw(&pairs, &design).expect("a sample");
    let alone: Vec<_> = sample.strata.iter().filter(|s| s.pattern.is_some()).collect();
    assert!(alone.len() >= 9 && alone.iter().all(|s| s.size >= 250), "{alone:?}");
    assert!(sample.strata.iter().any(|s| s.pattern.is_none()));
    for drawn in &sample.drawn {
        let (stratum, pair) = (&sample.strata[drawn.stratum as usize], pairs[drawn.pair as usize]);
        assert!(stratum.from <= pair.probability && pair.probability < stratum.to);
        assert!(stratum.pattern.is_none_or(|pattern| pattern == pair.pattern));
    }
    let verdicts = decide(&sample, &truth);
    let found = evaluate(&pairs, &sample, &verdicts, &[0.5], Unsure::LeaveOut, 0.95).expect("estimates");
    let [low, high] = found[0].precision.expect("pairs above").interval;
    let [real, _] = shares(&pairs, &truth, 0.5);
    assert!(low <= real && real <= high && found[0].undecided == 0);
}

#[test]
fn the_most_uncertain_come_first_but_not_all_of_one_pattern() {
    let mut pairs = vec![Pair { probability: 0.5, pattern: 1 }; 50];
    pairs.extend(vec![Pair { probability: 0.9, pattern: 2 }; 50]);
    pairs.extend(vec![Pair { probability: 1.0, pattern: 3 }; 50]);
    let first = uncertain_first(&pairs, 9, 1, |_| false).expect("pairs");
    // Entropies 0.693 and 0.325: two of the first pattern go before each of the second.
    let patterns: Vec<u64> = first.iter().map(|&at| pairs[at as usize].pattern).collect();
    assert_eq!(patterns, [1, 1, 2, 1, 1, 2, 1, 1, 2]);
    assert_ne!(first, [0, 1, 50, 2, 3, 51, 4, 5, 52]);
    let next = uncertain_first(&pairs, 200, 1, |at| first.contains(&at)).expect("pairs");
    assert_eq!(next.len(), 141);
    assert!(first.iter().all(|at| !next.contains(at)));
    assert!(next[91..].iter().all(|&at| pairs[at as usize].pattern == 3));
}

#[test]
fn settings_that_cannot_be_are_told_with_what_can() {
    let (pairs, _) = population([300, 60, 80], 1.0, 0.0);
    let said = |design: &Design| Sample::draw(&pairs, design).expect_err("impossible").to_string();
    assert_eq!(
        said(&Design { size: 7, ..Design::default() }),
        "sample: 7 is not possible; there are pairs in 4 classes of probability, and two of each are needed: \
         8 or more"
    );
    assert!(said(&Design { threshold: 1.0, ..Design::default() }).contains("above 0 and below 1"));
    assert!(said(&Design { cuts: vec![f64::NAN], ..Design::default() }).contains("above 0 and below 1"));
    assert!(Sample::draw(&[], &Design::default()).is_err());
    let wrong = [Pair { probability: f64::NAN, pattern: 0 }];
    assert!(Sample::draw(&wrong, &Design::default()).expect_err("none").to_string().contains("pair 1"));
    let sample = draw(&pairs, 20, 1);
    let fewer = evaluate(&pairs[1..], &sample, &BTreeMap::new(), &[0.5], Unsure::LeaveOut, 0.95);
    assert!(fewer.expect_err("another number").to_string().contains("439"));
    assert!(evaluate(&pairs, &sample, &BTreeMap::new(), &[0.5], Unsure::LeaveOut, 1.0).is_err());
    let mut twice = sample.clone();
    twice.drawn[1] = twice.drawn[0];
    let twice = evaluate(&pairs, &twice, &BTreeMap::new(), &[0.5], Unsure::LeaveOut, 0.95);
    assert!(twice.expect_err("a pair twice").to_string().contains("draw it again"));
}
