//! Rules beside the threshold: amounts, groups of one property, and combinations in which nobody can be.

use std::collections::{BTreeMap, VecDeque};

use disclosure::{
    AmountRule, AmountsOf, Contributors, Dominance, Mode, ObsStatus, PPercent, Policy, Protection, Table,
    groups, protect,
};
use model::{Cube, Key, Label, TOTAL, Unit, Value, Zeros};
use proptest::prelude::*;

mod support;
use support::{flat, label};

/// A table of rows and columns with its totals, from its cells.
fn two_way(unit: Unit, inner: &[Vec<u64>]) -> Cube {
    let (rows, columns) = (inner.len() as u32, inner[0].len() as u32);
    let mut cells = BTreeMap::new();
    for r in 0..=rows {
        for c in 0..=columns {
            let of = |at: u32, n: u32| if at == 0 { 1..=n } else { at..=at };
            let sum = of(r, rows).flat_map(|i| of(c, columns).map(move |j| (i, j)));
            let sum: u64 = sum.map(|(i, j)| inner[i as usize - 1][j as usize - 1]).sum();
            cells.insert(vec![r, c], Value::Count(sum));
        }
    }
    Cube {
        id: "t".into(),
        title: label("t"),
        definition: Label::same(""),
        unit,
        universe: "u".into(),
        sources: Vec::new(),
        dimensions: vec![flat("row", rows), flat("column", columns)],
        cells,
    }
}

/// As far as a figure can go in any table here.
const FAR: i64 = 1 << 40;

/// How far a cell of a two-way table can go up and down for a reader who knows all that is published and the cells of `own`:
/// the greatest flow that comes back to it through other hidden cells. It shares nothing with the
/// program: rows and columns are nodes, hidden cells are edges, and totals count against their parts.
fn reach(done: &Protection, truth: &Cube, at: &Key, own: &[Key]) -> (u64, u64) {
    let cube = &done.cubes[0];
    let (rows, columns) = (cube.dimensions()[0].categories.len(), cube.dimensions()[1].categories.len());
    let nodes = rows + columns;
    let mut room = vec![vec![0_i64; nodes]; nodes];
    for (key, cell) in cube.cells() {
        if cell.obs != ObsStatus::Suppressed || key == at || own.contains(key) {
            continue;
        }
        let (r, c) = (key[0] as usize, rows + key[1] as usize);
        let amount = truth.cells[key].count().unwrap_or(0).cast_signed();
        let total = (key[0] == 0) != (key[1] == 0);
        // From row to column more of a part, or less of a total.
        room[r][c] = if total { amount } else { FAR };
        room[c][r] = if total { FAR } else { amount };
    }
    let (r, c) = (at[0] as usize, rows + at[1] as usize);
    let total = (at[0] == 0) != (at[1] == 0);
    let amount = truth.cells[at].count().unwrap_or(0).cast_signed();
    let (up, down) = (flow(room.clone(), c, r), flow(room, r, c));
    let (up, down) = if total { (down, up) } else { (up, down) };
    (up.cast_unsigned(), down.min(amount).cast_unsigned())
}

/// The greatest flow between two nodes, by shortest ways (Edmonds and Karp 1972).
fn flow(mut room: Vec<Vec<i64>>, from: usize, to: usize) -> i64 {
    let mut sum = 0;
    loop {
        let mut before = vec![usize::MAX; room.len()];
        before[from] = from;
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for next in 0..room.len() {
                if before[next] == usize::MAX && room[at][next] > 0 {
                    before[next] = at;
                    queue.push_back(next);
                }
            }
        }
        if before[to] == usize::MAX {
            return sum;
        }
        let mut way = vec![to];
        while let Some(&at) = way.last().filter(|at| **at != from) {
            way.push(before[at]);
        }
        let least = way.windows(2).map(|w| room[w[1]][w[0]]).min().unwrap_or(0);
        for w in way.windows(2) {
            room[w[1]][w[0]] -= least;
            room[w[0]][w[1]] += least;
        }
        sum += least;
        if sum > 1 << 38 {
            return sum;
        }
    }
}

