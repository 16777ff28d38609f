//! Decisions of reviewers survive a crash, and several reviewers are heard.

use std::fs;

use linkage::register::RecordKey;
use linkage::review::{Decision, DecisionLog, PairKey, Verdict, agreement, resolve};

fn pair(a: &str, b: &str) -> PairKey {
    (RecordKey::new("police", a), RecordKey::new("shelter", b)).into()
}

fn decision(pair: PairKey, reviewer: &str, verdict: Verdict) -> Decision {
    Decision {
        pair,
        verdict,
        reviewer: reviewer.into(),
        at: "2026-11-25T21:00:00Z".into(),
        reason: String::new(),
        model: "a1".into(),
    }
}

#[test]
fn wherever_the_file_was_torn_off_whole_decisions_stay_and_more_can_follow() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("decisions.jsonl");
    let all: Vec<Decision> =
        (0..3).map(|n| decision(pair(&n.to_string(), "é"), "ann", Verdict::Match)).collect();
    {
        let (mut log, kept) = DecisionLog::open(&path).expect("a new file");
        assert!(kept.decisions.is_empty());
        for decision in &all {
            log.append(decision).expect("room");
        }
    }
    let whole = fs::read(&path).expect("the file");
    let ends: Vec<usize> = whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at).collect();
    for cut in 0..=whole.len() {
        fs::write(&path, &whole[..cut]).expect("room");
        // A line is whole when all of it but its end is there.
        let lines = ends.iter().filter(|&&end| end <= cut).count();
        let rest = cut - ends[..lines].last().map_or(0, |end| (end + 1).min(cut));
        let read = DecisionLog::read(&path).expect("readable");
        assert_eq!((&read.decisions[..], read.torn), (&all[..lines], rest), "cut at {cut}");
        assert_eq!(fs::read(&path).expect("the file").len(), cut);
        let (mut log, kept) = DecisionLog::open(&path).expect("readable");
        assert_eq!(kept, read);
        log.append(&all[2]).expect("room");
        drop(log);
        let after = DecisionLog::read(&path).expect("readable");
        assert_eq!((after.decisions.len(), after.torn), (lines + 1, 0), "cut at {cut}");
    }
}

#[test]
fn a_line_that_is_no_decision_is_named_by_its_number_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("decisions.jsonl");
    fs::write(&path, "\n{\"pair\":\"Jansen\"}\n").expect("room");
    let said = DecisionLog::open(&path).expect_err("no decision").to_string();
    assert!(said.contains("line 2") && !said.contains("Jansen"), "{said}");
    assert_eq!(fs::read_to_string(&path).expect("the file"), "\n{\"pair\":\"Jansen\"}\n");
}

#[test]
fn two_reviews_cannot_write_at_one_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("decisions.jsonl");
    let first = DecisionLog::open(&path).expect("a new file");
    assert!(DecisionLog::open(&path).expect_err("it is open").to_string().contains("under way"));
    drop(first);
    assert!(DecisionLog::open(&path).is_ok());
    assert!(DecisionLog::read(&folder.path().join("none")).expect("no decisions").decisions.is_empty());
}

#[test]
fn a_pair_is_the_same_whichever_record_comes_first() {
    let (a, b) = (RecordKey::new("shelter", "1"), RecordKey::new("police", "2"));
    assert_eq!(PairKey::from((a.clone(), b.clone())), PairKey::from((b, a)));
}

#[test]
fn the_majority_decides_and_the_last_word_of_each_counts() {
    use Verdict::{Match, NonMatch, Unsure};
    let verdict = |said: &[(&str, Verdict)]| {
        let decisions: Vec<_> = said.iter().map(|(who, v)| decision(pair("1", "2"), who, *v)).collect();
        resolve(&decisions)[&pair("1", "2")]
    };
    assert_eq!(verdict(&[("ann", Match)]), Match);
    assert_eq!(verdict(&[("ann", Match), ("ann", NonMatch)]), NonMatch);
    assert_eq!(verdict(&[("ann", Match), ("bob", NonMatch)]), Unsure);
    assert_eq!(verdict(&[("ann", Match), ("bob", NonMatch), ("cas", NonMatch)]), NonMatch);
    assert_eq!(verdict(&[("ann", Unsure), ("bob", NonMatch)]), NonMatch);
}

#[test]
fn kappa_is_that_of_cohen() {
    use Verdict::{Match, NonMatch, Unsure};
    // Cohen (1968), Psychological Bulletin 70, table 1: proportions of 200 cases; kappa = 0.492.
    let table = [[88, 10, 2], [14, 40, 6], [18, 10, 12]];
    let kinds = [Match, NonMatch, Unsure];
    let mut decisions = Vec::new();
    for (row, &ann) in kinds.iter().enumerate() {
        for (column, &bob) in kinds.iter().enumerate() {
            for _ in 0..table[row][column] {
                let on = pair(&decisions.len().to_string(), "x");
                decisions.push(decision(on.clone(), "bob", bob));
                decisions.push(decision(on, "ann", ann));
            }
        }
    }
    decisions.push(decision(pair("alone", "x"), "ann", Match));
    let found = agreement(&decisions);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].reviewers.clone(), found[0].pairs), (["ann".into(), "bob".into()], 200));
    assert!((found[0].agreed - 0.70).abs() < 1e-12);
    assert!((found[0].kappa.expect("a kappa") - 0.492).abs() < 5e-4, "{found:?}");
    let same = [decision(pair("1", "2"), "ann", Match), decision(pair("1", "2"), "bob", Match)];
    assert_eq!(agreement(&same)[0].kappa, None);
}
