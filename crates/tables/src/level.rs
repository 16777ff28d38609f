//! What a dimension of a table is: which column of the reports it reads, to which codes it takes
//! the values, and which categories it shows.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::{Catalogue, Category, Classification, Dimension, Label, Mapping, Role, Settings, TOTAL, UNKNOWN};

use crate::Error;
use crate::calendar::{date_of, day_of};

/// Longest list of sister codes that is shown whole; of a longer one (countries) only the codes
/// that occur are shown.
const SHOWN_WHOLE: usize = 60;

/// One dimension of a table or one `by` of an estimate.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    /// As written in the settings: `form`, `age:age.nl`.
    pub(crate) name: String,
    /// The column of the reports: `form`, `age`, `register`; for one register (`register:police`) a column that is made of
    /// `register`.
    pub(crate) base: String,
    label: Label,
    classification: Option<String>,
    codes: Vec<LevelCode>,
    /// Index of "unknown" in `codes`; registers have none.
    pub(crate) unknown: Option<u16>,
    recode: Recode,
}

#[derive(Debug, Clone)]
struct LevelCode {
    code: String,
    parent: Option<usize>,
    label: Label,
    valid: (Option<Date>, Option<Date>),
}

/// From the value of the column to the index of a code.
#[derive(Debug, Clone)]
enum Recode {
    /// `table[value]`; a value beyond is an error.
    Table(Vec<u16>),
    /// `table[age]`; an age beyond is that of the last entry.
    Ages(Vec<u16>),
    /// Rules that hold for a time: `tables[number of changes up to the day][value]`.
    Dated { changes: Vec<i32>, tables: Vec<Vec<u16>> },
}

impl Level {
    /// The dimension written `name` in table or estimate `table`.
    pub(crate) fn new(
        name: &str,
        table: &str,
        settings: &Settings,
        catalogue: &Catalogue,
    ) -> Result<Self, Error> {
        let fail = |message: String| Error::Dimension {
            table: table.to_owned(),
            dimension: name.to_owned(),
            message,
        };
        if let Some(register) = model::register_of(name) {
            if !settings.registers().iter().any(|(code, _)| code == register) {
                return Err(fail(format!("there is no register \"{register}\"")));
            }
            return Ok(Self::within(name, settings));
        }
        let (base, group) = match name.split_once(':') {
            Some((base, group)) => (base, Some(group)),
            None => (name, None),
        };
        let find = |id: &str| {
            model::classification(id)
                .or_else(|| catalogue.of(id))
                .ok_or_else(|| fail(format!("there is no classification \"{id}\"; name one that is shipped")))
        };
        if base == "register" {
            let registers = settings.registers();
            let recode = Recode::Table((0..registers.len() as u16).collect());
            let codes = registers
                .into_iter()
                .map(|(code, label)| LevelCode { code, parent: None, label, valid: (None, None) })
                .collect();
            let label = settings.variable_label(base);
            let (name, base) = (name.to_owned(), base.to_owned());
            return Ok(Self { name, base, label, classification: None, codes, unknown: None, recode });
        }
        let (to, recode) = if base == "age" {
            let groups = find(group.ok_or_else(|| {
                fail(
                    "age needs groups: single years give persons away; write for instance \"age:age.nl\""
                        .into(),
                )
            })?)?;
            if groups.codes().iter().all(|c| model::age_range(&c.code).is_none()) {
                return Err(fail(format!("\"{}\" has no age groups such as 0-17 or 23+", groups.id)));
            }
            let table = (0..=151).map(|age| model::age_group(groups, Some(age)) as u16).collect();
            (groups, Recode::Ages(table))
        } else {
            let from = catalogue
                .of(base)
                .ok_or_else(|| fail(format!("there is no variable \"{base}\" with a classification")))?;
            match group {
                Some(group) if group != from.id => {
                    let to = find(group)?;
                    let mapping = model::mapping(&from.id, group).ok_or_else(|| {
                        fail(format!(
                            "there is no mapping from \"{}\" to \"{group}\"; use \"{base}\" as it is",
                            from.id
                        ))
                    })?;
                    (to, dated(from, to, mapping))
                }
                _ => (from, Recode::Table((0..from.codes().len() as u16).collect())),
            }
        };
        if to.codes().len() > usize::from(u16::MAX) {
            return Err(fail("the classification has more than 65,535 codes; use a coarser one".into()));
        }
        let codes = to
            .codes()
            .iter()
            .map(|c| LevelCode {
                code: c.code.clone(),
                parent: c.parent.as_deref().and_then(|p| to.position(p)).map(|p| p as usize),
                label: c.label.clone(),
                valid: (c.valid_from, c.valid_to),
            })
            .collect();
        let mut level = Self {
            name: name.to_owned(),
            base: base.to_owned(),
            label: settings.variable_label(name),
            classification: Some(to.id.clone()),
            codes,
            unknown: Some(to.unknown() as u16),
            recode,
        };
        level.totals_are_unknown(to);
        Ok(level)
    }

