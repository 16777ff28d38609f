//! Which lists an estimation uses: some put together, some left out, some known to depend on each
//! other.

use model::CaptureTable;

use crate::{Error, Options};

/// What is done with the lists before anything is estimated.
///
/// The lists to leave out go first, then those to put together, then those inside others.
///
/// ```
/// use estimate::{ListChoice, Method, Options, estimate};
/// use model::CaptureTable;
/// let lists = ["birth", "death", "rehabilitation"].map(String::from).to_vec();
/// let counts = [(1, 247), (2, 49), (4, 60), (3, 142), (5, 112), (6, 4), (7, 12)];
/// let table = CaptureTable::from_counts(lists, counts)?;
/// let lists = ListChoice { pool: vec![vec!["death".into(), "rehabilitation".into()]], ..ListChoice::default() };
/// let found = estimate(&table, &[Method::Main], &Options { lists, ..Options::default() })?;
/// assert_eq!(found.lists, ["birth", "death+rehabilitation"]);
/// // 513 on the first, 379 on the second, 266 on both.
/// assert!((found.estimates[0].total.unwrap_or(0.0) - 513.0 * 379.0 / 266.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListChoice {
    /// Lists to put together, each group into one: who is in any of them is in the new one, which is
    /// named `A+B`.
    pub pool: Vec<Vec<String>>,
    /// Lists to leave out. Who is in no other list then counts as never seen.
    pub drop: Vec<String>,
    /// Whether to leave out every list whose persons are all in one other list. Its persons were
    /// found there or because of it, so that it tells nothing of who was never seen. Of two lists of
    /// the same persons the first stays.
    pub drop_nested: bool,
    /// Pairs of lists that depend on each other by law or custom, as where one has to refer to the
    /// other: the pair is in every log-linear model and in every decomposable graph. Lists that were
    /// put together stand for their parts; a pair of which a list was left out asks for nothing.
    pub dependent: Vec<(String, String)>,
}

/// A table and the options for it once the choice of lists is made.
pub(crate) struct Prepared {
    pub(crate) table: CaptureTable,
    /// Nothing is left to be done in their choice of lists; the dependent pairs have the new names.
    pub(crate) options: Options,
    /// What a reader has to know of the lists.
    pub(crate) notes: Vec<String>,
}

