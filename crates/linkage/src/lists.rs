//! Fields that hold several values, such as aliases: `ann de vries; annie`.

use crate::compare::fold::fold;
use crate::hashing::Table;
use crate::{Column, Records, encode};

/// What may stand between two values.
const SEPARATORS: [char; 2] = [';', '|'];
/// What stands there once values are folded.
pub(crate) const BETWEEN: char = ';';
/// The share of records with several values from which a field may be one of lists.
const SEVERAL: f64 = 0.05;
/// The share of the values in lists that stand elsewhere alone or, where most records have several, in another list.
const RECUR: f64 = 0.2;

/// The values of a list, folded already.
pub(crate) fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split(BETWEEN).filter(|part| !part.is_empty())
}

/// A list as it is compared: its values folded, each once and in order.
pub(crate) fn folded(value: &str) -> String {
    let mut parts: Vec<String> = value.split(SEPARATORS).map(fold).filter(|v| !v.is_empty()).collect();
    parts.sort_unstable();
    parts.dedup();
    parts.join(&BETWEEN.to_string())
}

/// True if a field, not yet folded, holds lists: at least one record in twenty has several values, and these values
/// come back. Text with a semicolon in it has parts that do not.
pub(crate) fn is_of_lists(column: &Column) -> bool {
    let several = |value: &str| value.contains(SEPARATORS);
    if !column.values().iter().any(|v| several(v))
        || column.values().first().is_some_and(|v| encode::Header::of(v).is_some())
    {
        return false;
    }
    // For each value how often it stands alone and in lists.
    let mut seen: Table<String, (u32, u32)> = Table::default();
    let (mut all, mut lists) = (0_u32, 0_u32);
    for (value, &count) in column.values().iter().zip(column.counts()) {
        all += count;
        if several(value) {
            lists += count;
            for part in parts(&folded(value)) {
                seen.entry(part.to_owned()).or_default().1 += count;
            }
        } else {
            seen.entry(fold(value)).or_default().0 += count;
        }
    }
    let most = lists * 2 > all;
    let (mut recur, mut inside) = (0_u32, 0_u32);
    for &(alone, listed) in seen.values() {
        inside += listed;
        recur += if alone > 0 || (most && listed > 1) { listed } else { 0 };
    }
    f64::from(lists) >= SEVERAL * f64::from(all) && f64::from(recur) >= RECUR * f64::from(inside)
}

/// True if a folded field is one of lists.
pub(crate) fn is_list(column: &Column) -> bool {
    column.values().iter().any(|v| v.contains(BETWEEN))
}

/// Puts fields of other names that are numbered, such as `alias1` and `alias2`, together in the first. Gives the others.
pub(crate) fn join_numbered(records: &mut Records, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (at, column) in records.columns().iter().enumerate() {
        let stem = column.name().trim_end_matches(|c: char| c.is_ascii_digit());
        if stem.len() == column.name().len() || !is_alias(stem) || !wanted(column.name()) {
            continue;
        }
        match groups.iter_mut().find(|(of, _)| of == stem) {
            Some((_, columns)) => columns.push(at),
            None => groups.push((stem.to_owned(), vec![at])),
        }
    }
    let mut others = Vec::new();
    for (_, columns) in groups.into_iter().filter(|(_, columns)| columns.len() > 1) {
        let of_record = |record: usize| {
            let values: Vec<&str> =
                columns.iter().filter_map(|&c| records.columns()[c].value(record)).collect();
            folded(&values.join(&BETWEEN.to_string()))
        };
        let name = records.columns()[columns[0]].name().to_owned();
        let joined = Column::from_values(&name, (0..records.len()).map(of_record));
        others.extend(columns[1..].iter().map(|&c| records.columns()[c].name().to_owned()));
        records.replace(columns[0], joined);
    }
    others
}

/// True if a field is one of other names of a person, by its own name.
fn is_alias(field: &str) -> bool {
    let field = field.to_lowercase();
    field.trim_matches(['_', ' ']) == "aka"
        || ["alias", "bijnaam", "bijnamen", "nickname", "also_known", "ook_bekend"]
            .iter()
            .any(|part| field.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> Column {
        Column::from_values("a", values.iter().map(|v| (*v).to_owned()))
    }

    #[test]
    fn lists_are_told_by_values_that_come_back() {
        assert!(is_of_lists(&column(&["ann", "bob", "Ann; Bob", "carl", "dora"])));
        assert!(is_of_lists(&column(&["ann|bob", "bob|carl", "carl|ann"])));
        assert!(!is_of_lists(&column(&["ann", "bob", "carl"])));
        assert!(!is_of_lists(&column(&["came late; was tired", "left early; no address", "nothing"])));
        let rare: Vec<String> = (0..100).map(|n| if n == 0 { "1;2".into() } else { n.to_string() }).collect();
        assert!(!is_of_lists(&Column::from_values("a", rare)), "one in a hundred");
    }

    #[test]
    fn a_list_is_written_one_way() {
        assert_eq!(folded("Bob |ANN; bob;"), "ann;bob");
        assert_eq!(folded(" ; "), "");
        assert_eq!(parts("ann;bob").collect::<Vec<_>>(), ["ann", "bob"]);
    }
}
