//! `zicht review`: pairs are shown, decisions are kept, and precision and recall follow.

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::Value;
use support::{Folder, Ran, command, number, tree};

const PAIRS: usize = 400;
const DECISIONS: &str = "linked/review/decisions.jsonl";

/// Pair `n` is of record `p{n}` of the police and `{1000 + n}` of the shelters; it is of one person when this
/// is true.
fn is_match(n: usize) -> bool {
    if n >= 300 { !n.is_multiple_of(20) } else { n.is_multiple_of(25) }
}

fn probability(n: usize) -> f64 {
    if n >= 300 { 0.6 + 0.4 * (n - 300) as f64 / 100.0 } else { 0.4 * n as f64 / 300.0 }
}

fn write_pairs(folder: &Folder, probabilities: &[f64]) {
    let texts = |f: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values((0..probabilities.len()).map(f)))
    };
    let batch = RecordBatch::try_from_iter([
        ("a_source", texts(&|_| "police".into())),
        ("a_id", texts(&|n| format!("p{n}"))),
        ("b_source", texts(&|_| "shelters".into())),
        ("b_id", texts(&|n| (1000 + n).to_string())),
        ("probability", Arc::new(Float64Array::from(probabilities.to_vec())) as ArrayRef),
        ("pattern", texts(&|n| format!("{}-{}", u8::from(n >= 300), n % 3))),
    ])
    .expect("columns of one length");
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("room");
    folder.write("linked/pairs.parquet", writer.into_inner().expect("a file"));
}

/// A folder with pairs in `linked`, and the files they are of.
fn linked() -> Folder {
    let folder = Folder::new();
    write_pairs(&folder, &(0..PAIRS).map(probability).collect::<Vec<_>>());
    let (mut police, mut shelters) =
        ("number,name,birth,town\n".to_owned(), "name,born_in,birth,number\n".to_owned());
    for n in 0..PAIRS {
        writeln!(police, "p{n},Jansen{n},1990-01-{:02},", n % 28 + 1).expect("a line");
        let name = if is_match(n) { format!("Jansen{n}") } else { format!("Pietersen{n}") };
        writeln!(shelters, "{name},NL,1990-01-{:02},{}", n % 28 + 1, 1000 + n).expect("a line");
    }
    folder.write("police.csv", police);
    folder.write("shelters.csv", shelters);
    folder
}

const REVIEW: [&str; 4] = ["review", "linked", "police.csv", "shelters.csv"];

fn review(folder: &Folder, reviewer: &str, more: &[&str], typed: &str) -> Ran {
    let mut arguments = REVIEW.to_vec();
    arguments.extend(["--reviewer", reviewer]);
    arguments.extend(more);
    let mut command = assert_cmd::Command::from_std(command(&folder.path(""), &arguments));
    Ran::of(command.write_stdin(typed).output().expect("the program runs"), &folder.path(""))
}

/// The number of each sampled pair, in the order of the sample.
fn sampled(folder: &Folder) -> Vec<usize> {
    let text = fs::read_to_string(folder.path("linked/review/sample.json")).expect("a sample");
    let sample: Value = serde_json::from_str(&text).expect("JSON");
    let keys = sample["keys"].as_array().expect("keys").iter();
    keys.map(|pair| pair[0]["record"].as_str().expect("an id")[1..].parse().expect("a number")).collect()
}

fn answers(pairs: &[usize]) -> String {
    pairs.iter().map(|&n| if is_match(n) { "y\n" } else { "n\n" }).collect()
}

fn lines(folder: &Folder) -> usize {
    fs::read_to_string(folder.path(DECISIONS)).map_or(0, |text| text.lines().count())
}

fn no_identifiers(folder: &Folder) {
    for (name, bytes) in tree(&folder.path("linked")) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Jansen") && !text.contains("Pietersen"), "{name}");
    }
}

#[test]
fn a_review_goes_on_where_it_stopped_and_tells_precision_and_recall() {
    let folder = linked();
    let ran = review(&folder, "ann", &["--sample", "120"], "").ends_with(0);
    assert_eq!(lines(&folder), 0);
    insta::assert_snapshot!("the_first_pair", ran.stdout);
    let pairs = sampled(&folder);
    assert_eq!(pairs.len(), 120);
    // A slip that is taken back, a pair that is skipped, a reason, and then the terminal is closed.
    let typed = format!("what\n{}y\nb\n{}s\nq\n", answers(&pairs[..30]), answers(&pairs[30..31]));
    review(&folder, "ann", &[], &typed).ends_with(0);
    assert_eq!(lines(&folder), 32);
    let ran = review(&folder, "ann", &[], &answers(&pairs[31..])).ends_with(0);
    assert!(ran.stdout.contains("32 of 120"), "{}", ran.stdout);
    assert_eq!(lines(&folder), 121);
    let done = review(&folder, "ann", &[], "").ends_with(0);
    assert!(done.stdout.contains("all 120 pairs"), "{}", done.stdout);

    let report = folder.json(0, &["review", "linked", "--report"]);
    assert_eq!((number(&report, "decided"), number(&report, "unsure")), (120, 0));
    assert_eq!((number(&report, "candidates"), number(&report, "pairs")), (400, 100));
    let matches = (0..PAIRS).filter(|&n| is_match(n)).count() as f64;
    let hits = (300..PAIRS).filter(|&n| is_match(n)).count() as f64;
    for (share, real) in [("precision", hits / 100.0), ("recall", hits / matches)] {
        let bound = |at: usize| report[share]["interval"][at].as_f64().expect("a number");
        assert!(bound(0) <= real && real <= bound(1) && bound(1) - bound(0) < 0.25, "{share}: {report}");
    }
    let weights: f64 = report["patterns"]
        .as_array()
        .expect("patterns")
        .iter()
        .map(|p| p["matches"].as_f64().expect("a number") + p["non_matches"].as_f64().expect("a number"))
        .sum();
    assert!((weights - PAIRS as f64).abs() < 1e-6, "{weights}");
    let text = folder.zicht(&["review", "linked", "--report"]).ends_with(0);
    insta::assert_snapshot!("the_report", text.stdout);
    no_identifiers(&folder);
}