/// Makes the choice of lists that `options` ask for.
pub(crate) fn prepare(table: &CaptureTable, options: &Options) -> Result<Prepared, Error> {
    let choice = &options.lists;
    let names = table.lists();
    let place = |name: &str| {
        names
            .iter()
            .position(|list| list == name)
            .ok_or_else(|| Error::UnknownList { name: name.to_owned(), lists: names.to_vec() })
    };
    let fail = |why: String| Err(Error::Lists(why));
    let mut notes = Vec::new();

    // For each list the place of the new one that holds it.
    let mut dropped = vec![false; names.len()];
    for name in &choice.drop {
        dropped[place(name)?] = true;
    }
    let mut pool_of: Vec<Option<usize>> = vec![None; names.len()];
    for (pool, members) in choice.pool.iter().enumerate() {
        let mut different = 0;
        for name in members {
            let list = place(name)?;
            if dropped[list] {
                return fail(format!("the list \"{name}\" cannot be left out and put together with others"));
            }
            match pool_of[list] {
                Some(other) if other != pool => {
                    return fail(format!(
                        "the list \"{name}\" cannot be put together with two groups of lists"
                    ));
                }
                Some(_) => {}
                None => different += 1,
            }
            pool_of[list] = Some(pool);
        }
        if different < 2 {
            return fail("at least two lists are needed to put together".into());
        }
    }
    let mut new_names: Vec<String> = Vec::new();
    let mut new_place: Vec<Option<usize>> = vec![None; names.len()];
    let mut place_of_pool: Vec<Option<usize>> = vec![None; choice.pool.len()];
    for list in (0..names.len()).filter(|&list| !dropped[list]) {
        let known = pool_of[list].and_then(|pool| place_of_pool[pool]);
        let at = known.unwrap_or(new_names.len());
        new_place[list] = Some(at);
        if known.is_some() {
            new_names[at] = format!("{}+{}", new_names[at], names[list]);
        } else {
            new_names.push(names[list].clone());
            if let Some(pool) = pool_of[list] {
                place_of_pool[pool] = Some(at);
            }
        }
    }
    let mut dependent = Vec::new();
    for (a, b) in &choice.dependent {
        let (a, b) = (place(a)?, place(b)?);
        if a == b {
            return fail(format!("the list \"{}\" cannot depend on itself", names[a]));
        }
        // Lists that were put together are one, and what happens between them no longer shows.
        if let (Some(a), Some(b)) = (new_place[a], new_place[b])
            && a != b
        {
            dependent.push((new_names[a].clone(), new_names[b].clone()));
        }
    }
    let mut prepared = moved(table, new_names, &new_place)?;
    let lost = table.detected() - prepared.detected();
    if lost > 0 {
        notes.push(format!(
            "{lost} persons are on no list but those left out; they are not among the detected and count as never \
             seen"
        ));
    }
    let nested = nested(&prepared);
    let left = prepared.lists().len() - nested.iter().flatten().count();
    let drop_them = choice.drop_nested && left >= 2;
    for (list, other) in nested.iter().enumerate().filter_map(|(i, j)| Some((i, (*j)?))) {
        let lists = prepared.lists();
        notes.push(format!(
            "all {} persons of the list \"{}\" are on the list \"{}\" too, so it tells nothing of its own about who \
             was never seen{}",
            prepared.list_total(list),
            lists[list],
            lists[other],
            if drop_them { "; it was left out" } else { "; models that take it for a list of its own mislead" }
        ));
    }
    if drop_them {
        let kept: Vec<usize> = (0..prepared.lists().len()).filter(|&i| nested[i].is_none()).collect();
        let names = kept.iter().map(|&i| prepared.lists()[i].clone()).collect();
        let places: Vec<Option<usize>> =
            (0..nested.len()).map(|i| kept.iter().position(|&kept| kept == i)).collect();
        prepared = moved(&prepared, names, &places)?;
        dependent.retain(|(a, b)| [a, b].iter().all(|name| prepared.lists().contains(name)));
    }
    let lists = ListChoice { dependent, ..ListChoice::default() };
    Ok(Prepared { table: prepared, options: Options { lists, ..options.clone() }, notes })
}

/// The table with list `i` in the place `places[i]`, or nowhere.
fn moved(table: &CaptureTable, names: Vec<String>, places: &[Option<usize>]) -> Result<CaptureTable, Error> {
    if names.len() < 2 {
        return Err(Error::Lists(format!(
            "the choice of lists leaves {} of the {}; at least two are needed",
            names.len(),
            table.lists().len()
        )));
    }
    let counts = table.counts().map(|(history, n)| {
        let lists = places.iter().enumerate().filter(|(i, _)| history >> i & 1 == 1);
        (lists.filter_map(|(_, place)| *place).fold(0, |set, place| set | 1 << place), n)
    });
    CaptureTable::from_counts(names, counts.filter(|(history, _)| *history != 0))
        .map_err(|why| Error::Lists(why.to_string()))
}

