//! What pages and data read from a protected cube.

use disclosure::{ConfStatus, ObsStatus, ProtectedCell, ProtectedCube};
use model::{Category, Dimension, Key, Language, Role, TOTAL, UNKNOWN, Value};

/// What may be shown of a cell. The only way from a cell to a page or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    /// The count.
    Count(u64),
    /// Bounds, as a publisher wrote them.
    Between(u64, u64),
    /// Not published, to protect persons.
    Hidden,
    /// There is no figure.
    Missing,
}

impl Figure {
    pub(crate) fn of(cell: Option<&ProtectedCell>) -> Self {
        let Some(cell) = cell else { return Figure::Missing };
        if cell.obs == ObsStatus::Suppressed || cell.conf != ConfStatus::Free {
            return Figure::Hidden;
        }
        match cell.value {
            Value::Count(n) => Figure::Count(n),
            Value::Between(low, high) => Figure::Between(low, high),
            Value::Missing => Figure::Missing,
        }
    }

    /// The most that it says there are; 0 where it says nothing.
    pub(crate) fn most(self) -> u64 {
        match self {
            Figure::Count(n) | Figure::Between(_, n) => n,
            Figure::Hidden | Figure::Missing => 0,
        }
    }

    pub(crate) fn count(self) -> Option<u64> {
        match self {
            Figure::Count(n) => Some(n),
            _ => None,
        }
    }
}

/// Questions that every page asks of a cube.
pub(crate) trait CubeFacts {
    /// Index of the dimension of time.
    fn time(&self) -> Option<usize>;
    /// Indices of the other dimensions.
    fn others(&self) -> Vec<usize>;
    /// What may be shown at `key`.
    fn figure(&self, key: &[u32]) -> Figure;
    /// The figures along dimension `d`, the other coordinates being those of `key`.
    fn along(&self, d: usize, key: &[u32]) -> Vec<Figure>;
    /// The total over every dimension that has one; the first category elsewhere, and the last
    /// period that has a figure.
    fn home(&self) -> Key;
    /// `key` moved to the last period in which it has a figure.
    fn at_latest(&self, key: &[u32]) -> Key;
    /// Number of hidden cells.
    fn hidden(&self) -> usize;
}

impl CubeFacts for ProtectedCube {
    fn time(&self) -> Option<usize> {
        self.dimensions().iter().position(|d| d.role == Role::Time)
    }

    fn others(&self) -> Vec<usize> {
        let time = self.time();
        (0..self.dimensions().len()).filter(|&d| Some(d) != time).collect()
    }

    fn figure(&self, key: &[u32]) -> Figure {
        Figure::of(self.cell(key))
    }

    fn along(&self, d: usize, key: &[u32]) -> Vec<Figure> {
        let mut key = key.to_vec();
        (0..self.dimensions()[d].categories.len() as u32)
            .map(|c| {
                key[d] = c;
                self.figure(&key)
            })
            .collect()
    }

    fn home(&self) -> Key {
        let key: Key = self.dimensions().iter().map(|d| d.total().unwrap_or(0)).collect();
        self.at_latest(&key)
    }

    fn at_latest(&self, key: &[u32]) -> Key {
        let mut key = key.to_vec();
        if let Some(t) = self.time() {
            let figures = self.along(t, &key);
            let last = figures.iter().rposition(|f| *f != Figure::Missing).unwrap_or_default();
            key[t] = last as u32;
        }
        key
    }

    fn hidden(&self) -> usize {
        self.cells().filter(|(_, cell)| Figure::of(Some(cell)) == Figure::Hidden).count()
    }
}

/// Words for a category; its code when it has none.
pub(crate) fn category_label(category: &Category, language: Language) -> String {
    let label = category.label.get(language);
    match (label.is_empty(), category.code.as_str(), language) {
        (true, TOTAL, Language::En) => "Total".into(),
        (true, TOTAL, Language::Nl) => "Totaal".into(),
        (true, UNKNOWN, Language::En) => "Unknown".into(),
        (true, UNKNOWN, Language::Nl) => "Onbekend".into(),
        (true, code, _) => code.to_owned(),
        (false, ..) => label.to_owned(),
    }
}

/// Words for a dimension; its identifier when it has none.
pub(crate) fn dimension_label(dimension: &Dimension, language: Language) -> String {
    let label = dimension.label.get(language);
    if label.is_empty() { dimension.id.clone() } else { label.to_owned() }
}

/// The categories that together make the total, none of them twice: its direct parts, or those
/// that are part of nothing.
pub(crate) fn top_level(dimension: &Dimension) -> Vec<u32> {
    if let Some(total) = dimension.total() {
        let parts: Vec<u32> = dimension.children(total).collect();
        if !parts.is_empty() {
            return parts;
        }
    }
    (0..dimension.categories.len() as u32)
        .filter(|&c| {
            let category = &dimension.categories[c as usize];
            category.parent.is_none() && category.code != TOTAL
        })
        .collect()
}

/// Names for the columns of a file, one a dimension: letters, digits and `_`, none twice and none
/// in `taken`.
pub(crate) fn column_names(dimensions: &[Dimension], taken: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for d in dimensions {
        let mut name: String =
            d.id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert_str(0, "d_");
        }
        let clashes = |name: &str, names: &[String]| {
            // The labels of a dimension stand in `<name>_en` and `<name>_nl`.
            let all = [name.to_owned(), format!("{name}_en"), format!("{name}_nl")];
            all.iter().any(|a| {
                taken.iter().any(|t| t.eq_ignore_ascii_case(a))
                    || names.iter().any(|n| {
                        [n.clone(), format!("{n}_en"), format!("{n}_nl")]
                            .iter()
                            .any(|b| a.eq_ignore_ascii_case(b))
                    })
            })
        };
        while clashes(&name, &names) {
            name.push_str("_code");
        }
        names.push(name);
    }
    names
}