    /// Whether one register reported a person: 0 in the column is yes, 1 is no, and nobody is unknown.
    fn within(name: &str, settings: &Settings) -> Self {
        let code = |code: &str, en: &str, nl: &str| LevelCode {
            code: code.into(),
            parent: None,
            label: Label::new(en, nl),
            valid: (None, None),
        };
        Self {
            name: name.to_owned(),
            base: name.to_owned(),
            label: settings.variable_label(name),
            classification: None,
            codes: vec![code(model::IN, "Yes", "Ja"), code(model::NOT_IN, "No", "Nee")],
            unknown: None,
            recode: Recode::Table(vec![0, 1]),
        }
    }

    /// A report that names the total as its code says nothing: it counts as unknown.
    fn totals_are_unknown(&mut self, to: &Classification) {
        let Some(total) = to.position(TOTAL).map(|t| t as u16) else { return };
        let unknown = to.unknown() as u16;
        let tables: Vec<&mut Vec<u16>> = match &mut self.recode {
            Recode::Table(t) | Recode::Ages(t) => vec![t],
            Recode::Dated { tables, .. } => tables.iter_mut().collect(),
        };
        for entry in tables.into_iter().flatten().filter(|e| **e == total) {
            *entry = unknown;
        }
    }

    /// Index of the code for `value` on `day`; `None` when the value is not in the classification.
    pub(crate) fn apply(&self, day: i32, value: Option<u16>) -> Option<u16> {
        let Some(value) = value else { return self.unknown };
        match &self.recode {
            Recode::Table(table) => table.get(usize::from(value)).copied(),
            Recode::Ages(table) => table.get(usize::from(value)).or(table.last()).copied(),
            Recode::Dated { changes, tables } => {
                tables[changes.partition_point(|&c| c <= day)].get(usize::from(value)).copied()
            }
        }
    }

    /// The code at `index`.
    pub(crate) fn code(&self, index: u16) -> &str {
        &self.codes[usize::from(index)].code
    }

