//! The two modes of suppression against attackers that share no code with them.

use std::collections::BTreeMap;

use disclosure::{AuditOptions, Costs, Mode, Policy, Protection, Table, audit, protect};
use model::{Category, Cube, Dimension, Key, Label, Role, Strict, TOTAL, Unit, Value};
use proptest::prelude::*;

mod common;

fn tables(cubes: Vec<Cube>) -> Vec<Table> {
    cubes.into_iter().map(Table::of).collect()
}

fn done(cubes: Vec<Cube>, mode: Mode, exact: bool) -> Protection {
    let policy = Policy { mode, costs: Costs::Cells, exact, ..Policy::default() };
    protect(&tables(cubes), &policy).expect("protected")
}

/// A table of whole counts with all totals; the first dimension may have two levels.
fn cube(sizes: &[usize], two_levels: bool, counts: &[u64]) -> Cube {
    let dimensions: Vec<Dimension> = sizes
        .iter()
        .enumerate()
        .map(|(d, &n)| {
            let category = |code: String, parent| Category { label: Label::same(&code), code, parent };
            let mut categories = vec![category(TOTAL.into(), None)];
            if d == 0 && two_levels {
                categories.extend(["x", "y"].map(|code| category(code.into(), Some(0))));
            }
            let parent = |i: usize| if d == 0 && two_levels { 1 + (i % 2) as u32 } else { 0 };
            categories.extend((0..n).map(|i| category(format!("{d}{i}"), Some(parent(i)))));
            let id = format!("d{d}");
            Dimension { label: Label::same(&id), id, role: Role::Breakdown, classification: None, categories }
        })
        .collect();
    let mut cells: BTreeMap<Key, u64> = BTreeMap::new();
    let whole: Vec<Vec<u32>> = dimensions.iter().map(leaves).collect();
    for (at, count) in counts.iter().enumerate().take(sizes.iter().product()) {
        let mut rest = at;
        let mut keys: Vec<Key> = vec![Vec::new()];
        for (d, leaves) in whole.iter().enumerate() {
            let leaf = leaves[rest % leaves.len()];
            rest /= leaves.len();
            let up = std::iter::successors(Some(leaf), |&c| dimensions[d].categories[c as usize].parent);
            keys = up.flat_map(|c| keys.iter().map(move |k| [&k[..], &[c]].concat())).collect();
        }
        for key in keys {
            *cells.entry(key).or_default() += count;
        }
    }
    Cube {
        id: "t".into(),
        title: Label::same("t"),
        definition: Label::same("t"),
        unit: Unit::Persons,
        universe: "u".into(),
        sources: Vec::new(),
        dimensions,
        cells: cells.into_iter().map(|(key, n)| (key, Value::Count(n))).collect(),
    }
}

fn leaves(dimension: &Dimension) -> Vec<u32> {
    (0..dimension.categories.len() as u32).filter(|&c| dimension.children(c).next().is_none()).collect()
}

/// A fraction, in lowest terms.
#[derive(Clone, Copy, PartialEq)]
struct Fraction(i128, i128);

impl Fraction {
    fn of(n: i128, d: i128) -> Self {
        let (mut a, mut b) = (n.abs(), d.abs());
        while b > 0 {
            (a, b) = (b, a % b);
        }
        let sign = if d < 0 { -1 } else { 1 };
        Fraction(sign * n / a.max(1), sign * d / a.max(1))
    }
    fn minus(self, other: Self) -> Self {
        Self::of(self.0 * other.1 - other.0 * self.1, self.1 * other.1)
    }
    fn times(self, other: Self) -> Self {
        Self::of(self.0 * other.0, self.1 * other.1)
    }
    fn over(self, other: Self) -> Self {
        Self::of(self.0 * other.1, self.1 * other.0)
    }
}