/// Amounts of single units: for each cell who brings how much.
type Given = Vec<Vec<Vec<(u32, u64)>>>;

fn amounts(given: &Given) -> Table {
    let inner: Vec<Vec<u64>> =
        given.iter().map(|row| row.iter().map(|cell| cell.iter().map(|(_, n)| n).sum()).collect()).collect();
    let cube = two_way(Unit::Amounts, &inner);
    let contributors = cube.cells.keys().map(|key| (key.clone(), units(given, key))).collect::<AmountsOf>();
    Table { contributors: Some(contributors), ..Table::of(cube) }
}

/// Who is in a cell or total, with how much.
fn of(given: &Given, key: &Key) -> BTreeMap<u32, u64> {
    let mut own: BTreeMap<u32, u64> = BTreeMap::new();
    for (r, row) in given.iter().enumerate() {
        for (c, cell) in row.iter().enumerate() {
            if (key[0] == 0 || key[0] as usize == r + 1) && (key[1] == 0 || key[1] as usize == c + 1) {
                for &(who, n) in cell {
                    *own.entry(who).or_default() += n;
                }
            }
        }
    }
    own
}

fn units(given: &Given, key: &Key) -> Contributors {
    let own = of(given, key);
    let mut largest: Vec<u64> = own.values().copied().collect();
    largest.sort_unstable_by(|a, b| b.cmp(a));
    let only = own.keys().next().copied().filter(|_| own.len() == 1);
    Contributors { count: own.len() as u64, largest, only, level: None }
}

fn policy(amounts: AmountRule) -> Policy {
    Policy { threshold: 2, amounts, trials: 200, ..Policy::default() }
}

/// Checks every sensitive amount of a result against what its rule asks, also for those who know amounts of their own.
fn check(given: &Given, table: &Table, done: &Protection, level: impl Fn(&[u64]) -> f64) {
    let cube = &table.cube;
    let mut alone: BTreeMap<u32, Vec<Key>> = BTreeMap::new();
    for key in cube.cells.keys() {
        let own = of(given, key);
        if let (1, Some(who)) = (own.len(), own.keys().next()) {
            alone.entry(*who).or_default().push(key.clone());
        }
    }
    let nobody = Vec::new();
    for key in cube.cells.keys() {
        let own = of(given, key);
        let mut largest: Vec<u64> = own.values().copied().collect();
        largest.sort_unstable_by(|a, b| b.cmp(a));
        let asked = level(&largest).ceil();
        if largest.is_empty() || asked <= 0.0 {
            continue;
        }
        assert_eq!(
            done.cubes[0].cell(key).expect("it is there").obs,
            ObsStatus::Suppressed,
            "{key:?} of {given:?}"
        );
        let total: u64 = largest.iter().sum();
        // What those who are in a sum learn of each other its rule says.
        let others = alone.iter().filter(|(who, _)| !own.contains_key(who)).map(|(_, known)| known);
        for known in others.chain([&nobody]) {
            let (up, down) = reach(done, cube, key, known);
            assert!(up as f64 >= asked, "{key:?} goes up by {up} of {asked} for {known:?} in {given:?}");
            assert!(down as f64 >= asked.min(total as f64), "{key:?} goes down by {down} in {given:?}");
        }
    }
}