    /// The dimension with the categories to show, given the codes that occur and the days that
    /// the reports span; and for each code that occurs, the categories that count it.
    pub(crate) fn categories(&self, used: &BTreeSet<u16>, days: Option<(i32, i32)>) -> Shown {
        let n = self.codes.len();
        let mut children = vec![Vec::new(); n];
        let mut roots = Vec::new();
        for (i, c) in self.codes.iter().enumerate() {
            if c.code == TOTAL {
                continue;
            }
            match c.parent.filter(|&p| self.codes[p].code != TOTAL) {
                Some(p) => children[p].push(i),
                None => roots.push(i),
            }
        }
        // A code has cases when it or a code below it occurs.
        let mut cases = vec![false; n];
        for at in used.iter().copied().chain(self.unknown) {
            let mut at = Some(usize::from(at));
            while let Some(i) = at.filter(|&i| !cases[i]) {
                cases[i] = true;
                at = self.codes[i].parent;
            }
        }
        let span = days.and_then(|(a, b)| Some((date_of(a)?, date_of(b)?)));
        let current = |i: usize| {
            let (from, to) = self.codes[i].valid;
            span.is_none_or(|(a, b)| from.is_none_or(|d| d <= b) && to.is_none_or(|d| a <= d))
        };
        let choose = |sisters: &[usize], top: bool| -> Vec<usize> {
            let any = top || sisters.iter().any(|&i| cases[i]);
            let whole = any && sisters.len() <= SHOWN_WHOLE;
            sisters.iter().copied().filter(|&i| cases[i] || whole && current(i)).collect()
        };
        let mut shown = Shown {
            dimension: Dimension {
                id: self.name.clone(),
                label: self.label.clone(),
                role: Role::Breakdown,
                classification: self.classification.clone(),
                categories: vec![Category {
                    code: TOTAL.into(),
                    label: Label::new("Total", "Totaal"),
                    parent: None,
                }],
            },
            counted_in: vec![Vec::new(); n],
        };
        // Depth first, so that parts stand below their whole; the stack holds the last first.
        let mut stack: Vec<Step> = choose(&roots, true).into_iter().rev().map(|i| Step::Code(i, 0)).collect();
        while let Some(step) = stack.pop() {
            let at = shown.dimension.categories.len() as u32;
            match step {
                Step::Code(i, parent) => {
                    let c = &self.codes[i];
                    let category =
                        Category { code: c.code.clone(), label: c.label.clone(), parent: Some(parent) };
                    shown.dimension.categories.push(category);
                    let below = choose(&children[i], false);
                    let direct = used.contains(&(i as u16));
                    if below.is_empty() {
                        shown.counted_in[i] = shown.up(at);
                    } else if direct {
                        stack.push(Step::Rest(i, at));
                    }
                    stack.extend(below.into_iter().rev().map(|b| Step::Code(b, at)));
                }
                Step::Rest(i, parent) => {
                    let mut code = format!("{}_X", self.codes[i].code);
                    while self.codes.iter().any(|c| c.code == code) {
                        code.push('X');
                    }
                    let l = &self.codes[i].label;
                    let label = Label::new(
                        format!("{}, not further specified", l.en),
                        format!("{}, niet nader bepaald", l.nl),
                    );
                    shown.dimension.categories.push(Category { code, label, parent: Some(parent) });
                    shown.counted_in[i] = shown.up(at);
                }
            }
        }
        shown
    }
}

enum Step {
    Code(usize, u32),
    Rest(usize, u32),
}

/// A dimension ready to be counted.
pub(crate) struct Shown {
    pub(crate) dimension: Dimension,
    /// For each code of the level: the categories that count a case of it, itself and all above.
    pub(crate) counted_in: Vec<Vec<u32>>,
}

impl Shown {
    fn up(&self, category: u32) -> Vec<u32> {
        let mut out = vec![category];
        let mut at = category;
        while let Some(parent) = self.dimension.categories[at as usize].parent {
            out.push(parent);
            at = parent;
        }
        out
    }
}

/// The rules of a mapping as one table for each stretch of time in which they do not change.
fn dated(from: &Classification, to: &Classification, mapping: &Mapping) -> Recode {
    let changes = mapping.changes();
    let before = changes.first().and_then(|d| d.yesterday().ok()).unwrap_or(Date::constant(1970, 1, 1));
    let tables = std::iter::once(before)
        .chain(changes.iter().copied())
        .map(|day| {
            from.codes()
                .iter()
                .map(|c| to.position(mapping.apply(&c.code, day)).unwrap_or_else(|| to.unknown()) as u16)
                .collect()
        })
        .collect();
    Recode::Dated { changes: changes.into_iter().map(day_of).collect(), tables }
}

