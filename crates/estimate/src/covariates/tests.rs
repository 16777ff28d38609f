//! The log-linear model against models without covariates, closed forms and derivatives.

use std::collections::BTreeMap;

use model::CaptureTable;
use proptest::prelude::*;

use super::fit::Fitted;
use super::frame::{Frame, Term};
use super::search::fit;
use super::*;
use crate::loglinear::{self, Model};

pub(super) type Row<'a> = (&'a [&'a str], &'a [(u32, u64)]);
pub(super) type Rows<'a> = [Row<'a>];

/// A table of lists A, B, … and covariates x, y, …
pub(super) fn table(lists: usize, rows: &Rows) -> CovariateTable {
    let names: Vec<String> = (0..lists).map(|i| char::from(b'A' + i as u8).to_string()).collect();
    let groups: Vec<_> = rows
        .iter()
        .map(|(codes, counts)| {
            let codes: BTreeMap<String, String> = codes
                .iter()
                .enumerate()
                .map(|(c, code)| (char::from(b'x' + c as u8).to_string(), (*code).to_owned()))
                .collect();
            let table = CaptureTable::from_counts(names.clone(), counts.iter().copied());
            (codes, table.expect("a valid table"))
        })
        .collect();
    CovariateTable::from_groups(&groups).expect("a table")
}

