//! Cells and equations in words.

use model::{Cube, Key, TOTAL, Value};

use crate::propagate::Known;
use crate::system::{Equation, Place, System};

/// The tables with their keys in order, to find the cell of a place.
pub(crate) struct Words<'a> {
    cubes: Vec<&'a Cube>,
    keys: Vec<Vec<&'a Key>>,
    /// The tables as they were published, in the same order, where they are not the same.
    shown: &'a [Cube],
}

impl<'a> Words<'a> {
    pub(crate) fn new(cubes: &[&'a Cube]) -> Self {
        let keys = cubes.iter().map(|c| c.cells.keys().collect()).collect();
        Self { cubes: cubes.to_vec(), keys, shown: &[] }
    }

    /// The same, of tables that were published as `shown`.
    pub(crate) fn of(self, shown: &'a [Cube]) -> Self {
        Self { shown, ..self }
    }

    pub(crate) fn cube(&self, place: Place) -> &'a Cube {
        self.cubes[place.table as usize]
    }

    /// The title of a table, by its place among them.
    pub(crate) fn title(&self, table: u32) -> &'a str {
        &self.cubes[table as usize].title.en
    }

    pub(crate) fn key(&self, place: Place) -> &'a Key {
        self.keys[place.table as usize][place.cell as usize]
    }

    pub(crate) fn value(&self, place: Place) -> Value {
        self.cube(place).value(self.key(place))
    }

    /// The figure that was published, where it was rounded and only bounds are known of the true count.
    pub(crate) fn rounded(&self, place: Place) -> Option<u64> {
        let shown = self.shown.get(place.table as usize)?.value(self.key(place)).count()?;
        matches!(self.value(place), Value::Between(..)).then_some(shown)
    }

    /// What a publisher says of a cell, in words: `5`, `<5`, or `5 (1 to 9)` when it was rounded.
    pub(crate) fn said(&self, place: Place) -> String {
        match (self.rounded(place), self.value(place)) {
            (Some(n), Value::Between(low, high)) => format!("{n} ({low} to {high})"),
            (_, value) => published(value),
        }
    }

    /// Dimension and code, totals included.
    pub(crate) fn codes(&self, place: Place) -> Vec<(String, String)> {
        self.cube(place).codes(self.key(place)).map(|(d, c)| (d.to_owned(), c.to_owned())).collect()
    }

    /// `year 2018, form LABOUR`; totals are left out.
    pub(crate) fn cell(&self, place: Place) -> String {
        let cube = self.cube(place);
        let parts: Vec<String> = cube
            .codes(self.key(place))
            .zip(&cube.dimensions)
            .zip(self.key(place))
            .filter(|(((_, code), _), _)| *code != TOTAL)
            .map(|(((id, _), d), &k)| format!("{id} {}", d.categories[k as usize].label.en))
            .collect();
        if parts.is_empty() { "the grand total".to_owned() } else { parts.join(", ") }
    }

    /// `year 2018, form LABOUR by sex: 114 = 29 + 81 + this cell`.
    pub(crate) fn equation(&self, system: &System, e: &Equation, of: u32, known: &Known) -> String {
        let place = Place { table: e.table, cell: e.cell };
        let cube = self.cube(place);
        let say = |v: u32| {
            if v == of {
                return "this cell".to_owned();
            }
            let Some(&at) = system.places[v as usize].first() else {
                return "the sum of its periods".to_owned();
            };
            let learned = known.bounds[v as usize];
            match (self.value(at), self.rounded(at)) {
                (Value::Count(n), _) => n.to_string(),
                (_, Some(n)) if learned.is_exact() => format!("{n} (worked out to be {})", learned.lo),
                (_, None) if learned.is_exact() => format!("{} (hidden, but worked out)", learned.lo),
                _ => self.said(at),
            }
        };
        let sign = if e.at_least { "≥" } else { "=" };
        // Long sums are told in short: what matters is the cell and the total.
        let parts: Vec<String> = if e.parts.len() <= 12 {
            e.parts.iter().map(|&p| say(p)).collect()
        } else {
            let exact: Vec<i64> = e
                .parts
                .iter()
                .filter(|&&p| p != of)
                .map(|&p| known.bounds[p as usize])
                .filter(|b| b.is_exact())
                .map(|b| b.lo)
                .collect();
            let hidden = e.parts.len() - exact.len() - usize::from(e.parts.contains(&of));
            let mut parts = vec![format!("{} ({} other cells)", exact.iter().sum::<i64>(), exact.len())];
            if hidden > 0 {
                let rounded = |&p: &u32| {
                    system.places[p as usize].first().is_some_and(|&at| self.rounded(at).is_some())
                };
                let what = if e.parts.iter().any(rounded) { "rounded" } else { "hidden" };
                parts.push(format!("{hidden} {what} cells"));
            }
            if e.parts.contains(&of) {
                parts.push("this cell".to_owned());
            }
            parts
        };
        let dimension = cube.dimensions.get(e.dimension as usize).map_or("period", |d| d.id.as_str());
        format!(
            "{}, {} by {dimension}: {} {sign} {}",
            cube.title.en,
            self.cell(place),
            say(e.total),
            parts.join(" + ")
        )
    }
}

/// A value as a publisher would write it.
pub(crate) fn published(value: Value) -> String {
    /// Bounds above this were made up by a reader, not said by a publisher.
    const SAID: u64 = 100_000;
    match value {
        Value::Count(n) => n.to_string(),
        Value::Between(0 | 1, high) if high < SAID => format!("<{}", high + 1),
        Value::Between(low, high) if high < SAID => format!("{low} to {high}"),
        Value::Between(..) => "hidden".to_owned(),
        Value::Missing => "no figure".to_owned(),
    }
}