fn some_amounts() -> impl Strategy<Value = Given> {
    let cell = prop::collection::vec((0_u32..8, 1_u64..500), 0..4);
    (2_usize..4, 2_usize..5)
        .prop_flat_map(move |(r, c)| prop::collection::vec(prop::collection::vec(cell.clone(), c), r))
        .prop_filter("somebody", |given| given.iter().flatten().flatten().count() > 0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn amounts_stay_as_open_as_the_p_percent_rule_asks(given in some_amounts()) {
        let table = amounts(&given);
        let rule = AmountRule { p_percent: Some(PPercent { p: 15.0, n: 1 }), ..AmountRule::default() };
        let done = protect(std::slice::from_ref(&table), &policy(rule)).expect("it is there");
        prop_assert_eq!((done.attack.exact, done.attack.narrow), (0, 0), "{}", done.unprotected());
        check(&given, &table, &done, |largest| {
            let total: u64 = largest.iter().sum();
            let rest = total as f64 - largest.iter().take(2).sum::<u64>() as f64;
            let few = if largest.len() < 2 { (total as f64 * 0.3).max(1.0) } else { 0.0 };
            (0.15 * largest.first().copied().unwrap_or(0) as f64 - rest).max(few)
        });
    }

    #[test]
    fn amounts_stay_as_open_as_the_dominance_rule_asks(given in some_amounts()) {
        let table = amounts(&given);
        let rule = AmountRule { dominance: Some(Dominance { n: 1, k: 75.0 }), ..AmountRule::default() };
        let done = protect(std::slice::from_ref(&table), &policy(rule)).expect("it is there");
        prop_assert_eq!((done.attack.exact, done.attack.narrow), (0, 0), "{}", done.unprotected());
        check(&given, &table, &done, |largest| {
            let total: u64 = largest.iter().sum();
            let few = if largest.len() < 2 { (total as f64 * 0.3).max(1.0) } else { 0.0 };
            (largest.first().copied().unwrap_or(0) as f64 / 0.75 - total as f64).max(few)
        });
    }

    /// No published row or column says that all of a group are one thing.
    #[test]
    fn no_group_is_told_to_be_all_alike(
        inner in prop::collection::vec(prop::collection::vec(prop_oneof![2 => Just(0_u64), 1 => 5_u64..20, 1 => 0_u64..5], 3), 3),
    ) {
        let cube = two_way(Unit::Persons, &inner);
        let policy = Policy { groups: true, trials: 200, ..Policy::default() };
        let done = protect(&[Table::of(cube.clone())], &policy).expect("it is there");
        prop_assume!(done.attack.exact + done.attack.narrow == 0);
        prop_assert_eq!(groups(&[done.cubes[0].published()]).expect("it is there").findings.len(), 0);
        // Of every group that is all alike in truth, it stays possible that one is not.
        for relation in cube.relations() {
            let count = |key: &Key| cube.cells[key].count().expect("it is there");
            let all = relation.parts.iter().find(|p| count(p) == count(&relation.total));
            let known_by = relation.total[1 - relation.dimension] != 0;
            let Some(all) = all.filter(|_| count(&relation.total) > 0 && known_by) else { continue };
            let others = relation.parts.iter().filter(|p| *p != all);
            let open = others.into_iter().any(|other| {
                let hidden = done.cubes[0].cell(other).expect("it is there").obs == ObsStatus::Suppressed;
                hidden && reach(&done, &cube, other, &[]).0 > 0
            });
            prop_assert!(open, "{:?} of {:?}", all, inner);
        }
    }
}

#[test]
fn amounts_of_millions_are_as_safe() {
    let given: Given = vec![
        vec![vec![(1, 51_234_567_890), (2, 112)], vec![(3, 7_000_000_001), (4, 6_900_000_007)], vec![(5, 3)]],
        vec![
            vec![(6, 1_000_000_000)],
            vec![(7, 2_500_000_000), (8, 2_400_000_000), (9, 1)],
            vec![(1, 12_000_000_000)],
        ],
        vec![
            vec![(2, 900_000_000), (3, 800_000_000), (4, 850_000_000)],
            vec![(9, 77)],
            vec![(5, 1_000), (6, 990), (7, 985)],
        ],
    ];
    let table = amounts(&given);
    let rule = AmountRule { p_percent: Some(PPercent { p: 10.0, n: 1 }), ..AmountRule::default() };
    let done = protect(std::slice::from_ref(&table), &policy(rule)).expect("it is there");
    assert_eq!((done.attack.exact, done.attack.narrow), (0, 0), "{}", done.unprotected());
    check(&given, &table, &done, |largest| {
        let total: u64 = largest.iter().sum();
        let rest = total as f64 - largest.iter().take(2).sum::<u64>() as f64;
        let few = if largest.len() < 2 { total as f64 * 0.3 } else { 0.0 };
        (0.1 * largest.first().copied().unwrap_or(0) as f64 - rest).max(few)
    });
}

#[test]
fn who_is_alone_in_a_cell_does_not_learn_his_neighbour() {
    // Each row and column has hidden cells of one unit each: with two in a row, each knows the other.
    let given: Given = vec![
        vec![vec![(1, 100)], vec![(2, 50)], vec![(3, 40), (4, 40), (5, 40)], vec![(6, 30), (7, 30), (8, 30)]],
        vec![vec![(3, 40), (4, 40), (5, 40)]; 4],
        vec![vec![(6, 40), (7, 40), (8, 40)]; 4],
    ];
    let table = amounts(&given);
    let rule = AmountRule { range: 10.0, ..AmountRule::default() };
    let done = protect(std::slice::from_ref(&table), &policy(rule)).expect("it is there");
    assert_eq!((done.attack.exact, done.attack.narrow), (0, 0));
    check(&given, &table, &done, |largest| {
        if largest.len() < 2 { largest.iter().sum::<u64>() as f64 * 0.1 } else { 0.0 }
    });
}

#[test]
fn amounts_need_to_say_of_whom_they_are() {
    let cube = two_way(Unit::Amounts, &[vec![3, 4], vec![5, 6]]);
    let error = protect(&[Table::of(cube)], &policy(AmountRule::default())).expect_err("refused").to_string();
    assert!(error.contains("of how many units"), "{error}");
    let given: Given = vec![vec![vec![(1, 3)], vec![(2, 4)]]; 2];
    let rule = AmountRule { dominance: Some(Dominance { n: 2, k: 120.0 }), ..AmountRule::default() };
    let error = protect(&[amounts(&given)], &policy(rule)).expect_err("refused").to_string();
    assert!(error.contains("k between 0 and 100"), "{error}");
}

#[test]
fn where_nobody_can_be_is_no_secret() {
    let inner = vec![vec![20, 0, 9], vec![8, 7, 30], vec![0, 12, 6]];
    let cube = two_way(Unit::Persons, &inner);
    let at = |row: &str, column: &str| {
        BTreeMap::from([("row".to_owned(), row.to_owned()), ("column".to_owned(), column.to_owned())])
    };
    let hidden = |policy: &Policy| {
        let done = protect(&[Table::of(cube.clone())], policy).expect("it is there");
        assert_eq!((done.attack.exact, done.attack.narrow), (0, 0));
        let of = |key: &Key| done.cubes[0].cell(key).expect("it is there").obs == ObsStatus::Suppressed;
        (of(&vec![1, 2]), of(&vec![3, 1]))
    };
    let zeros = Policy { zeros: Zeros::Protect, mode: Mode::Strong, ..Policy::default() };
    assert_eq!(hidden(&zeros), (true, true));
    let one = Policy { structural: vec![at("row1", "column2")], ..zeros.clone() };
    assert_eq!(hidden(&one), (false, true));
    let wrong = Policy { structural: vec![at("row1", "column1")], ..zeros.clone() };
    let error = protect(&[Table::of(cube.clone())], &wrong).expect_err("refused").to_string();
    assert!(error.contains("nobody can be") && error.contains("counts somebody"), "{error}");
    let nowhere = Policy { structural: vec![at("row9", "column1")], ..zeros };
    let error = protect(&[Table::of(cube.clone())], &nowhere).expect_err("refused").to_string();
    assert!(error.contains("no table has a cell where"), "{error}");
    // A group of which all are alike because they can be nothing else is not told anything.
    let mut alike = cube;
    let inner = vec![vec![20, 0, 0], vec![8, 7, 30], vec![9, 12, 6]];
    alike.cells = two_way(Unit::Persons, &inner).cells;
    let all = Policy { groups: true, ..Policy::default() };
    let open = |policy: &Policy| {
        let done = protect(&[Table::of(alike.clone())], policy).expect("it is there");
        done.cubes[0].cell(&[1, 1]).expect("it is there").obs == ObsStatus::Normal
    };
    assert!(!open(&all));
    assert!(open(&Policy { structural: vec![at("row1", "column2"), at("row1", "column3")], ..all }));
    assert_eq!(alike.dimensions[0].categories[0].code, TOTAL);
}