/// Terms by name: capital letters are lists, small ones covariates; those within are added.
pub(super) fn terms(frame: &Frame, names: &[&str]) -> Vec<Term> {
    let mut terms = frame.main();
    for name in names {
        let bits = |first: u8| {
            name.bytes()
                .filter(|b| (first..first + 20).contains(b))
                .fold(0, |set, b| set | 1_u32 << (b - first))
        };
        let whole = Term { lists: bits(b'A'), covariates: bits(b'x') };
        let inner = (0..=whole.lists)
            .filter(|s| s & whole.lists == *s)
            .flat_map(|lists| (0..=whole.covariates).map(move |covariates| Term { lists, covariates }))
            .filter(|t| t.covariates & whole.covariates == t.covariates);
        for term in inner {
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
    }
    terms.sort_by_key(|term| term.order());
    terms
}

fn fitted(table: &CovariateTable, names: &[&str]) -> (Frame, Fitted) {
    let frame = Frame::new(table).expect("a frame");
    let fitted = fit(&frame, &terms(&frame, names)).expect("a fit");
    (frame, fitted)
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{a} but {b}");
}

pub(super) const FIRST: [(u32, u64); 7] = [(1, 60), (2, 49), (4, 74), (3, 47), (5, 32), (6, 42), (7, 12)];
pub(super) const SECOND: [(u32, u64); 7] = [(1, 160), (2, 39), (4, 40), (3, 7), (5, 19), (6, 11), (7, 3)];

#[test]
fn without_effects_of_covariates_it_is_the_plain_model() {
    let table = table(3, &[(&["a"], &FIRST), (&["b"], &SECOND)]);
    let (frame, found) = fitted(&table, &["BC"]);
    let counts = FIRST.iter().chain(&SECOND).copied();
    let plain = CaptureTable::from_counts(table.lists().to_vec(), counts).expect("a table");
    let plain = loglinear::fit(&plain, Model::main(3).with(1, 2)).expect("a fit");
    let whole = found.part(&frame, |_| true);
    close(whole.hidden, plain.hidden, 1e-9);
    close(whole.log_error, plain.log_hidden_error, 1e-8);
    // The hidden are then divided as the detected are.
    let a = found.part(&frame, |class| class == 0);
    close(a.hidden, plain.hidden * 316.0 / 595.0, 1e-9);
}

#[test]
fn when_all_goes_together_it_is_each_stratum_by_itself() {
    let table = table(3, &[(&["a"], &FIRST), (&["b"], &SECOND)]);
    let (frame, found) = fitted(&table, &["ABx", "Cx"]);
    let mut variance = 0.0;
    let mut hidden = 0.0;
    for (class, counts) in [FIRST, SECOND].iter().enumerate() {
        let alone =
            CaptureTable::from_counts(table.lists().to_vec(), counts.iter().copied()).expect("a table");
        let alone = loglinear::fit(&alone, Model::main(3).with(0, 1)).expect("a fit");
        let part = found.part(&frame, |other| other == class);
        close(part.hidden, alone.hidden, 1e-8);
        close(part.log_error, alone.log_hidden_error, 1e-7);
        hidden += alone.hidden;
        variance += (alone.hidden * alone.log_hidden_error).powi(2);
    }
    let whole = found.part(&frame, |_| true);
    close(whole.hidden, hidden, 1e-8);
    close(whole.hidden * whole.log_error, variance.sqrt(), 1e-7);
}

/// Two lists, x recorded by the first only and y by the second only. The largest model that can be
/// told, [A y][B x][x y], has a closed form (van der Heijden, Whittaker, Cruyff, Bakker and van der Vliet
/// 2012): with n the persons in both, `n10` those in the first by x and `n01` those in the second
/// by y, the hidden are Σ n(x, y) · n10(x)/n(x, +) · n01(y)/n(+, y).
#[test]
fn covariates_that_only_one_list_records_have_the_closed_form() {
    let (both, first, second) = ([[259, 539], [110, 177]], [13_898, 12_356], [91, 164]);
    let table = table(
        2,
        &[
            (&["0", "0"], &[(3, 259)]),
            (&["0", "1"], &[(3, 539)]),
            (&["1", "0"], &[(3, 110)]),
            (&["1", "1"], &[(3, 177)]),
            (&["0", ""], &[(1, 13_898)]),
            (&["1", ""], &[(1, 12_356)]),
            (&["", "0"], &[(2, 91)]),
            (&["", "1"], &[(2, 164)]),
        ],
    );
    let (frame, found) = fitted(&table, &["Ay", "Bx", "xy"]);
    let mut all = 0.0;
    for x in 0..2 {
        for y in 0..2 {
            let n = f64::from(both[x][y]);
            let row = f64::from(both[x][0] + both[x][1]);
            let column = f64::from(both[0][y] + both[1][y]);
            let (only_first, only_second) = (f64::from(first[x]) / row, f64::from(second[y]) / column);
            let part = found.part(&frame, |class| frame.level(class, 0) == x && frame.level(class, 1) == y);
            close(part.hidden, n * only_first * only_second, 1e-7);
            close(part.certain, n, 1e-12);
            close(part.shared_out, n * (only_first + only_second), 1e-7);
            all += n * only_first * only_second;
        }
    }
    close(found.part(&frame, |_| true).hidden, all, 1e-7);
    // Whoever is not in A has no x recorded, so A and x cannot be told apart; nor y and B, nor A and B.
    for impossible in ["Ax", "By", "AB"] {
        let frame = Frame::new(&table).expect("a frame");
        let refused = fit(&frame, &terms(&frame, &["Ay", "Bx", "xy", impossible]));
        assert_eq!(refused.err(), Some(loglinear::Refusal::NotIdentifiable), "{impossible}");
    }
    let found = estimate_covariates(&table, &Options::default()).expect("options");
    let refused = found.loglinear.diagnostics["terms_that_cannot_be_told"].clone();
    for impossible in ["A:x", "B:y", "A:B"] {
        assert!(refused.as_array().expect("names").iter().any(|name| name == impossible), "{refused}");
    }
    assert!(found.doubly_robust[0].refused.as_ref().is_some_and(|why| why.contains("x and y are missing")));
}

/// A code that some list never has, the most frequent one included, leaves the others' estimates alone.
#[test]
fn empty_margins_are_left_out_of_the_fit() {
    let rows: &Rows = &[
        (&["a"], &[(1, 300), (4, 200), (5, 70)]),
        (&["b"], &[(1, 60), (2, 49), (4, 74), (3, 47), (5, 32), (6, 42), (7, 12)]),
    ];
    let table = table(3, rows);
    let (frame, found) = fitted(&table, &["Ax", "Bx", "Cx"]);
    let a = found.part(&frame, |class| class == 0);
    close(a.hidden, 300.0 * 200.0 / 70.0, 1e-8);
    let b = CaptureTable::from_counts(table.lists().to_vec(), rows[1].1.iter().copied()).expect("a table");
    let b = loglinear::fit(&b, Model::main(3)).expect("a fit");
    close(found.part(&frame, |class| class == 1).hidden, b.hidden, 1e-8);
}

#[test]
fn spina_bifida_by_ethnicity_has_an_estimate_for_each() {
    // `conting` 1.7, data set `spina`: birth, death and rehabilitation certificates, by ethnicity.
    let table = table(
        3,
        &[
            (&["caucasian"], &[(2, 45), (1, 230), (3, 134), (4, 52), (6, 3), (5, 107), (7, 12)]),
            (&["afro-american"], &[(2, 3), (1, 13), (3, 8), (4, 8), (6, 1), (5, 3)]),
            (&["other"], &[(1, 1), (5, 1)]),
        ],
    );
    let found = estimate_covariates(&table, &Options::default()).expect("options").loglinear;
    assert_eq!(found.model, "A B C x B:C");
    let plain = [(2, 48), (1, 244), (3, 142), (4, 60), (6, 4), (5, 111), (7, 12)];
    let plain = CaptureTable::from_counts(table.lists().to_vec(), plain).expect("a table");
    let plain = loglinear::fit(&plain, Model::main(3).with(1, 2)).expect("a fit");
    close(found.total.expect("a total"), 621.0 + plain.hidden, 1e-9);
}

#[test]
fn what_cannot_be_fitted_is_refused_in_words() {
    let refused = |table: &CovariateTable| {
        let found = estimate_covariates(table, &Options::default()).expect("options");
        assert_eq!(found.loglinear.total, None);
        found.loglinear.refused.expect("a reason")
    };
    assert!(refused(&table(2, &[(&["a"], &[(1, 4), (2, 4)])])).contains("more than one list"));
    let codes: Vec<String> = (0..600).map(|i| format!("code {i}")).collect();
    let names: Vec<[&str; 1]> = codes.iter().map(|code| [code.as_str()]).collect();
    let many: Vec<Row> = names.iter().map(|n| (&n[..], &[(1, 2), (3, 2)][..])).collect();
    let why = refused(&table(5, &many));
    assert!(why.contains("name fewer covariates"), "{why}");
    assert_eq!(why.lines().count(), 1);
}

#[test]
fn extreme_counts_end_in_an_answer_or_a_refusal() {
    for huge in [1_u64, 10, 1 << 40, 1 << 53, 6_000_000_000_000_000_000] {
        for rows in [
            &[(&["a"][..], &[(1, huge), (2, 5), (3, 12)][..]), (&["b"], &[(2, huge), (1, 1), (3, 2)])][..],
            &[(&["a"], &[(3, huge)]), (&["b"], &[(1, 1)]), (&[""], &[(2, huge)])],
            &[(&["a"], &[(1, 1)]), (&["b"], &[(2, 1)]), (&[""], &[(3, huge)])],
        ] {
            let found = estimate_covariates(&table(2, rows), &Options::default()).expect("options");
            let loglinear = found.loglinear;
            assert!(loglinear.total.is_some() != loglinear.refused.is_some());
            for pair in found.doubly_robust {
                assert!(pair.total.is_some() != pair.refused.is_some());
            }
        }
    }
}

type Owned<'a> = ([&'a str; 2], Vec<(u32, u64)>);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Over the codes of any covariate the parts add up to the whole, and the order of rows is nothing.
    #[test]
    fn parts_add_up(
        counts in proptest::collection::vec(0_u64..40, 7 * 6),
        lost in proptest::collection::vec(0_u64..9, 7 * 3),
    ) {
        let codes = [["a", "p"], ["a", "q"], ["b", "p"], ["b", "q"], ["c", "p"], ["c", "q"]];
        let unknown = [["", "p"], ["", ""], ["b", ""]];
        let row = |values: &[u64], place: usize| -> Vec<(u32, u64)> {
            (1..8).map(|h| (h, values[7 * place + h as usize - 1])).collect()
        };
        let mut data: Vec<Owned> =
            codes.iter().enumerate().map(|(i, c)| (*c, row(&counts, i))).collect();
        data.extend(unknown.iter().enumerate().map(|(i, c)| (*c, row(&lost, i))));
        let build = |data: &[Owned]| {
            let rows: Vec<Row> = data.iter().map(|(c, n)| (&c[..], &n[..])).collect();
            estimate_covariates(&table(3, &rows), &Options::default()).expect("options")
        };
        let found = build(&data);
        data.reverse();
        prop_assert_eq!(&found, &build(&data));
        let loglinear = &found.loglinear;
        prop_assert!(loglinear.total.is_some() != loglinear.refused.is_some());
        let Some(total) = loglinear.total else { return Ok(()) };
        prop_assert!(total >= found.detected as f64);
        for column in &found.columns {
            let of: Vec<_> = loglinear.groups.iter().filter(|g| g.codes.contains_key(column)).collect();
            let sum: f64 = of.iter().map(|g| g.total).sum();
            prop_assert!((sum - total).abs() < 1e-6 * total, "{} {}", sum, total);
            let detected: f64 = of.iter().map(|g| g.detected).sum();
            prop_assert!((detected - found.detected as f64).abs() < 1e-6 * total);
        }
    }
}