/// Whether `value` in the column says something: it is neither unknown nor a total.
pub(crate) fn known_values(classification: &Classification) -> Vec<bool> {
    classification.codes().iter().map(|c| c.code != UNKNOWN && c.code != TOTAL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dated_rule_holds_on_its_days_only() {
        let list = |id: &str, rows: &str| {
            let head = "code,parent,label_en,label_nl,valid_from,valid_to,provisional,note\n";
            Classification::from_csv(id, "1", Label::same(id), &format!("{head}{rows}")).expect("valid")
        };
        let from = list("country", "GB,,a,a,,,,\nFR,,b,b,,,,\n");
        let to = list("group", "EU,,a,a,,,,\nOTHER,,b,b,,,,\n");
        let rules =
            "from,to,valid_from,valid_to\nGB,EU,1973-01-01,2020-01-31\nGB,OTHER,2020-02-01,\nFR,EU,,\n";
        let mapping = Mapping::from_csv(&from, &to, rules).expect("valid");
        let level = Level {
            name: "citizenship:group".into(),
            base: "citizenship".into(),
            label: Label::default(),
            classification: None,
            codes: Vec::new(),
            unknown: Some(to.unknown() as u16),
            recode: dated(&from, &to, &mapping),
        };
        let at = |code: &str, date: &str| {
            let day = day_of(date.parse().expect("a date"));
            let group = level.apply(day, from.position(code).map(|p| p as u16)).expect("in the list");
            to.codes()[usize::from(group)].code.as_str()
        };
        assert_eq!(at("GB", "1972-12-31"), UNKNOWN);
        assert_eq!(
            [at("GB", "1973-01-01"), at("GB", "2020-01-31"), at("GB", "2020-02-01")],
            ["EU", "EU", "OTHER"]
        );
        assert_eq!([at("FR", "1950-01-01"), at("FR", "2026-01-01")], ["EU", "EU"]);
        assert_eq!(level.apply(0, Some(99)), None);
    }

    #[test]
    fn shipped_groups_of_ages_and_countries_can_be_dimensions() {
        let text = "[monitor]\nid = \"m\"\ntitle = \"T\"\ndescription = \"D\"\npublisher = \"P\"\n\
                    edition = \"1\"\nreference_date = \"2026-11-24\"\n";
        let settings = Settings::parse(text).expect("valid");
        let catalogue = Catalogue::new(&settings, |_| Err("no files".into())).expect("all are shipped");
        let level = |name: &str| Level::new(name, "t", &settings, &catalogue).expect(name);
        let ages = level("age:age.nl");
        assert!(ages.apply(0, Some(16)).is_some_and(|c| ages.code(c).ends_with("17")));
        assert_eq!(ages.apply(0, Some(16)), ages.apply(0, Some(17)));
        assert_ne!(ages.apply(0, Some(17)), ages.apply(0, Some(18)));
        assert_eq!(ages.apply(0, Some(120)), ages.apply(0, Some(i16::MAX as u16)));
        let groups = level("citizenship:country_group");
        let countries = catalogue.of("citizenship").expect("a variable");
        let group = |code: &str, date: &str| {
            let day = day_of(date.parse().expect("a date"));
            let index = groups.apply(day, countries.position(code).map(|p| p as u16)).expect("a country");
            groups.code(index).to_owned()
        };
        assert_ne!(group("GB", "2020-01-31"), group("GB", "2020-02-01"));
        assert_eq!(group("GB", "2020-01-31"), group("FR", "2026-01-01"));
        assert_ne!(group("NL", "2026-01-01"), group("FR", "2026-01-01"));
        // Of the long list of countries only those that occur are shown.
        let citizenship = level("citizenship");
        let used: BTreeSet<u16> = countries.position("NL").map(|p| p as u16).into_iter().collect();
        let shown = citizenship.categories(&used, Some((0, 20_000))).dimension;
        assert!(shown.position("NL").is_some() && shown.position(UNKNOWN).is_some());
        assert!(shown.categories.len() < 70, "{}", shown.categories.len());
    }
}
