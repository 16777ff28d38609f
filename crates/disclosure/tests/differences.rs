//! What the difference of two groupings of one variable says, and that of two editions.

mod support;

use disclosure::AuditOptions;
use model::{Role, TOTAL, Value};

/// Ages 0–17 and 18+ in one table, 0–18 and 19+ in another: their difference is one person of 18.
#[test]
fn groups_that_overlap_between_tables_give_their_difference_away() {
    let by_age = |id: &str, parts: [(&str, u64); 2]| {
        let age = support::dimension(
            "age",
            Role::Breakdown,
            &[(TOTAL, None), (parts[0].0, Some(0)), (parts[1].0, Some(0))],
        );
        let mut cube = support::frame(id, vec![age]);
        for (at, n) in [parts[0].1 + parts[1].1, parts[0].1, parts[1].1].into_iter().enumerate() {
            cube.cells.insert(vec![at as u32], Value::Count(n));
        }
        cube
    };
    let one = by_age("one", [("0-17", 40), ("18+", 60)]);
    let two = by_age("two", [("0-18", 41), ("19+", 59)]);
    let options = AuditOptions { threshold: Some(5), ..AuditOptions::default() };
    let audit = disclosure::audit(&[one.clone(), two], &options).expect("an audit");
    assert_eq!(audit.exact, 1, "{audit:?}");
    assert_eq!(audit.findings[0].cell, [("age".to_owned(), "18".to_owned())]);
    assert_eq!((audit.findings[0].lower, audit.findings[0].upper), (1, Some(1)));
    assert!(audit.findings[0].because.iter().any(|b| b.contains("41") || b.contains("60")), "{audit:?}");
    // The same groups, or a difference that is not small, say nothing.
    let same = disclosure::audit(&[one.clone(), by_age("two", [("0-17", 40), ("18+", 60)])], &options);
    assert!(same.expect("an audit").findings.is_empty());
    let far = disclosure::audit(&[one, by_age("two", [("0-18", 50), ("19+", 50)])], &options);
    assert!(far.expect("an audit").findings.is_empty());
}

#[test]
fn two_editions_give_those_away_who_came_in_between() {
    let before = support::line("t", &[12, 7, 3, 40]);
    let mut now = support::line("t", &[13, 7, 3, 60]);
    now.cells.insert(vec![2], Value::Missing);
    now.cells.insert(vec![3], Value::Between(1, 4));
    let found = disclosure::compare(std::slice::from_ref(&before), &[now], 5).expect("compared");
    // One more in the first; the third is what it was; the second was not small, and the fourth changed by many.
    assert_eq!((found.exact, found.narrow, found.cells_attacked), (1, 1, 4), "{found:?}");
    let said: Vec<(&str, u64)> = found.findings.iter().map(|f| (f.cell[0].1.as_str(), f.lower)).collect();
    assert_eq!(said, [("form1", 1), ("form3", 3)]);
    assert!(found.findings[0].because[0].contains("the edition before has 12"));
    let same = disclosure::compare(std::slice::from_ref(&before), std::slice::from_ref(&before), 5)
        .expect("compared");
    assert!(same.findings.is_empty() && same.risk == 0.0);
}
