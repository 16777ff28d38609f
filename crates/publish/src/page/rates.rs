//! Rates on the page of a table: counts set against a population.

use model::{Key, Rate};

use super::{Block, Cell, Context};
use crate::chart::{Interval, Scale};
use crate::facts::{CubeFacts, Figure, category_label, dimension_label};
use crate::number;
use crate::release::{ReleasedCube, ReleasedRates};
use crate::text::fill;

/// Most categories in one chart or table.
const MOST: usize = 16;

/// A category with its rates, one a period (or one in all); where there is none, what stands in its
/// place.
struct Row {
    label: String,
    rates: Vec<Result<Rate, Figure>>,
}

/// Chart and table of the rates by each dimension that has some.
pub(super) fn blocks(c: Context<'_>, released: &ReleasedCube, blocks: &mut Vec<Block>) {
    let Some(rates) = &released.rates else { return };
    let t = c.t;
    let title = fill(t.rates_head, &[("per", &c.count(rates.per))]);
    blocks.push(Block::Heading { id: "rates".into(), text: title.clone() });
    let population = rates.population.get(c.language);
    blocks.push(Block::Text(fill(t.rates_text, &[("population", population)])));
    let before = blocks.len();
    let cube = &released.cube;
    if cube.others().is_empty() {
        let rows = vec![Row { label: t.total.into(), rates: along(released, rates, &cube.home()) }];
        one(c, released, &rows, &title, "total", (None, true), blocks);
    }
    for d in cube.others() {
        let dimension = &cube.dimensions()[d];
        let rows: Vec<Row> = (0..dimension.categories.len() as u32)
            .map(|k| {
                let mut key = cube.home();
                key[d] = k;
                let label = category_label(&dimension.categories[k as usize], c.language);
                Row { label, rates: along(released, rates, &key) }
            })
            .filter(|row| row.rates.iter().any(Result::is_ok))
            .collect();
        // A population without this dimension gives the total alone, once.
        if rows.is_empty() || rows.len() == 1 && blocks.len() > before {
            continue;
        }
        let by = dimension_label(dimension, c.language).to_lowercase();
        let title = format!("{title}, {}", fill(t.by_section, &[("dimension", &by)]).to_lowercase());
        let total = dimension.total().map(|k| category_label(&dimension.categories[k as usize], c.language));
        let total = rows.iter().take(MOST).position(|row| Some(&row.label) == total.as_ref());
        // Ages have an order that says more than that of the rates.
        let ordered = model::variable_of(&dimension.id) == "age";
        one(c, released, &rows, &title, &d.to_string(), (total, ordered), blocks);
    }
    if blocks.len() == before {
        blocks.push(Block::Text(t.no_figures.into()));
    }
}

/// The rates at `key` over all periods, or the one where there is no time.
fn along(released: &ReleasedCube, rates: &ReleasedRates, key: &[u32]) -> Vec<Result<Rate, Figure>> {
    let cube = &released.cube;
    let at = |key: &Key| match cube.figure(key) {
        Figure::Count(_) => rates.cells.get(key).copied().ok_or(Figure::Missing),
        // A rate gives its count away: none where there is no published count.
        Figure::Hidden => Err(Figure::Hidden),
        Figure::Between(..) | Figure::Missing => Err(Figure::Missing),
    };
    let mut key = key.to_vec();
    match cube.time() {
        None => vec![at(&key)],
        Some(t) => (0..cube.dimensions()[t].categories.len() as u32)
            .map(|period| {
                key[t] = period;
                at(&key)
            })
            .collect(),
    }
}

#[allow(clippy::too_many_arguments)]
fn one(
    c: Context<'_>,
    released: &ReleasedCube,
    rows: &[Row],
    title: &str,
    id: &str,
    order: (Option<usize>, bool),
    blocks: &mut Vec<Block>,
) {
    let t = c.t;
    let cube = &released.cube;
    let periods: Vec<String> = match cube.time() {
        Some(t) => cube.dimensions()[t].categories.iter().map(|p| category_label(p, c.language)).collect(),
        None => vec![String::new()],
    };
    let used: Vec<usize> = (0..periods.len()).filter(|&i| rows.iter().any(|r| r.rates[i].is_ok())).collect();
    let Some(&last) = used.last() else { return };
    let shown = &rows[..rows.len().min(MOST)];
    let number = |x: f64| number::decimal(x, 1, c.language);
    let drawn: Vec<Interval> = shown
        .iter()
        .map(|row| Interval {
            label: row.label.clone(),
            point: row.rates[last].ok().map(|r| r.rate),
            interval: row.rates[last].ok().map(|r| r.interval),
            without: if row.rates[last] == Err(Figure::Hidden) { t.hidden_cell } else { t.missing_cell }
                .into(),
        })
        .collect();
    let heading = match cube.time() {
        Some(_) => fill(t.latest_detected, &[("title", title), ("period", &periods[last])]),
        None => title.to_owned(),
    };
    let chart_id = format!("chart-rates-{id}");
    blocks.push(c.estimates(&chart_id, &heading, &drawn, order, Scale::Rate));
    let figure = |rate: Result<Rate, Figure>| match rate {
        Ok(r) => {
            let interval = c.range(&number(r.interval.0), &number(r.interval.1));
            Cell::number(format!("{} ({interval})", number(r.rate)))
        }
        Err(figure) => c.figure(figure),
    };
    let mut head = vec![t.category.to_owned()];
    head.extend(used.iter().map(|&i| match cube.time() {
        Some(_) => periods[i].clone(),
        None => t.figure.to_owned(),
    }));
    let body = shown
        .iter()
        .map(|row| {
            let mut cells = vec![Cell::text(row.label.clone())];
            cells.extend(used.iter().map(|&i| figure(row.rates[i])));
            cells
        })
        .collect();
    if rows.len() > shown.len() {
        let (n, all) = (c.count(shown.len() as u64), c.count(rows.len() as u64));
        blocks.push(Block::Note(fill(t.rates_some, &[("n", &n), ("all", &all)])));
    }
    blocks.push(c.table(title, head, body));
}