/// The hidden cells that equations alone give away: by elimination in fractions, over all cells of the table.
fn given_away(cube: &Cube, hidden: &dyn Fn(&Key) -> bool) -> Vec<Key> {
    let cells: Vec<&Key> = cube.cells.keys().filter(|key| hidden(key)).collect();
    let at = |key: &Key| cells.iter().position(|k| *k == key);
    let mut rows: Vec<Vec<Fraction>> = Vec::new();
    for relation in cube.relations() {
        let mut row = vec![Fraction(0, 1); cells.len()];
        if let Some(i) = at(&relation.total) {
            row[i] = Fraction(-1, 1);
        }
        for i in relation.parts.iter().filter_map(at) {
            row[i] = Fraction(1, 1);
        }
        rows.push(row);
    }
    let mut pivots = Vec::new();
    for column in 0..cells.len() {
        let Some(found) = (pivots.len()..rows.len()).find(|&r| rows[r][column].0 != 0) else { continue };
        let r = pivots.len();
        rows.swap(r, found);
        let lead = rows[r][column];
        rows[r].iter_mut().for_each(|x| *x = x.over(lead));
        for other in (0..rows.len()).filter(|&other| other != r) {
            let factor = rows[other][column];
            if factor.0 != 0 {
                let by: Vec<Fraction> = rows[r].iter().map(|x| x.times(factor)).collect();
                rows[other].iter_mut().zip(by).for_each(|(x, b)| *x = x.minus(b));
            }
        }
        pivots.push(column);
    }
    let alone = |r: usize| rows[r].iter().filter(|x| x.0 != 0).count() == 1;
    pivots.iter().enumerate().filter(|(r, _)| alone(*r)).map(|(_, &c)| cells[c].clone()).collect()
}

fn small(value: Value) -> bool {
    matches!(value, Value::Count(n) if (1..5).contains(&n))
}

fn some_table() -> impl Strategy<Value = Cube> {
    let counts = prop::collection::vec(prop_oneof![2 => 0_u64..5, 1 => 5_u64..30], 24);
    let shape = prop_oneof![Just(vec![4, 3]), Just(vec![4, 5]), Just(vec![2, 3, 2]), Just(vec![4, 2, 3])];
    (shape, any::<bool>(), counts).prop_map(|(sizes, two, counts)| cube(&sizes, two, &counts))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_weak_mode_gives_no_small_count_away(cube in some_table()) {
        let done = done(vec![cube.clone()], Mode::Weak, false);
        let hidden = |key: &Key| done.cubes[0].cell(key).is_some_and(|c| c.value == Value::Missing);
        for key in given_away(&cube, &hidden) {
            prop_assert!(!small(cube.cells[&key]), "{key:?}");
        }
        for (key, value) in &cube.cells {
            prop_assert!(!small(*value) || hidden(key));
            prop_assert!(*value != Value::Count(0) || !hidden(key));
        }
    }

    #[test]
    fn the_strong_mode_leaves_no_small_count_too_close(cube in some_table()) {
        let found = attacked(&done(vec![cube], Mode::Strong, false));
        prop_assert_eq!((found.exact, found.narrow), (0, 0), "{:?}", found.findings);
    }
}

/// What the attacker of `zicht audit`, which works in another way, finds in protected tables: it knows that a hidden
/// count is no zero.
fn attacked(done: &Protection) -> disclosure::Audit {
    let cubes: Vec<Cube> = done
        .cubes
        .iter()
        .map(|cube| {
            let mut cube = cube.published();
            for value in cube.cells.values_mut().filter(|v| **v == Value::Missing) {
                *value = Value::Between(1, 1 << 30);
            }
            cube
        })
        .collect();
    let options =
        AuditOptions { threshold: Some(5), protection: 4, missing: false, ..AuditOptions::default() };
    audit(&cubes, &options).expect("audited")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// All choices are tried.
    #[test]
    fn the_exact_search_finds_the_fewest_cells(
        counts in prop::collection::vec(prop_oneof![3 => 1_u64..5, 2 => 5_u64..12], 9),
    ) {
        let cube = cube(&[3, 3], false, &counts);
        let done = done(vec![cube.clone()], Mode::Weak, true);
        let open: Vec<&Key> = cube.cells.iter().filter(|(_, v)| !small(**v)).map(|(k, _)| k).collect();
        let fewest = (0..1_u32 << open.len())
            .filter(|choice| {
                let chosen = |key: &Key| {
                    open.iter().position(|k| *k == key).is_none_or(|at| choice >> at & 1 == 1)
                };
                given_away(&cube, &chosen).iter().all(|key| !small(cube.cells[key]))
            })
            .map(u32::count_ones)
            .min();
        let strong = self::done(vec![cube], Mode::Strong, true);
        let gap = strong.gap.expect("small enough");
        prop_assert!(gap.bound <= gap.found + 1e-9 && gap.found >= f64::from(fewest.expect("all")));
        let found = attacked(&strong);
        prop_assert_eq!((found.exact, found.narrow), (0, 0), "{:?}", found.findings);
        let gap = done.gap.expect("small enough");
        prop_assert_eq!((gap.found, gap.bound), (f64::from(fewest.expect("all")), f64::from(fewest.expect("all"))));
    }
}