#[test]
fn a_larger_sample_begins_with_the_one_before() {
    let folder = linked();
    review(&folder, "ann", &["--sample", "40"], "").ends_with(0);
    let first = sampled(&folder);
    review(&folder, "ann", &["--sample", "90"], "").ends_with(0);
    assert_eq!(sampled(&folder)[..40], first);
    let ran = review(&folder, "ann", &["--sample", "20", "--threshold", "0.9"], "").ends_with(0);
    assert!(ran.stderr.contains("stands"), "{}", ran.stderr);
    assert_eq!(sampled(&folder).len(), 90);
    review(&folder, "ann", &["--sample", "5000"], "").ends_with(0);
    assert_eq!(sampled(&folder).into_iter().collect::<BTreeSet<_>>().len(), PAIRS);
    review(&folder, "ann", &["--sample", "40", "--redraw", "--seed", "2"], "").ends_with(0);
    assert_ne!(sampled(&folder), first);
}

#[test]
fn two_reviewers_are_compared_and_what_they_disagree_on_is_unsure() {
    let folder = linked();
    review(&folder, "ann", &["--sample", "60"], "").ends_with(0);
    let pairs = sampled(&folder);
    review(&folder, "ann", &[], &answers(&pairs)).ends_with(0);
    let mut other = answers(&pairs).replace('y', "Y looks the same");
    other.replace_range(..1, if is_match(pairs[0]) { "n" } else { "y" });
    review(&folder, "bob", &[], &other).ends_with(0);
    let report = folder.json(0, &["review", "linked", "--report"]);
    assert_eq!(report["reviewers"], serde_json::json!({"ann": 60, "bob": 60}));
    assert_eq!((number(&report, "decided"), number(&report, "unsure")), (60, 1));
    let found = &report["agreement"][0];
    assert!((found["agreed"].as_f64().expect("a share") - 59.0 / 60.0).abs() < 1e-12, "{report}");
    assert!(found["kappa"].as_f64().is_some_and(|kappa| kappa > 0.9 && kappa < 1.0), "{report}");
    assert!(fs::read_to_string(folder.path(DECISIONS)).expect("decisions").contains("looks the same"));
}

