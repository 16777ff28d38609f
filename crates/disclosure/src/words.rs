//! Cells and equations in words.

use model::{Cube, Key, TOTAL, Value};

use crate::propagate::Known;
use crate::system::{Equation, Place, System};

/// The tables with their keys in order, to find the cell of a place.
pub(crate) struct Words<'a> {
    cubes: Vec<&'a Cube>,
    keys: Vec<Vec<&'a Key>>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(cubes: &[&'a Cube]) -> Self {
        Self { cubes: cubes.to_vec(), keys: cubes.iter().map(|c| c.cells.keys().collect()).collect() }
    }

    pub(crate) fn cube(&self, place: Place) -> &'a Cube {
        self.cubes[place.table as usize]
    }

    pub(crate) fn key(&self, place: Place) -> &'a Key {
        self.keys[place.table as usize][place.cell as usize]
    }

    pub(crate) fn value(&self, place: Place) -> Value {
        self.cube(place).value(self.key(place))
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
            let value = self.value(at);
            let learned = known.bounds[v as usize];
            match value {
                Value::Count(n) => n.to_string(),
                _ if learned.is_exact() => format!("{} (hidden, but worked out)", learned.lo),
                value => published(value),
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
                parts.push(format!("{hidden} hidden cells"));
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
