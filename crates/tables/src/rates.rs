//! Rates: counts per number of inhabitants.

use model::{Cube, Dimension, Key, Rate, Role, Value};

use crate::Error;
use crate::trend::garwood;

/// Rates of the cells of a table, in the order of `cells`; `None` where the count or the
/// population is not known, as for unknown age. The interval is that of Garwood for the count.
///
/// `table` names the table in errors; `dimensions` are its dimensions and `cells` its keys with
/// their counts, so that protected figures can be given as well as bare ones. Each dimension of
/// `population` must be one of the table, under the same identifier or the same variable (`age`
/// for `age:age.nl`); categories are matched by code. Where the population has no total over a
/// dimension, the sum of its categories without parent stands in. Quarters and months take the
/// population of their year when the population is by year.
///
/// # Errors
/// When the population has a dimension that the table lacks, or `per` is 0.
pub fn rates(
    table: &str,
    dimensions: &[Dimension],
    cells: impl IntoIterator<Item = (Key, Option<u64>)>,
    population: &Cube,
    per: u64,
    level: f64,
) -> Result<Vec<Option<Rate>>, Error> {
    let fail = |message: String| Error::Population { table: table.to_owned(), message };
    if per == 0 {
        return Err(fail("rates per 0 inhabitants mean nothing; use 100000".into()));
    }
    // For each dimension of the population: that of the table, and for each of the table's
    // categories the population's categories that add up to it.
    let mut matched: Vec<(usize, Vec<Vec<u32>>)> = Vec::new();
    for p in &population.dimensions {
        let place = dimensions
            .iter()
            .position(|d| {
                d.id == p.id
                    || model::variable_of(&d.id) == model::variable_of(&p.id)
                    || d.role == Role::Time && p.role == Role::Time
            })
            .ok_or_else(|| {
                let known: Vec<&str> = dimensions.iter().map(|d| d.id.as_str()).collect();
                fail(format!(
                    "\"{}\" has the dimension \"{}\", which the table has not; it has {}",
                    population.id,
                    p.id,
                    known.join(", ")
                ))
            })?;
        let parts = dimensions[place]
            .categories
            .iter()
            .map(|c| match p.position(&c.code) {
                Some(i) => vec![i],
                None if p.role == Role::Time => {
                    c.code.get(..4).and_then(|year| p.position(year)).into_iter().collect()
                }
                None if p.role == Role::Breakdown && c.code == model::TOTAL => (0..p.categories.len() as u32)
                    .filter(|&i| p.categories[i as usize].parent.is_none())
                    .collect(),
                None => Vec::new(),
            })
            .collect();
        matched.push((place, parts));
    }
    Ok(cells
        .into_iter()
        .map(|(key, count)| {
            let mut keys: Vec<Key> = vec![Vec::new()];
            for (place, parts) in &matched {
                let parts = &parts[key[*place] as usize];
                keys =
                    keys.iter().flat_map(|k| parts.iter().map(|&p| [k.as_slice(), &[p]].concat())).collect();
            }
            let mut inhabitants = 0u64;
            for k in &keys {
                let Value::Count(n) = population.value(k) else { return None };
                inhabitants = inhabitants.checked_add(n)?;
            }
            let count = count?;
            if inhabitants == 0 {
                return None;
            }
            let scale = per as f64 / inhabitants as f64;
            let (low, high) = garwood(count, level);
            Some(Rate {
                population: inhabitants,
                rate: count as f64 * scale,
                interval: (low * scale, high * scale),
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::{Category, Label, Unit};

    use super::*;

    fn dimension(id: &str, role: Role, codes: &[&str]) -> Dimension {
        let category = |c: &&str| Category { code: (*c).into(), label: Label::same(*c), parent: None };
        Dimension {
            id: id.into(),
            label: Label::same(id),
            role,
            classification: None,
            categories: codes.iter().map(category).collect(),
        }
    }

    fn population(time: &str, per_cell: &[(u32, u32, u64)]) -> Cube {
        Cube {
            id: "inhabitants".into(),
            title: Label::default(),
            definition: Label::default(),
            unit: Unit::Persons,
            universe: "cbs/inhabitants".into(),
            sources: vec!["cbs".into()],
            dimensions: vec![
                dimension("age", Role::Breakdown, &["18+", "0-17"]),
                dimension(time, Role::Time, &["2019", "2020"]),
            ],
            cells: per_cell
                .iter()
                .map(|&(age, year, n)| (vec![age, year], Value::Count(n)))
                .collect::<BTreeMap<_, _>>(),
        }
    }

    #[test]
    fn rates_take_the_population_of_their_codes_and_year() {
        let people = population("year", &[(0, 0, 800_000), (1, 0, 200_000), (0, 1, 900_000)]);
        let of_table = [
            dimension("quarter", Role::Time, &["2019-Q4", "2020-Q1"]),
            dimension("age:age.nl", Role::Breakdown, &["_T", "0-17", "18+", "_U"]),
            dimension("sex", Role::Breakdown, &["_T", "F"]),
        ];
        let cells = [
            (vec![0, 0, 0], Some(10)), // no total in the population: the sum of its ages
            (vec![0, 1, 1], Some(3)),
            (vec![1, 2, 0], Some(9)),
            (vec![1, 0, 0], Some(9)), // 0-17 is missing in 2020
            (vec![0, 3, 0], Some(4)), // nobody knows the population of unknown age
            (vec![0, 1, 0], None),
        ];
        let found = rates("t", &of_table, cells, &people, 100_000, 0.95).expect("rates");
        let text: Vec<Option<(u64, f64)>> = found.iter().map(|r| r.map(|r| (r.population, r.rate))).collect();
        let expected = [Some((1_000_000, 1.0)), Some((200_000, 1.5)), Some((900_000, 1.0)), None, None, None];
        assert_eq!(text, expected);
        let (low, high) = found[0].expect("a rate").interval;
        assert!((low - 0.4795).abs() < 1e-4 && (high - 1.8390).abs() < 1e-4, "Garwood for 10, ÷ 10");
    }

    #[test]
    fn a_population_by_something_else_is_refused() {
        let people = population("year", &[]);
        let of_table = [dimension("year", Role::Time, &["2019"]), dimension("sex", Role::Breakdown, &["F"])];
        let error = rates("t", &of_table, [], &people, 100_000, 0.95).expect_err("refused");
        assert!(error.to_string().contains("the dimension \"age\", which the table has not"), "{error}");
        assert!(rates("t", &of_table, [], &people, 0, 0.95).is_err());
    }
}