/// The margin over the last of three dimensions, as a table of its own.
fn margin(whole: &Cube) -> Cube {
    let total = whole.dimensions[2].total().expect("a total");
    let cells =
        whole.cells.iter().filter(|(k, _)| k[2] == total).map(|(k, v)| (k[..2].to_vec(), *v)).collect();
    Cube { id: "margin".into(), dimensions: whole.dimensions[..2].to_vec(), cells, ..whole.clone() }
}

/// The small counts that two editions together give away: a table of two dimensions, and then one of three that has it as
/// its margin. In both nothing changed. `knowing` is if the second is made with the first at hand.
fn given_away_by_editions(whole: &Cube, mode: Mode, knowing: bool) -> Vec<Key> {
    let policy = Policy { mode, costs: Costs::Cells, ..Policy::default() };
    let first = protect(&[Table::of(margin(whole))], &policy).expect("protected");
    let was = |key: &Key| first.cubes[0].count(key);
    let total = whole.dimensions[2].total().expect("a total");
    let table = Table {
        published_before: first.cubes[0]
            .cells()
            .filter(|_| knowing)
            .filter_map(|(key, _)| Some(([&key[..], &[total]].concat(), was(key)?)))
            .collect(),
        ..Table::of(whole.clone())
    };
    let second = protect(&[table], &policy).expect("protected");
    // There are tables that cannot be protected at all.
    if [&first, &second].iter().any(|done| done.attack.exact + done.attack.narrow > 0) {
        return Vec::new();
    }
    let hidden = |key: &Key| {
        let before = key[2] == total && was(&key[..2].to_vec()).is_some();
        second.cubes[0].count(key).is_none() && !before
    };
    given_away(whole, &hidden).into_iter().filter(|key| small(whole.cells[key])).collect()
}

#[test]
fn an_edition_made_without_the_one_before_may_give_away_what_both_hide() {
    // 3 by 3 by 3, from a fixed sequence of numbers.
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % 12
    };
    let tables: Vec<Cube> =
        (0..60).map(|_| cube(&[3, 3, 3], false, &(0..27).map(|_| next()).collect::<Vec<_>>())).collect();
    let exposed =
        |knowing| tables.iter().filter(move |t| !given_away_by_editions(t, Mode::Weak, knowing).is_empty());
    assert!(exposed(false).count() > 0, "else the other test says nothing");
    assert_eq!(exposed(true).count(), 0);
}

