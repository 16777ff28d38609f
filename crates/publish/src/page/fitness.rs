//! What the data of an estimate can support: the verdict, and how each method does on populations
//! that could have given these data.

use estimate::{Fitness, Method, Performance, Verdict};

use super::hidden::method_name;
use super::{Block, Cell, Context};
use crate::chart::{self, Interval, Scale};
use crate::facts::Figure;
use crate::number;
use crate::release::ReleasedEstimate;
use crate::text::{Texts, fill};

/// Adds the section to the page of the hidden estimate.
pub(super) fn section(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let Some(fitness) = &released.estimation.fitness else { return };
    let t = c.t;
    blocks.push(Block::Minor { id: format!("{id}-fitness"), text: t.fitness_head.into() });
    verdict(c, released, fitness, blocks);
    if fitness.performance.is_empty() {
        return;
    }
    let level = number::percent(c.release.settings.monitor.level, c.language);
    blocks.push(Block::Text(fill(t.fitness_text, &[("level", &level)])));
    for plausible in &fitness.families {
        let name = family_name(t, plausible.family);
        if plausible.populations == 0 {
            blocks.push(Block::Note(fill(t.fitness_excluded, &[("family", name)])));
            continue;
        }
        let rows: Vec<&Performance> =
            fitness.performance.iter().filter(|p| p.family == plausible.family).collect();
        let number = c.count(plausible.populations as u64);
        let title = fill(t.fitness_family, &[("family", name), ("n", &number)]);
        chart_and_table(
            c,
            fitness,
            &format!("{id}-{}", plausible.family),
            &title,
            &rows,
            plausible.populations,
            blocks,
        );
    }
}

/// What may be concluded, in a sentence.
fn verdict(c: Context<'_>, released: &ReleasedEstimate, fitness: &Fitness, blocks: &mut Vec<Block>) {
    let t = c.t;
    let populations: usize = fitness.families.iter().map(|f| f.populations).sum();
    let n = c.count(populations as u64);
    let combined = released.estimation.estimates.iter().find(|e| e.method == Method::Combined);
    let times = combined
        .and_then(|e| e.interval)
        .map(|(low, high)| number::decimal(high / low, 1, c.language))
        .unwrap_or_default();
    let values = [("n", n.as_str()), ("times", times.as_str())];
    match fitness.verdict {
        Verdict::Supported => blocks.push(Block::Text(fill(t.fitness_supported, &values))),
        Verdict::Weak => blocks
            .push(Block::Warning { title: t.fitness_weak_title.into(), text: fill(t.fitness_weak, &values) }),
        Verdict::Unsupported => blocks.push(Block::Warning {
            title: t.fitness_unsupported_title.into(),
            text: fill(t.fitness_unsupported, &values),
        }),
    }
}

fn part_name(t: &Texts, name: &str) -> &'static str {
    name.parse().map_or(t.part_classes, |method| method_name(t, method))
}

fn family_name(t: &Texts, family: &str) -> &'static str {
    if family == "heterogeneity" { t.family_heterogeneity } else { t.family_dependence }
}

fn chart_and_table(
    c: Context<'_>,
    fitness: &Fitness,
    id: &str,
    title: &str,
    rows: &[&Performance],
    populations: usize,
    blocks: &mut Vec<Block>,
) {
    let t = c.t;
    let level = c.release.settings.monitor.level;
    let bars: Vec<Interval> = rows
        .iter()
        .map(|row| {
            // Two standard errors of a share of so many intervals.
            let given = populations as f64 * (1.0 - row.refused);
            let around = |share: f64| {
                let error = 2.0 * (share * (1.0 - share) / given).sqrt();
                ((share - error).max(0.0), (share + error).min(1.0))
            };
            Interval {
                label: part_name(t, row.method).to_owned(),
                point: row.coverage,
                interval: row.coverage.map(around),
                without: t.no_interval.into(),
            }
        })
        .collect();
    let description = fill(t.chart_desc_intervals, &[("n", &c.count(bars.len() as u64))]);
    blocks.push(c.chart(&format!("chart-{id}"), title, &description, Vec::new(), |frame| {
        chart::intervals(frame, &bars, Some((level, t.fitness_wanted)), Scale::Share)
    }));
    let percent = |x: f64| number::percent(x, c.language);
    let dash = || c.figure(Figure::Missing);
    let body = rows
        .iter()
        .map(|row| {
            let weight = fitness.weights.get(row.method);
            vec![
                Cell::text(part_name(t, row.method)),
                weight.map_or_else(dash, |w| Cell::number(percent(*w))),
                row.coverage.map_or_else(dash, |share| Cell::number(percent(share))),
                row.bias.map_or_else(dash, |bias| Cell::number(number::change(1.0 + bias, c.language))),
                row.width.map_or_else(dash, |w| Cell::number(number::decimal(w, 1, c.language))),
                Cell::number(percent(row.refused)),
            ]
        })
        .collect();
    let head = [
        t.estimate_method,
        t.fitness_weight,
        t.fitness_coverage,
        t.fitness_bias,
        t.fitness_width,
        t.fitness_refused,
    ];
    blocks.push(c.table(title, head.map(String::from).to_vec(), body));
}
