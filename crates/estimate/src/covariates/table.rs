//! Persons by capture history and by what is known of them.

use std::collections::{BTreeMap, BTreeSet};

use model::{CaptureTable, UNKNOWN};

use crate::Error;

/// A covariate with more different values than this, all of them numbers, is a quantity.
const CATEGORIES: usize = 8;
/// Classes into which a quantity is cut where categories are needed.
const CLASSES: usize = 4;
/// Most covariates at a time.
const MAX_COVARIATES: usize = 8;

/// One thing known of persons: its name and the values it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariate {
    pub(crate) name: String,
    /// Values that occur, without that of the unknown; numbers in rising order, otherwise by text.
    pub(crate) codes: Vec<String>,
    /// The codes as numbers, where there are more than eight and all are numbers.
    pub(crate) numbers: Option<Vec<f64>>,
}

impl Covariate {
    /// Name of the covariate.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its values, that of the unknown left out.
    pub fn codes(&self) -> &[String] {
        &self.codes
    }

    /// Whether it is a quantity: more than eight different values, all of them numbers.
    pub fn is_numeric(&self) -> bool {
        self.numbers.is_some()
    }
}

/// Persons by capture history and covariates: for each combination of a history with a value of
/// every covariate, or none where it is missing, how many there are.
///
/// ```
/// use std::collections::BTreeMap;
/// use estimate::covariates::CovariateTable;
/// use model::CaptureTable;
/// let lists = || vec!["police".to_owned(), "shelter".to_owned()];
/// let group = |sex: &str| BTreeMap::from([("sex".to_owned(), sex.to_owned())]);
/// let table = CovariateTable::from_groups(&[
///     (group("F"), CaptureTable::from_counts(lists(), [(1, 30), (2, 40), (3, 10)])?),
///     (group("M"), CaptureTable::from_counts(lists(), [(1, 50), (2, 10), (3, 4)])?),
///     (group(""), CaptureTable::from_counts(lists(), [(2, 6)])?),
/// ])?;
/// assert_eq!((table.detected(), table.missing(0)), (150, 6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateTable {
    pub(crate) lists: Vec<String>,
    pub(crate) covariates: Vec<Covariate>,
    /// Persons by place of their codes and history, in rising order.
    pub(crate) rows: BTreeMap<(Vec<Option<u16>>, u32), u64>,
}