#[test]
fn what_is_known_is_hidden_only_where_it_leaves_too_little_room() {
    let of = |counts: &[u64], mode: Mode| {
        let whole = cube(&[counts.len()], false, counts);
        let total: Key = vec![0];
        let Value::Count(n) = whole.cells[&total] else { panic!("a count") };
        let table = Table { published_before: BTreeMap::from([(total.clone(), n)]), ..Table::of(whole) };
        let done = protect(&[table], &Policy { mode, ..Policy::default() }).expect("protected");
        assert_eq!((done.attack.exact, done.attack.narrow), (0, 0), "{counts:?}");
        done.cubes[0].count(&total)
    };
    // 3 and 2 are 1 to 4 each for who knows that they are 5: in whole numbers no wider, and 4 is asked for.
    assert_eq!(of(&[3, 2], Mode::Strong), None);
    assert_eq!(of(&[3, 2], Mode::Weak), Some(5));
    assert_eq!(of(&[3, 20, 40], Mode::Strong), Some(63));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// What an earlier edition published is known; together they give nothing away.
    #[test]
    fn two_editions_give_no_small_count_away(
        counts in prop::collection::vec(prop_oneof![2 => 0_u64..5, 1 => 5_u64..30], 27),
        strong in any::<bool>(),
    ) {
        let whole = cube(&[3, 3, 3], false, &counts);
        let mode = if strong { Mode::Strong } else { Mode::Weak };
        let found = given_away_by_editions(&whole, mode, true);
        prop_assert!(found.is_empty(), "{found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// A release of more tables protects every count of fewer: the attacker who has them all learns none of it.
    #[test]
    fn a_table_more_exposes_nothing(counts in prop::collection::vec(prop_oneof![0_u64..4, 0_u64..20], 27)) {
        let whole = cube(&[3, 3, 3], false, &counts);
        // Its margins over two dimensions each, as tables of their own.
        let margin = |left_out: usize| {
            let total = whole.dimensions[left_out].total().expect("a total");
            let key = |key: &Key| -> Key {
                key.iter().enumerate().filter(|(d, _)| *d != left_out).map(|(_, at)| *at).collect()
            };
            let cells = whole.cells.iter().filter(|(k, _)| k[left_out] == total);
            Cube {
                id: format!("without_{left_out}"),
                dimensions: (0..3).filter(|d| *d != left_out).map(|d| whole.dimensions[d].clone()).collect(),
                cells: cells.map(|(k, value)| (key(k), *value)).collect(),
                ..whole.clone()
            }
        };
        let mut release = vec![margin(0)];
        for more in [margin(1), margin(2), whole.clone()] {
            release.push(more);
            let done = done(release.clone(), Mode::Strong, false);
            // There are tables that cannot be protected at all.
            prop_assume!(done.attack.exact + done.attack.narrow == 0);
            let found = attacked(&done);
            prop_assert_eq!((found.exact, found.narrow), (0, 0), "{:?}", found.findings.first());
        }
    }
}

/// Instances on which the peer, `GaussSuppression`, was measured: it suppressed 1,607, 2,720, 2,699 and 272 cells.
#[test]
fn fewer_cells_are_hidden_than_by_the_peer() {
    for (name, primary, peer) in [("T1", 984, 1607), ("T2", 1940, 2720), ("T3", 2291, 2699), ("U", 136, 272)]
    {
        let done = done(common::instance(name), Mode::Weak, false);
        let report = &done.tables[0];
        assert_eq!((report.primary, done.attack.exact), (primary, 0), "{name}");
        assert!(report.suppressed < peer, "{name}: {}", report.suppressed);
    }
}

#[test]
fn a_cell_of_several_tables_has_one_status_in_all() {
    let policy = Policy { mode: Mode::Weak, costs: Costs::Cells, whole: false, ..Policy::default() };
    let done = protect(&tables(common::instance("linked")), &policy).expect("protected");
    let mut seen: BTreeMap<Vec<(&str, &str)>, bool> = BTreeMap::new();
    let mut shared = 0;
    for cube in &done.cubes {
        for (key, cell) in cube.cells() {
            let at =
                cube.dimensions().iter().zip(key).map(|(d, &k)| (&*d.id, &*d.categories[k as usize].code));
            let mut at: Vec<(&str, &str)> = at.filter(|(_, code)| *code != TOTAL).collect();
            at.sort_unstable();
            let hidden = cell.value == Value::Missing;
            shared += usize::from(seen.insert(at, hidden).is_some_and(|before| {
                assert_eq!(before, hidden);
                true
            }));
        }
    }
    assert!(shared > 864, "{shared}");
    assert_eq!(done.attack.exact, 0);
}

#[test]
fn the_strong_mode_leaves_no_count_of_a_real_table_too_close() {
    let done = done(common::instance("U"), Mode::Strong, false);
    assert_eq!((done.attack.targets, done.attack.exact, done.attack.narrow), (136, 0, 0));
    let found = attacked(&done);
    assert_eq!((found.exact, found.narrow), (0, 0), "{:?}", found.findings);
    // The weak mode does: that is what the difference is.
    assert!(attacked(&self::done(common::instance("U"), Mode::Weak, false)).narrow > 50);
}

#[test]
fn weights_keep_what_is_wanted() {
    let weigh = |factor: f64| {
        let weights = vec![model::Weight { dimension: "sex".into(), code: "F".into(), factor }];
        let policy = Policy { mode: Mode::Weak, costs: Costs::Cells, weights, ..Policy::default() };
        let done = protect(&tables(common::instance("U")), &policy).expect("protected");
        let cube = &done.cubes[0];
        let sex = cube.dimensions().iter().position(|d| d.id == "sex").expect("sex");
        let women = cube.dimensions()[sex].position("F").expect("F");
        cube.cells().filter(|(key, cell)| key[sex] == women && cell.value == Value::Missing).count()
    };
    let (kept, gone) = (weigh(20.0), weigh(0.05));
    assert!(kept < gone, "{kept} {gone}");
}

/// Rows that are minors hide counts below 10, and keep them open over 9 values; others as usual.
#[test]
fn a_category_can_have_a_higher_threshold() {
    let table = cube(&[4, 5], true, &[7, 30, 6, 12, 9, 8, 5, 40, 3, 22, 17, 60, 1, 6, 11, 7, 20, 9, 5, 14]);
    // "x" holds the leaves "00" and "02".
    let strict = Strict { dimension: "d0".into(), code: "x".into(), threshold: 10 };
    let policy = Policy { costs: Costs::Cells, strict: vec![strict.clone()], ..Policy::default() };
    let done = protect(&tables(vec![table.clone()]), &policy).expect("protected");
    assert_eq!((done.attack.exact, done.attack.narrow), (0, 0));
    let of = |key: &Key| {
        let code = &table.dimensions[0].categories[key[0] as usize].code;
        if ["x", "00", "02"].contains(&code.as_str()) { 10 } else { 5 }
    };
    let mut higher = 0;
    for (key, value) in &table.cells {
        let Value::Count(n) = *value else { continue };
        let hidden = done.cubes[0].cell(key).is_some_and(|c| c.value == Value::Missing);
        assert!(hidden || n == 0 || n >= of(key), "{key:?} {n}");
        higher += usize::from((5..10).contains(&n) && of(key) == 10);
    }
    assert!(higher > 1);
    // The audit, which starts from what is published, finds no strict count within nine values.
    let mut published = done.cubes[0].published();
    for value in published.cells.values_mut().filter(|v| **v == Value::Missing) {
        *value = Value::Between(1, 1 << 30);
    }
    let options =
        AuditOptions { threshold: Some(10), protection: 9, open_small: false, ..AuditOptions::default() };
    let found = audit(&[published], &options).expect("audited");
    let strict_found = found.findings.iter().filter(|f| {
        let key: Vec<u32> = f
            .cell
            .iter()
            .zip(&table.dimensions)
            .map(|((_, code), d)| d.categories.iter().position(|c| c.code == *code).expect("a code") as u32)
            .collect();
        let count = table.cells[&key].count().expect("a count");
        (1..of(&key)).contains(&count) && of(&key) == 10
    });
    assert_eq!(strict_found.count(), 0, "{found:?}");

    for (code, threshold, said) in [("z", 10, "no table has that category"), ("x", 5, "must be above")] {
        let strict = Strict { code: code.into(), threshold, ..strict.clone() };
        let policy = Policy { strict: vec![strict], ..Policy::default() };
        let error = protect(&tables(vec![table.clone()]), &policy).expect_err("refused");
        assert!(error.to_string().contains(said), "{error}");
    }
}