/// For each list the list that has all its persons, the largest such. Of lists of the same persons
/// the first is in none of the others.
pub(crate) fn nested(table: &CaptureTable) -> Vec<Option<usize>> {
    let totals: Vec<u64> = (0..table.lists().len()).map(|i| table.list_total(i)).collect();
    let inside = |i: usize, j: usize| {
        let more = totals[j] > totals[i] || (totals[j] == totals[i] && j < i);
        more && table.counts().all(|(history, _)| history >> i & 1 == 0 || history >> j & 1 == 1)
    };
    (0..totals.len())
        .map(|i| {
            let holders = (0..totals.len()).filter(|&j| i != j && totals[i] > 0 && inside(i, j));
            holders.max_by_key(|&j| (totals[j], std::cmp::Reverse(j)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> CaptureTable {
        let lists = ["A", "B", "C", "D"].map(String::from).to_vec();
        // D lies in A.
        let counts = [(1, 50), (2, 40), (4, 30), (3, 9), (5, 7), (6, 6), (7, 2), (9, 4), (11, 1)];
        CaptureTable::from_counts(lists, counts).expect("a valid table")
    }

    fn with(choice: ListChoice) -> Result<Prepared, Error> {
        prepare(&table(), &Options { lists: choice, ..Options::default() })
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn no_choice_changes_nothing() {
        let found = with(ListChoice::default()).expect("a choice");
        assert_eq!(found.table, table());
        assert_eq!(found.notes.len(), 1, "D is in A: {:?}", found.notes);
        assert!(found.notes[0].starts_with("all 5 persons of the list \"D\" are on the list \"A\" too"));
    }

    #[test]
    fn lists_put_together_hold_whoever_is_in_one_of_them() {
        let choice = ListChoice {
            pool: vec![names(&["D", "B"])],
            dependent: vec![("D".into(), "C".into()), ("B".into(), "D".into())],
            ..ListChoice::default()
        };
        let found = with(choice).expect("a choice");
        assert_eq!(found.table.lists(), ["A", "B+D", "C"]);
        let counts: Vec<(u32, u64)> = found.table.counts().collect();
        assert_eq!(counts, [(1, 50), (2, 40), (3, 9 + 4 + 1), (4, 30), (5, 7), (6, 6), (7, 2)]);
        assert_eq!(found.options.lists.dependent, [("B+D".into(), "C".into())]);
        assert_eq!(found.table.detected(), table().detected());
    }

    #[test]
    fn who_is_only_on_a_list_left_out_is_no_longer_detected() {
        let choice = ListChoice {
            drop: names(&["C"]),
            dependent: vec![("C".into(), "A".into())],
            ..ListChoice::default()
        };
        let found = with(choice).expect("a choice");
        assert_eq!(found.table.lists(), ["A", "B", "D"]);
        assert_eq!(found.table.detected(), table().detected() - 30);
        assert!(found.notes[0].starts_with("30 persons are on no list but those left out"));
        assert!(found.options.lists.dependent.is_empty());
    }

    #[test]
    fn lists_inside_others_are_left_out_where_asked_for() {
        let found = with(ListChoice { drop_nested: true, ..ListChoice::default() }).expect("a choice");
        assert_eq!(found.table.lists(), ["A", "B", "C"]);
        assert_eq!(found.table.detected(), table().detected(), "they are all detected elsewhere");
        // Two lists of the same persons: one of them stays. With only two it cannot go.
        let same = |n: usize| {
            let lists = ["A", "B", "C"][..n].iter().map(|&name| name.to_owned()).collect();
            let counts = [(3, 10), (4, 5), (7, 2)];
            CaptureTable::from_counts(lists, counts.into_iter().filter(|(h, _)| h >> n == 0))
        };
        assert_eq!(nested(&same(3).expect("a table")), [None, Some(0), None]);
        let options = Options {
            lists: ListChoice { drop_nested: true, ..ListChoice::default() },
            ..Options::default()
        };
        let two = prepare(&same(2).expect("a table"), &options).expect("a choice");
        assert_eq!(two.table.lists(), ["A", "B"]);
    }

    #[test]
    fn choices_that_cannot_be_made_say_why() {
        let drop = |lists: &[&str]| ListChoice { drop: names(lists), ..ListChoice::default() };
        let pool = |pools: &[&[&str]]| ListChoice {
            pool: pools.iter().map(|pool| names(pool)).collect(),
            ..ListChoice::default()
        };
        let itself = ListChoice { dependent: vec![("B".into(), "B".into())], ..ListChoice::default() };
        let cases = [
            (drop(&["E"]), "there is no list \"E\"; the lists are A, B, C, D"),
            (pool(&[&["A", "b"]]), "there is no list \"b\""),
            (drop(&["A", "B", "C"]), "the choice of lists leaves 1 of the 4; at least two are needed"),
            (pool(&[&["A", "B", "C", "D"]]), "the choice of lists leaves 1 of the 4"),
            (pool(&[&["A"]]), "at least two lists are needed to put together"),
            (pool(&[&["A", "A"]]), "at least two lists are needed to put together"),
            (pool(&[&["A", "B"], &["B", "C"]]), "the list \"B\" cannot be put together with two groups"),
            (
                ListChoice { drop: names(&["A"]), ..pool(&[&["A", "B"]]) },
                "the list \"A\" cannot be left out and",
            ),
            (itself, "the list \"B\" cannot depend on itself"),
        ];
        for (choice, words) in cases {
            let Err(error) = with(choice.clone()) else { panic!("{choice:?}") };
            assert!(error.to_string().starts_with(words), "{error}");
        }
    }
}
