//! A model from the columns themselves: what a field holds decides how it is compared and blocked on.

use std::collections::HashSet;

use crate::blocking::{Atom, Part};
use crate::compare::date;
use crate::encode;
use crate::{Column, Comparison, Model, Records, Test};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Every record has a value of its own: it names the record, not the person.
    RecordId,
    /// All values are missing or the same.
    Constant,
    /// Dates.
    Date,
    /// Numbers, postcodes and the like: most values have a digit.
    Code,
    /// A few values, such as sex or country.
    Category,
    /// Names and other short text.
    Name,
    /// Several words.
    Words,
    /// Values that are encoded, of this kind.
    Encoded(encode::Kind),
}

impl Kind {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::RecordId => "record id",
            Self::Constant => "one value",
            Self::Date => "date",
            Self::Code => "code",
            Self::Category => "category",
            Self::Name => "name",
            Self::Words => "words",
            Self::Encoded(encode::Kind::Name) => "encoded name",
            Self::Encoded(encode::Kind::Words) => "encoded words",
            Self::Encoded(encode::Kind::Date) => "encoded date",
            Self::Encoded(encode::Kind::Code) => "encoded code",
            Self::Encoded(encode::Kind::Category) => "encoded category",
        }
    }

    /// What this column holds.
    pub fn of(column: &Column) -> Self {
        let known: u64 = column.counts().iter().map(|&c| u64::from(c)).sum();
        let distinct = column.values().len();
        if distinct < 2 {
            return Self::Constant;
        }
        if distinct as u64 == known && known as f64 > 0.9 * column.codes().len() as f64 {
            return Self::RecordId;
        }
        if let Some(header) = column.values().first().and_then(|v| encode::Header::of(v)) {
            return Self::Encoded(header.kind);
        }
        let share = |test: &dyn Fn(&str) -> bool| {
            let with: u64 = column
                .values()
                .iter()
                .zip(column.counts())
                .filter(|(v, _)| test(v))
                .map(|(_, &c)| u64::from(c))
                .sum();
            with as f64 / known as f64
        };
        if share(&|v| v.len() >= 6 && date::PartialDate::parse(v).is_some_and(|d| d.day().is_some())) > 0.9 {
            return Self::Date;
        }
        let short = |v: &str| v.len() <= 3;
        if distinct <= 24 || (distinct <= 400 && share(&short) > 0.95) {
            return Self::Category;
        }
        if share(&|v| v.bytes().any(|b| b.is_ascii_digit())) > 0.6 {
            return Self::Code;
        }
        if share(&|v| v.split_whitespace().nth(2).is_some()) > 0.3 {
            return Self::Words;
        }
        Self::Name
    }

    fn tests(self) -> Vec<Test> {
        match self {
            Self::RecordId | Self::Constant => Vec::new(),
            Self::Date => {
                vec![Test::Exact, Test::DateTypo, Test::DatePart, Test::Years(1), Test::Years(10), Test::Else]
            }
            Self::Code => vec![Test::Exact, Test::Damerau(1), Test::Damerau(2), Test::Prefix(3), Test::Else],
            Self::Category | Self::Encoded(encode::Kind::Category) => vec![Test::Exact, Test::Else],
            Self::Encoded(encode::Kind::Date) => {
                vec![Test::Exact, Test::Similar(0.8), Test::Similar(0.6), Test::Similar(0.4), Test::Else]
            }
            Self::Encoded(_) => {
                vec![Test::Exact, Test::Similar(0.8), Test::Similar(0.65), Test::Similar(0.45), Test::Else]
            }
            Self::Name => vec![
                Test::Exact,
                Test::JaroWinkler(0.92),
                Test::Any(vec![Test::Sound, Test::JaroWinkler(0.85)]),
                Test::JaroWinkler(0.7),
                Test::Else,
            ],
            Self::Words => {
                vec![Test::Exact, Test::Words(0.92), Test::Words(0.8), Test::Words(0.65), Test::Else]
            }
        }
    }

    fn parts(self) -> Vec<Part> {
        match self {
            Self::RecordId | Self::Constant | Self::Category | Self::Encoded(encode::Kind::Category) => {
                Vec::new()
            }
            Self::Encoded(_) => vec![Part::Whole],
            Self::Date => vec![Part::Whole, Part::Year, Part::DayMonth, Part::YearMonth],
            Self::Code => vec![Part::Whole, Part::Prefix(3), Part::Suffix(3)],
            Self::Name => vec![Part::Whole, Part::Sound, Part::Prefix(3), Part::Suffix(4)],
            Self::Words => vec![Part::Whole, Part::Prefix(6)],
        }
    }

    /// Parts that find what is written wrong; dearer, so that they are tried last.
    fn near_parts(self) -> Vec<Part> {
        match self {
            Self::Name => vec![Part::MinHash { bands: 6, rows: 2 }, Part::MinHash { bands: 6, rows: 3 }],
            Self::Words => vec![Part::MinHash { bands: 6, rows: 3 }],
            Self::RecordId | Self::Constant | Self::Category | Self::Encoded(encode::Kind::Category) => {
                Vec::new()
            }
            Self::Encoded(_) => vec![Part::BitSample { bands: 24, bits: 8 }],
            Self::Date => vec![Part::Near(10), Part::Near(100)],
            Self::Code => vec![Part::Near(3)],
        }
    }
}

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

/// Makes a recipe; `leave` are fields that are not to be compared.
pub fn infer(mut records: Records, leave: &[&str]) -> Recipe {
    one_notation(&mut records, leave);
    let shortened = remainders(&mut records, leave);
    let kinds: Vec<(String, Kind)> = records
        .columns()
        .iter()
        .filter(|c| !leave.contains(&c.name()))
        .map(|c| (c.name().to_owned(), Kind::of(c)))
        .collect();
    let twins = twins(&records, &kinds, &shortened);
    let (mut comparisons, mut atoms, mut near) = (Vec::new(), Vec::new(), Vec::new());
    for (name, kind) in &kinds {
        let mut tests = kind.tests();
        if tests.is_empty() {
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
        let mut comparison = Comparison::new(name, true, tests);
        comparison.personal |= *kind == Kind::Encoded(encode::Kind::Date);
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
    Recipe { model: Model::new(comparisons), kinds, atoms, near, records }
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
    let columns: Vec<usize> =
        (0..records.columns().len()).filter(|&c| !leave.contains(&records.columns()[c].name())).collect();
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
