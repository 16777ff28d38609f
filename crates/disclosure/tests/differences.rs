//! What the difference of two groupings of one variable says, that of two editions, and groups that have one property.

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

/// All twelve from one place are minors; of the other place some are.
#[test]
fn a_group_that_has_one_property_is_found() {
    let code = |id, codes: [&str; 2]| {
        support::dimension(id, Role::Breakdown, &[(TOTAL, None), (codes[0], Some(0)), (codes[1], Some(0))])
    };
    let mut cube = support::frame("t", vec![code("place", ["north", "south"]), code("age", ["0-17", "18+"])]);
    for (key, n) in [
        ([0, 0], 40),
        ([0, 1], 20),
        ([0, 2], 20),
        ([1, 0], 12),
        ([1, 1], 12),
        ([1, 2], 0),
        ([2, 0], 28),
        ([2, 1], 8),
        ([2, 2], 20),
    ] {
        cube.cells.insert(key.to_vec(), Value::Count(n));
    }
    let found = disclosure::groups(std::slice::from_ref(&cube)).expect("groups");
    let pair = |d: &str, c: &str| (d.to_owned(), c.to_owned());
    // And so all of the adults are from the other place.
    assert_eq!((found.findings.len(), found.cells_attacked), (2, 4), "{found:?}");
    assert_eq!(found.findings[0].cell, [pair("place", "north"), pair("age", "0-17")]);
    assert_eq!(found.findings[1].cell, [pair("place", "south"), pair("age", "18+")]);
    assert!(found.findings[0].because[0].starts_with("all 12 of the group are in age = 0-17"));
    // Where a figure is hidden it is not said.
    cube.cells.insert(vec![1, 1], Value::Missing);
    cube.cells.insert(vec![1, 2], Value::Missing);
    assert!(disclosure::groups(&[cube]).expect("groups").findings.is_empty());
}
