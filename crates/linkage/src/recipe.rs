//! A model from the columns themselves: what a field holds decides how it is compared and blocked on.

mod kind;

use std::collections::HashSet;

pub use kind::Kind;

use crate::blocking::{Atom, Part};
use crate::compare::date;
use crate::model::{AgeOf, Hierarchy};
use crate::{Column, Comparison, Model, Records, Test, ages, encode, lists};

/// The share of records whose value must be in a hierarchy for a field to be compared by it.
const IN_HIERARCHY: f64 = 0.5;

/// A recipe for these records.
#[derive(Debug)]
pub struct Recipe {
    /// The records with what was derived from their fields.
    pub records: Records,
    /// What each field holds.
    pub kinds: Vec<(String, Kind)>,
    /// The model, still to be learnt.
    pub model: Model,
    /// What blocking rules can be made of.
    pub atoms: Vec<Atom>,
    /// What more they can be made of, where those find too little.
    pub near: Vec<Atom>,
}

/// Makes a recipe; `leave` are fields that are not to be compared. A model that is `given` already says which fields
/// are lists; hierarchies are used where the values of a field are in them.
pub fn infer(
    mut records: Records,
    leave: &[&str],
    given: Option<&Model>,
    hierarchies: &[Hierarchy],
) -> Recipe {
    let as_list = |field: &str| given.is_none_or(|model| lists_of(model).any(|f| f == field));
    let joined = lists::join_numbered(&mut records, |field| !leave.contains(&field) && as_list(field));
    let leave: Vec<&str> = leave.iter().copied().chain(joined.iter().map(String::as_str)).collect();
    one_notation(&mut records, &leave);
    let shortened = remainders(&mut records, &leave);
    let kinds: Vec<(String, Kind)> = records
        .columns()
        .iter()
        .filter(|c| !leave.contains(&c.name()))
        .map(|c| (c.name().to_owned(), Kind::of(c)))
        .collect();
    let twins = twins(&records, &kinds, &shortened);
    let aged = aged(&records, &kinds);
    let (mut comparisons, mut atoms, mut near) = (Vec::new(), Vec::new(), Vec::new());
    for (name, kind) in &kinds {
        let mut tests = kind.tests();
        // The day of an age is not the person's.
        let is_day = aged.as_ref().is_some_and(|(_, of)| of.at.as_ref() == Some(name));
        if tests.is_empty() || is_day {
            continue;
        }
        if let Some((a, b)) = &twins
            && (a == name || b == name)
        {
            tests.insert(1, Test::Crossed(if a == name { b.clone() } else { a.clone() }));
        }
        if *kind == Kind::Name {
            tests.insert(tests.len() - 1, Test::Variant);
        }
        if let Some(column) = records.column(name) {
            for test in levels_of(column, *kind, hierarchies) {
                tests.insert(tests.len() - 1, test);
            }
        }
        let mut comparison = Comparison::new(name, true, tests);
        comparison.personal |= *kind == Kind::Encoded(encode::Kind::Date);
        if *kind == Kind::Age {
            let of = aged.as_ref().filter(|(field, _)| field == name).map(|(_, of)| of.clone());
            comparison.age = Some(of.unwrap_or_default());
        }
        comparisons.push(comparison);
        let atom = |part| Atom { fields: vec![name.clone()], part };
        atoms.extend(kind.parts().into_iter().map(atom));
        near.extend(kind.near_parts().into_iter().map(atom));
    }
    if let Some((a, b)) = twins {
        for part in [Part::Whole, Part::Sound, Part::Prefix(3)] {
            atoms.push(Atom { fields: vec![a.clone(), b.clone()], part });
        }
    }
    let mut model = Model::new(comparisons);
    model.hierarchies = hierarchies.to_vec();
    Recipe { records, kinds, model, atoms, near }
}

/// The fields that a model compares as lists.
pub(crate) fn lists_of(model: &Model) -> impl Iterator<Item = &str> {
    let is_list = |c: &&Comparison| c.levels.iter().any(|l| l.test.is_of_lists());
    model.comparisons.iter().filter(is_list).map(|c| c.field.as_str())
}

/// The first field of ages, with those that it is read with. Further ages are compared with each other only: the
/// same date of birth is not to count twice.
fn aged(records: &Records, kinds: &[(String, Kind)]) -> Option<(String, AgeOf)> {
    let (name, _) = kinds.iter().find(|(_, kind)| *kind == Kind::Age)?;
    Some((name.clone(), ages::reference(records.column(name)?, records, kinds)))
}