#[test]
fn pairs_can_be_decided_elsewhere() {
    let folder = linked();
    review(&folder, "ann", &["--sample", "50"], "y\n").ends_with(0);
    let ran = review(&folder, "bob", &["--export", "todo.csv"], "").ends_with(0);
    assert!(ran.stderr.contains("identifiers"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("Jansen"));
    let todo = fs::read_to_string(folder.path("todo.csv")).expect("the pairs");
    assert_eq!(todo.lines().count(), 51);
    assert!(todo.contains("Jansen"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path("todo.csv")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // The last one stays open.
    let pairs = sampled(&folder);
    let filled: String = todo
        .lines()
        .enumerate()
        .map(|(at, line)| match at {
            0 | 50 => format!("{line}\n"),
            _ => format!("{}{line}\n", answers(&pairs[at - 1..at]).trim()),
        })
        .collect();
    folder.write("done.csv", &filled);
    let take = ["review", "linked", "--decisions", "done.csv", "--reviewer", "bob"];
    let taken = folder.json(0, &take);
    assert_eq!((number(&taken, "new"), number(&taken, "without_decision")), (49, 1));
    assert_eq!(number(&folder.json(0, &take), "new"), 0);
    assert_eq!(lines(&folder), 50);
    no_identifiers(&folder);

    // One wrong value, and none is taken.
    folder.write("wrong.csv", filled.replacen("\ny", "\nperhaps Jansen", 1).replace("\nn", "\nu"));
    let ran =
        folder.zicht(&["review", "linked", "--decisions", "wrong.csv", "--reviewer", "cas"]).ends_with(2);
    assert!(ran.stderr.contains("wrong.csv:") && !ran.stderr.contains("Jansen"), "{}", ran.stderr);
    assert_eq!(lines(&folder), 50);
}

#[test]
fn the_pairs_to_learn_from_are_the_uncertain_ones_and_stay_out_of_the_report() {
    let folder = linked();
    review(&folder, "ann", &["--train", "8"], &"y\n".repeat(8)).ends_with(0);
    let text = fs::read_to_string(folder.path(DECISIONS)).expect("decisions");
    for line in text.lines() {
        let decision: Value = serde_json::from_str(line).expect("JSON");
        let n: usize = decision["pair"][0]["record"].as_str().expect("an id")[1..].parse().expect("a number");
        assert!((0.2..=0.8).contains(&probability(n)), "{line}");
    }
    assert_eq!(text.lines().count(), 8);
    let ran = folder.zicht(&["review", "linked", "--report"]).ends_with(2);
    assert!(ran.stderr.contains("no sample"), "{}", ran.stderr);
}

#[test]
fn a_decision_that_was_half_written_is_told_and_the_others_stay() {
    let folder = linked();
    review(&folder, "ann", &["--sample", "30"], "y\ny\n").ends_with(0);
    let text = fs::read_to_string(folder.path(DECISIONS)).expect("decisions");
    fs::write(folder.path(DECISIONS), &text[..text.len() - 20]).expect("room");
    let ran = review(&folder, "ann", &[], "n\n").ends_with(0);
    assert!(ran.stderr.contains("was not written whole"), "{}", ran.stderr);
    assert!(ran.stdout.contains("2 of 30"), "{}", ran.stdout);
    assert_eq!(lines(&folder), 2);
}

#[test]
fn after_linking_again_the_sample_is_drawn_again_and_decisions_stay() {
    let folder = linked();
    review(&folder, "ann", &["--sample", "400"], "").ends_with(0);
    let pairs = sampled(&folder);
    review(&folder, "ann", &[], &answers(&pairs)).ends_with(0);
    write_pairs(&folder, &(0..PAIRS).map(|n| probability(n).sqrt()).collect::<Vec<_>>());
    for ran in [
        review(&folder, "ann", &[], "").ends_with(2),
        folder.zicht(&["review", "linked", "--report"]).ends_with(2),
    ] {
        assert!(ran.stderr.contains("other pairs"), "{}", ran.stderr);
    }
    let ran = review(&folder, "ann", &["--sample", "100", "--redraw"], "").ends_with(0);
    assert!(ran.stdout.contains("all 100 pairs"), "{}", ran.stdout);
    assert_eq!(number(&folder.json(0, &["review", "linked", "--report"]), "decided"), 100);
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let folder = linked();
    let said = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--reviewer", "ann"]);
        folder.zicht(&all).ends_with(2).said()
    };
    let told = [
        said(&["review", "nowhere"]),
        said(&["review", "linked", "--sample", "3"]),
        said(&["review", "linked"]),
        said(&["review", "linked", "police.csv"]),
        said(&["review", "linked", "police.csv", "shelters=police.csv"]),
        said(&["review", "linked", "police.csv", "shelters.csv", "--id", "name"]),
        said(&["review", "linked", "police.csv", "shelters.csv", "--format", "json"]),
        said(&["review", "linked", "--report"]),
    ];
    insta::assert_snapshot!("refusals", told.join("----\n"));
    folder.write("linked/pairs.parquet", "no Parquet");
    assert!(said(&REVIEW).contains("other pairs"));
    assert!(said(&["review", "linked", "--redraw"]).contains("zicht link"));
    assert_eq!(lines(&folder), 0);
}

#[test]
fn records_without_ids_are_found_by_their_row() {
    let folder = support::people::two_registers();
    for register in ["police.csv", "shelters.csv"] {
        let text = fs::read_to_string(folder.path(register)).expect("a register");
        let without_ids =
            text.lines().map(|line| line.split(';').skip(1).take(4).collect::<Vec<_>>().join(";"));
        folder.write(register, without_ids.collect::<Vec<_>>().join("\n"));
    }
    folder.zicht(&["link", "police.csv", "shelters.csv", "--out", "linked"]).ends_with(0);
    let shown = review(&folder, "ann", &["--sample", "20"], "").ends_with(0).stdout;
    let text = fs::read_to_string(folder.path("linked/review/sample.json")).expect("a sample");
    let sample: Value = serde_json::from_str(&text).expect("JSON");
    for record in sample["keys"][0].as_array().expect("two records") {
        let source = record["source"].as_str().expect("a source");
        let text = fs::read_to_string(folder.path(&format!("{source}.csv"))).expect("a register");
        let row: usize = record["record"].as_str().expect("an id").parse().expect("the number of a row");
        let line = text.lines().nth(row - 1).expect("a row");
        assert!(line.split(';').all(|value| shown.contains(value)), "{source} {row}: {line}\n{shown}");
    }
    // In a file that is not the same, the rows are of others.
    let text = fs::read_to_string(folder.path("police.csv")).expect("a register");
    let lines: Vec<&str> = text.lines().collect();
    folder.write("police.csv", [&lines[..1], &lines[2..]].concat().join("\n"));
    let said = review(&folder, "ann", &[], "").ends_with(2).stderr;
    assert!(said.contains("is not the file that was linked"), "{said}");
}