impl CovariateTable {
    /// From one capture table for each combination of codes. The code [`UNKNOWN`] and the empty one
    /// mean that the value is missing. Groups with the same codes are added up.
    ///
    /// # Errors
    /// When there are no groups or no covariates, more than eight, groups with other covariates or lists
    /// than the first, or more than 65,535 codes in a covariate.
    pub fn from_groups(groups: &[(BTreeMap<String, String>, CaptureTable)]) -> Result<Self, Error> {
        let fail = |why: &str| Err(Error::Covariates(why.to_owned()));
        let Some((first, table)) = groups.first() else { return fail("there are no persons in the table") };
        let names: Vec<String> = first.keys().cloned().collect();
        if names.is_empty() || names.len() > MAX_COVARIATES {
            return fail("name between one and eight covariates");
        }
        let lists = table.lists().to_vec();
        if groups.iter().any(|(codes, t)| !codes.keys().eq(names.iter()) || t.lists() != lists) {
            return fail("all groups must have the same covariates and the same lists");
        }
        let known = |code: &str| !code.is_empty() && code != UNKNOWN;
        let mut covariates = Vec::new();
        for name in names {
            let codes: BTreeSet<&str> =
                groups.iter().map(|(codes, _)| codes[&name].as_str()).filter(|code| known(code)).collect();
            if codes.len() >= usize::from(u16::MAX) {
                return Err(Error::Covariates(format!("{name} has {} different values", codes.len())));
            }
            let mut codes: Vec<String> = codes.into_iter().map(str::to_owned).collect();
            let number = |code: &String| code.parse::<f64>().ok().filter(|x| x.is_finite());
            let mut numbers: Option<Vec<f64>> =
                if codes.len() > CATEGORIES { codes.iter().map(number).collect() } else { None };
            if let Some(numbers) = &mut numbers {
                codes.sort_by(|a, b| {
                    number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)).then(a.cmp(b))
                });
                *numbers = codes.iter().filter_map(number).collect();
            }
            covariates.push(Covariate { name, codes, numbers });
        }
        // With the sum of all within bounds, so is any part of it.
        let mut detected = 0_u64;
        let mut rows = BTreeMap::new();
        for (codes, table) in groups {
            let values: Vec<Option<u16>> = covariates
                .iter()
                .map(|c| c.codes.iter().position(|code| *code == codes[&c.name]).map(|place| place as u16))
                .collect();
            for (history, count) in table.counts() {
                detected = detected
                    .checked_add(count)
                    .ok_or_else(|| Error::Covariates("the counts add up to more than 2^64".to_owned()))?;
                *rows.entry((values.clone(), history)).or_insert(0) += count;
            }
        }
        Ok(Self { lists, covariates, rows })
    }

    /// Names of the lists; list `i` is bit `i` of a history.
    pub fn lists(&self) -> &[String] {
        &self.lists
    }

    /// The covariates, by name.
    pub fn covariates(&self) -> &[Covariate] {
        &self.covariates
    }

    /// Number of persons seen in at least one list.
    pub fn detected(&self) -> u64 {
        self.rows.values().sum()
    }

    /// Number of persons for whom covariate `which` is not known.
    pub fn missing(&self, which: usize) -> u64 {
        self.count(|values, _| values[which].is_none())
    }

    /// The lists all of whose persons miss covariate `which` unless another list has them too: it is
    /// recorded elsewhere only.
    pub(crate) fn never_recorded_by(&self, which: usize) -> Vec<String> {
        let alone = |i: usize| self.count(|_, h| h == 1 << i);
        let known = |i: usize| self.count(|values, h| h == 1 << i && values[which].is_some());
        let names = self.lists.iter().enumerate();
        names.filter(|(i, _)| alone(*i) > 0 && known(*i) == 0).map(|(_, name)| name.clone()).collect()
    }

    fn count(&self, of: impl Fn(&[Option<u16>], u32) -> bool) -> u64 {
        self.rows.iter().filter(|((values, h), _)| of(values, *h)).map(|(_, n)| n).sum()
    }

    /// The table of the lists with persons, and the names of those without; or in words why the hidden
    /// cannot be told from it.
    pub(crate) fn restricted(&self) -> Result<(Self, Vec<String>), String> {
        let total = |i: usize| self.count(|_, h| h >> i & 1 == 1);
        let (used, empty): (Vec<usize>, Vec<usize>) = (0..self.lists.len()).partition(|&i| total(i) > 0);
        if used.is_empty() {
            return Err("there are no persons in the table".into());
        }
        if used.len() < 2 {
            return Err(format!(
                "only the list \"{}\" has persons; at least two lists must, and some persons must be in both",
                self.lists[used[0]]
            ));
        }
        if self.count(|_, h| h.count_ones() > 1) == 0 {
            return Err(
                "no person is in more than one list, so nothing tells how many were missed by all".into()
            );
        }
        if let Some(none) = self.covariates.iter().find(|c| c.codes.is_empty()) {
            return Err(format!("{} is not known of anyone; leave it out", none.name));
        }
        let names = |which: &[usize]| which.iter().map(|&i| self.lists[i].clone()).collect();
        let rows = self.rows.iter().map(|((values, history), count)| {
            let kept = used.iter().enumerate().fold(0, |set, (new, &old)| set | (history >> old & 1) << new);
            ((values.clone(), kept), *count)
        });
        let table = Self { lists: names(&used), covariates: self.covariates.clone(), rows: rows.collect() };
        Ok((table, names(&empty)))
    }

    /// For covariate `which` the class of each code and the names of the classes: the codes themselves,
    /// or, of a quantity, four classes with about as many persons in each.
    pub(crate) fn classes(&self, which: usize) -> (Vec<usize>, Vec<String>) {
        let covariate = &self.covariates[which];
        if covariate.numbers.is_none() {
            return ((0..covariate.codes.len()).collect(), covariate.codes.clone());
        }
        let mut persons = vec![0.0; covariate.codes.len()];
        for ((values, _), count) in &self.rows {
            if let Some(code) = values[which] {
                persons[usize::from(code)] += *count as f64;
            }
        }
        let all: f64 = persons.iter().sum();
        let mut below = 0.0;
        // A code goes where the middle of its persons falls, so that classes are runs of codes.
        let raw: Vec<usize> = persons
            .iter()
            .map(|n| {
                let place = (below + n / 2.0) / all;
                below += n;
                ((place * CLASSES as f64) as usize).min(CLASSES - 1)
            })
            .collect();
        let used: BTreeSet<usize> = raw.iter().copied().collect();
        let place = |class: usize| used.iter().take_while(|&&other| other < class).count();
        let names = used.iter().map(|&class| {
            let codes: Vec<&String> = covariate
                .codes
                .iter()
                .zip(&raw)
                .filter(|(_, c)| **c == class)
                .map(|(code, _)| code)
                .collect();
            match codes.as_slice() {
                [one] => (*one).clone(),
                _ => format!("{} to {}", codes[0], codes[codes.len() - 1]),
            }
        });
        (raw.iter().map(|&class| place(class)).collect(), names.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(code: &str, counts: &[(u32, u64)]) -> (BTreeMap<String, String>, CaptureTable) {
        let lists = vec!["A".into(), "B".into(), "C".into()];
        let table = CaptureTable::from_counts(lists, counts.iter().copied()).expect("a valid table");
        (BTreeMap::from([("x".to_owned(), code.to_owned())]), table)
    }

    #[test]
    fn quantities_are_told_from_codes_and_cut_into_classes_of_like_size() {
        let groups: Vec<_> = (0..40).map(|i| group(&i.to_string(), &[(1, 5), (3, 5)])).collect();
        let table = CovariateTable::from_groups(&groups).expect("a table");
        assert!(table.covariates()[0].is_numeric());
        assert_eq!(table.covariates()[0].codes()[2], "2", "in the order of numbers");
        let (classes, names) = table.classes(0);
        assert_eq!(names, ["0 to 9", "10 to 19", "20 to 29", "30 to 39"]);
        assert_eq!((classes[9], classes[10], classes[39]), (0, 1, 3));
        let few: Vec<_> = (0..8).map(|i| group(&i.to_string(), &[(1, 5)])).collect();
        let table = CovariateTable::from_groups(&few).expect("a table");
        assert!(!table.covariates()[0].is_numeric());
        assert_eq!(table.classes(0).1.len(), 8);
    }

    #[test]
    fn lists_without_persons_are_left_out_and_named() {
        let groups = [group("F", &[(0b001, 5), (0b101, 2)]), group("", &[(0b100, 7)])];
        let table = CovariateTable::from_groups(&groups).expect("a table");
        assert_eq!((table.missing(0), table.detected()), (7, 14));
        assert_eq!(table.never_recorded_by(0), ["C"]);
        let (kept, empty) = table.restricted().expect("two lists");
        assert_eq!((kept.lists.join(" "), empty.join(" ")), ("A C".into(), "B".into()));
        assert_eq!(kept.rows.get(&(vec![None], 0b10)), Some(&7));
    }

    #[test]
    fn what_cannot_be_estimated_from_is_said_in_words() {
        let refused = |groups: &[_]| {
            CovariateTable::from_groups(groups).expect("a table").restricted().expect_err("a reason")
        };
        assert!(refused(&[group("F", &[])]).contains("no persons"));
        assert!(refused(&[group("F", &[(1, 4)])]).contains("only the list \"A\""));
        assert!(refused(&[group("F", &[(1, 4), (2, 4)])]).contains("more than one list"));
        assert!(refused(&[group("", &[(1, 4), (3, 4)])]).contains("not known of anyone"));
        assert!(CovariateTable::from_groups(&[]).is_err());
        let huge = [group("F", &[(1, u64::MAX - 5)]), group("M", &[(1, 9)])];
        assert!(CovariateTable::from_groups(&huge).is_err_and(|e| e.to_string().contains("2^64")));
        let other = (BTreeMap::from([("y".to_owned(), "1".to_owned())]), group("F", &[(1, 4)]).1);
        assert!(CovariateTable::from_groups(&[group("F", &[(1, 4)]), other]).is_err());
    }
}