/// The levels of hierarchies for a field: those that most of its values are in, and those that go on from there.
fn levels_of(column: &Column, kind: Kind, hierarchies: &[Hierarchy]) -> Vec<Test> {
    if !matches!(kind, Kind::Category | Kind::Code | Kind::Name | Kind::Words) {
        return Vec::new();
    }
    let folded: Vec<_> = hierarchies.iter().map(Hierarchy::folded).collect();
    let inside = |at: usize| column.share(|v| folded[at].contains_key(v)) >= IN_HIERARCHY;
    let Some(mut last) = (0..hierarchies.len()).find(|&at| inside(at)) else { return Vec::new() };
    let mut path = vec![last];
    // What the parents belong to in turn.
    while let Some(next) = (0..hierarchies.len()).find(|next| {
        let parents: HashSet<&String> = folded[last].values().collect();
        let known = parents.iter().filter(|p| folded[*next].contains_key(**p)).count();
        !path.contains(next) && known as f64 >= IN_HIERARCHY * parents.len() as f64
    }) {
        path.push(next);
        last = next;
    }
    let names: Vec<String> = path.iter().map(|&at| hierarchies[at].name.clone()).collect();
    (1..=names.len()).map(|n| Test::Within(names[..n].to_vec())).collect()
}

/// Writes dates one way, so that the same date is the same value whichever register wrote it.
fn one_notation(records: &mut Records, leave: &[&str]) {
    let dates: Vec<usize> = (0..records.columns().len())
        .filter(|&c| {
            let column = &records.columns()[c];
            !leave.contains(&column.name()) && Kind::of(column) == Kind::Date
        })
        .collect();
    for at in dates {
        let column = &records.columns()[at];
        let new = column.map(column.name(), |value| {
            Some(date::PartialDate::parse(value).map_or_else(|| value.to_owned(), |d| d.to_string()))
        });
        records.replace(at, new);
    }
}

/// Two fields of names, if a value of one often stands in the other, as given name and surname do.
fn twins(records: &Records, kinds: &[(String, Kind)], shortened: &[String]) -> Option<(String, String)> {
    let names: Vec<&Column> = kinds
        .iter()
        .filter(|(name, kind)| *kind == Kind::Name && is_name(name) && !shortened.contains(name))
        .filter_map(|(name, _)| records.column(name))
        .collect();
    let shared = |a: &Column, b: &Column| {
        let known: HashSet<&str> = b.values().iter().map(|v| &**v).collect();
        let (mut inside, mut all) = (0.0, 0.0);
        for (value, &count) in a.values().iter().zip(a.counts()) {
            all += f64::from(count);
            inside += f64::from(count) * f64::from(u8::from(known.contains(&**value)));
        }
        inside / all
    };
    let mut best: Option<(f64, String, String)> = None;
    for (i, a) in names.iter().enumerate() {
        for b in &names[i + 1..] {
            let both = shared(a, b).min(shared(b, a));
            if both > 0.05 && best.as_ref().is_none_or(|found| both > found.0) {
                best = Some((both, a.name().to_owned(), b.name().to_owned()));
            }
        }
    }
    best.map(|(_, a, b)| (a, b))
}

/// True if a field is one of a person's names, by its own name.
fn is_name(field: &str) -> bool {
    let field = field.to_lowercase();
    ["name", "naam", "given", "family", "alias"].iter().any(|part| field.contains(part))
}

/// Takes out of each column the words that other columns hold too. A full name beside a surname would count
/// the same agreement twice; what is left of it is news. Gives the names of those columns.
fn remainders(records: &mut Records, leave: &[&str]) -> Vec<String> {
    let words = |column: &Column, record: usize| -> Vec<String> {
        column.value(record).map(|v| v.split_whitespace().map(str::to_owned).collect()).unwrap_or_default()
    };
    let n = records.len();
    let step = (n / 2000).max(1);
    let probe: Vec<usize> = (0..n).step_by(step).collect();
    let columns: Vec<usize> = (0..records.columns().len())
        .filter(|&c| !leave.contains(&records.columns()[c].name()) && !lists::is_list(&records.columns()[c]))
        .collect();
    let mut replaced = Vec::new();
    for &whole in &columns {
        let column = &records.columns()[whole];
        // Parts: columns with one word mostly, whose value is nearly always among this column's words.
        let parts: Vec<usize> = columns
            .iter()
            .copied()
            .filter(|&part| {
                if part == whole {
                    return false;
                }
                let (mut both, mut inside, mut longer) = (0, 0, 0);
                for &r in &probe {
                    let (w, p) = (words(column, r), words(&records.columns()[part], r));
                    if w.is_empty() || p.is_empty() {
                        continue;
                    }
                    both += 1;
                    inside += usize::from(p.iter().all(|x| w.contains(x)));
                    longer += usize::from(w.len() > p.len());
                }
                both > 20 && inside * 10 > both * 8 && longer * 2 > both
            })
            .collect();
        if !parts.is_empty() {
            replaced.push((whole, parts));
        }
    }
    let made: Vec<(usize, Column)> = replaced
        .iter()
        .map(|(whole, parts)| {
            let column = &records.columns()[*whole];
            let rest = (0..n).map(|r| {
                let known: HashSet<String> =
                    parts.iter().flat_map(|&p| words(&records.columns()[p], r)).collect();
                let mut rest: Vec<String> =
                    words(column, r).into_iter().filter(|w| !known.contains(w)).collect();
                rest.sort_unstable();
                rest.dedup();
                rest.join(" ")
            });
            (*whole, Column::from_values(column.name(), rest))
        })
        .collect();
    let shortened = made.iter().map(|(_, column)| column.name().to_owned()).collect();
    for (at, column) in made {
        records.replace(at, column);
    }
    shortened
}
