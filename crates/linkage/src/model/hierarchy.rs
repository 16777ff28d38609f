//! Values that belong to others: a place to its municipality, a nationality to a part of the world.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::compare::fold::fold;
use crate::hashing::Table;

/// Which value belongs to which.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hierarchy {
    /// What tests call it: `within(NAME)`.
    pub name: String,
    /// For each value that which it belongs to. A value that is not there, such as one of the higher level already,
    /// stays what it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parents: BTreeMap<String, String>,
    /// A file of two columns, values and what they belong to, that the parents are to be read from by who has the
    /// model; this crate reads no files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// Parents as values are compared: folded.
pub(crate) type Parents = Table<String, String>;

impl Hierarchy {
    /// A hierarchy of values with their parents; rows in which either is empty are left out.
    ///
    /// # Errors
    /// When a value has two parents.
    pub fn new(name: &str, rows: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let mut made = Self { name: name.to_owned(), ..Self::default() };
        let mut known = Parents::default();
        for (value, parent) in rows {
            let (own, above) = (fold(&value), fold(&parent));
            if own.is_empty() || above.is_empty() {
                continue;
            }
            if known.get(&own).is_some_and(|before| *before != above) {
                return Err(Error::Setting {
                    option: format!("hierarchy {name}"),
                    value: format!("\"{value}\" twice"),
                    allowed:
                        "each value belongs to one other; letter case and punctuation make no difference"
                            .into(),
                });
            }
            known.insert(own, above);
            made.parents.insert(value, parent);
        }
        Ok(made)
    }

    pub(crate) fn folded(&self) -> Parents {
        self.parents.iter().map(|(value, parent)| (fold(value), fold(parent))).collect()
    }
}

/// What a value belongs to by hierarchies that follow each other.
pub(crate) fn above<'a>(value: &'a str, path: &[&'a Parents]) -> &'a str {
    path.iter().fold(value, |value, parents| parents.get(value).map_or(value, String::as_str))
}

/// Checks that each has a name of its own and parents.
pub(super) fn check(hierarchies: &[Hierarchy]) -> Result<(), Error> {
    for (at, hierarchy) in hierarchies.iter().enumerate() {
        let name = &hierarchy.name;
        let said = if hierarchies[..at].iter().any(|other| other.name == *name) {
            "two of this name; each needs a name of its own"
        } else if name.trim().is_empty() || name.contains([',', '(', ')']) {
            "a name without commas and brackets"
        } else if hierarchy.parents.is_empty() {
            "parents = { VALUE = PARENT }, or a file of two columns with at least one row"
        } else {
            continue;
        };
        return Err(Error::Setting {
            option: "hierarchy".into(),
            value: format!("\"{name}\""),
            allowed: said.into(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(&str, &str)]) -> Result<Hierarchy, Error> {
        Hierarchy::new("m", rows.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())))
    }

    #[test]
    fn a_value_goes_up_level_by_level_and_one_that_is_there_stays() {
        let places =
            rows(&[("Soest", "Soest"), ("Soesterberg", "Soest"), ("", "x")]).expect("places").folded();
        let provinces = rows(&[("soest", "Utrecht")]).expect("provinces").folded();
        assert_eq!(above("soesterberg", &[&places]), "soest");
        assert_eq!(above("soesterberg", &[&places, &provinces]), "utrecht");
        assert_eq!(above("utrecht", &[&places, &provinces]), "utrecht");
        assert_eq!(above("baarn", &[&places, &provinces]), "baarn");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(rows(&[("A-dorp", "x"), ("a dorp", "y")]).is_err(), "two parents");
        assert!(rows(&[("A-dorp", "x"), ("a dorp", "X")]).is_ok());
        let one = rows(&[("a", "b")]).expect("one");
        assert!(check(&[one.clone(), one.clone()]).is_err());
        assert!(check(&[Hierarchy { name: "n".into(), ..Hierarchy::default() }]).is_err(), "no parents");
        assert!(check(&[one]).is_ok());
    }
}
