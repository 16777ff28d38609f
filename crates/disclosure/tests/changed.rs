//! Sets of changed cubes: what their attacker knows holds the truth, what he wins is told, and budgets are shared.

mod support;

use disclosure::cell_key::{Additivity, Constraints, KeyedCube, PTable, perturb};
use disclosure::privacy::{Budget, Seed, Settings, release_all};
use disclosure::rounding::{self, round};
use disclosure::{Error, Method, Policy, ProtectedCube, Protection};
use model::{Cube, Rounding, Value};
use proptest::prelude::*;
use support::{counted, flat, frame, line, records, tree};

fn policy(protection: u64) -> Policy {
    Policy { protection, ..Policy::default() }
}

/// Every count of the truth lies within what a reader knows of it.
fn holds(truth: &Cube, known: &Cube) -> bool {
    truth.cells.iter().all(|(key, value)| {
        let n = value.count().expect("a count");
        match known.value(key) {
            Value::Between(low, high) => low <= n && n <= high,
            Value::Count(m) => m == n,
            Value::Missing => true,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_a_reader_knows_holds_the_truth(n in 1usize..200, seed: u64, secret: u8, steps in 0u32..2) {
        let f = frame("t", vec![tree("place", 2, 3), flat("sex", 2)]);
        let keyed = counted(&f, &records(&f.dimensions, n, seed), secret);
        let table = PTable::make(&Constraints::new(4, 2.0).never(1)).expect("a table");
        for additivity in [Additivity::AsDrawn, Additivity::FromDetail, Additivity::Nearest] {
            let out = perturb(std::slice::from_ref(&keyed), &table, additivity).expect("perturbed");
            prop_assert!(holds(&keyed.cube, &out[0].known()));
        }
        if let Ok(out) = round(std::slice::from_ref(&keyed.cube), Rounding { base: 5, steps }) {
            prop_assert!(holds(&keyed.cube, &out.cubes[0].known()));
        }
    }
}

/// A cube of parts, with keys that give each part and the total the noise that is asked for.
fn with_noise(parts: &[u64], table: &PTable, wanted: &[i64]) -> KeyedCube {
    let cube = line("t", parts);
    let keys = cube
        .cells
        .iter()
        .zip(wanted)
        .map(|((key, value), wanted)| {
            let n = value.count().expect("a count");
            let noise = table.row(n).iter().find(|noise| noise.value == *wanted).expect("such noise");
            (key.clone(), noise.below.wrapping_sub(1))
        })
        .collect();
    KeyedCube { cube, keys }
}

/// The bound of the noise is known, and when the total has the most of it and the parts
/// the least, the published counts give the true ones away.
#[test]
fn noise_at_its_bound_is_found() {
    let table = PTable::make(&Constraints::new(2, 1.5)).expect("a table");
    let parts = [3, 4, 20];
    let given = with_noise(&parts, &table, &[2, -2, -2, -2]);
    let truth = [&given.cube];
    let out = perturb(std::slice::from_ref(&given), &table, Additivity::AsDrawn).expect("perturbed");
    let done = Protection::of_changed(&truth, out, &policy(1)).expect("attacked");
    assert_eq!((done.attack.exact, done.exposed.len()), (2, 2), "{:?}", done.exposed);
    assert_eq!(done.certificate.attack(), Some(done.attack));
    assert_eq!(done.exposed[0].cell, [("form".to_owned(), "form1".to_owned())]);
    let text = done.unprotected();
    assert!(text.contains("t [form=form1]"), "{text}");

    // With other noise there is nothing to find, and the loss is told.
    let given = with_noise(&parts, &table, &[-1, 1, 0, -1]);
    let truth = [&given.cube];
    let out = perturb(std::slice::from_ref(&given), &table, Additivity::AsDrawn).expect("perturbed");
    let done = Protection::of_changed(&truth, out, &policy(1)).expect("attacked");
    assert_eq!((done.attack.exact, done.attack.narrow, done.attack.targets), (0, 0, 4));
    let loss = done.tables[0].loss.expect("a loss");
    assert_eq!((loss.cells, loss.changed, loss.largest), (4, 3, 1));
    assert!((loss.mean - 0.75).abs() < 1e-12);
    assert_eq!(done.tables[0].primary, 2);

    // One person less than the bound, and the parts are known to one of two values.
    let given = with_noise(&parts, &table, &[2, -2, -2, -1]);
    let truth = [&given.cube];
    let out = perturb(std::slice::from_ref(&given), &table, Additivity::AsDrawn).expect("perturbed");
    let done = Protection::of_changed(&truth, out.clone(), &policy(1)).expect("attacked");
    assert_eq!((done.attack.exact, done.attack.narrow), (0, 0));
    let done = Protection::of_changed(&truth, out, &policy(4)).expect("attacked");
    assert_eq!((done.attack.exact, done.attack.narrow), (0, 2));
}

/// A table of noise that leaves some counts as they are gives these away, whatever its largest noise.
#[test]
fn counts_without_noise_are_found() {
    let table = PTable::read("i;j;p;v\n0;0;1;0\n1;1;1;0\n2;0;0.5;-2\n2;4;0.5;2\n3;1;0.5;-2\n3;5;0.5;2\n")
        .expect("a table");
    assert_eq!((table.origins(0), table.origins(2)), (Some((0, 2)), Some((4, 4))));
    assert_eq!((table.origins(1), table.origins(3)), (Some((1, 3)), Some((5, 5))));
    let given = counted(&frame("t", vec![flat("form", 3)]), &records(&[flat("form", 3)], 40, 3), 4);
    let out = perturb(std::slice::from_ref(&given), &table, Additivity::AsDrawn).expect("perturbed");
    assert!(holds(&given.cube, &out[0].known()));
    let stays = PTable::read("i;j;p;v\n0;0;1;0\n1;1;1;0\n").expect("a table");
    let cube = line("t", &[1, 2, 9]);
    let keys = cube.cells.keys().map(|key| (key.clone(), 1)).collect();
    let out =
        perturb(&[KeyedCube { cube: cube.clone(), keys }], &stays, Additivity::AsDrawn).expect("no noise");
    let done = Protection::of_changed(&[&cube], out, &policy(1)).expect("attacked");
    assert_eq!((done.attack.exact, done.exposed.len()), (2, 2), "{:?}", done.exposed);
}

/// A table with a waiver is published whole, and what is rounded beside it is attacked with that knowledge.
#[test]
fn a_waiver_is_no_finding() {
    let table = |cube, waiver: Option<&str>| disclosure::Table {
        waiver: waiver.map(str::to_owned),
        ..disclosure::Table::of(cube)
    };
    let mut other = line("population", &[2, 3, 900]);
    other.universe = "population".into();
    let tables = [table(line("t", &[3, 9, 20]), None), table(other, Some("no victims"))];
    let (done, optimal) =
        rounding::protect(&tables, Rounding::base(5), &policy(4)).expect("rounded and attacked");
    assert!(optimal && done.attack.exact + done.attack.narrow == 0, "{:?}", done.exposed);
    assert_eq!((done.cubes[1].count(&[1]), done.cubes[1].waiver()), (Some(2), Some("no victims")));
    assert!(done.tables[1].loss.is_none() && done.certificate.covers(&done.cubes[1]));
}

#[test]
fn a_certificate_covers_what_came_out_and_says_how() {
    let cubes = [line("t", &[3, 9, 20])];
    let out = round(&cubes, Rounding::base(5)).expect("rounded").cubes;
    let done = Protection::of_changed(&[&cubes[0]], out, &policy(4)).expect("attacked");
    assert!(done.certificate.covers(&done.cubes[0]));
    assert_eq!(done.certificate.changed(), Some(Method::Rounding { base: 5, steps: 0 }));
    let other = round(&cubes, Rounding::base(3)).expect("rounded").cubes;
    assert!(!done.certificate.covers(&other[0]));
    let json = serde_json::to_value(&done.certificate).expect("JSON");
    assert_eq!((&json["method"], &json["base"]), (&"rounding".into(), &5.into()));
    // How far published counts are from the true ones is for whoever releases them only.
    assert!(!json.to_string().contains("loss") && !json.to_string().contains("mean"));
    // Two methods are not one release.
    let mixed: Vec<ProtectedCube> = [done.cubes[0].clone(), other[0].clone()].into();
    assert!(matches!(
        Protection::of_changed(&[&cubes[0], &cubes[0]], mixed, &policy(4)),
        Err(Error::Policy { .. })
    ));
    let hidden = disclosure::protect(&[], &Policy::default()).expect("nothing to do");
    assert!(hidden.certificate.changed().is_none());
}

#[test]
fn tables_share_a_budget_and_say_what_was_spent_on_all() {
    let f = frame("one", vec![tree("place", 3, 3), flat("sex", 2)]);
    let one = counted(&f, &records(&f.dimensions, 500, 4), 1).cube;
    let g = frame("two", vec![flat("age", 5)]);
    let two = counted(&g, &records(&g.dimensions, 500, 4), 1).cube;
    let cubes = [one, two];
    for budget in [
        Budget::Concentrated { rho: 0.4 },
        Budget::Approximate { epsilon: 1.5, delta: 1e-6 },
        Budget::Pure { epsilon: 2.0 },
    ] {
        let out =
            release_all(&cubes, &[3.0, 1.0], &Settings::new(budget), &Seed::new([2; 32])).expect("released");
        let (a, b) = (out[0].rho, out[1].rho);
        let ratio = if matches!(budget, Budget::Pure { .. }) { 9.0 } else { 3.0 };
        assert!((a / b - ratio).abs() < 0.02 * ratio, "{a} {b}");
        let Some(&Method::Privacy { rho, epsilon, delta }) = out[1].cube.changed() else {
            panic!("{budget:?}")
        };
        assert_eq!(out[0].cube.changed(), out[1].cube.changed());
        assert!((rho - (a + b)).abs() < 1e-12);
        match budget {
            Budget::Pure { epsilon: all } => assert!(epsilon <= all && epsilon > 0.99 * all && delta == 0.0),
            Budget::Approximate { epsilon: all, .. } => assert!(epsilon <= all && epsilon > 0.98 * all),
            Budget::Concentrated { rho: all } => assert!(rho <= all * (1.0 + 1e-12)),
        }
        let truth: Vec<&Cube> = cubes.iter().collect();
        let released = out.into_iter().map(|r| r.cube).collect();
        let done = Protection::of_changed(&truth, released, &policy(4)).expect("told");
        assert!(done.certificate.attack().is_none() && done.certificate.covers(&done.cubes[1]));
    }
    for shares in [&[1.0][..], &[1.0, 0.0], &[1.0, f64::NAN]] {
        let settings = Settings::new(Budget::Pure { epsilon: 1.0 });
        assert!(release_all(&cubes, shares, &settings, &Seed::new([2; 32])).is_err());
    }
}
