//! Charts that more than one page has.

use super::{Block, Context};
use crate::chart::{self, Frame, Interval, Lines, Room, Scale};
use crate::text::fill;

/// Estimates from which on they are drawn sorted, in a line each.
const DOTS: usize = 7;

impl Context<'_> {
    /// A chart under a sentence that the figures say, if there is one; it is a part of the title too.
    pub(crate) fn chart_said(
        &self,
        id: &str,
        (title, finding): (&str, Option<String>),
        description: &str,
        legend: Vec<(String, String)>,
        draw: impl FnOnce(&Frame<'_>) -> String,
    ) -> Block {
        let Some(finding) = finding else { return self.chart(id, title, description, legend, draw) };
        let mut block = self.chart(id, &format!("{title}. {finding}"), description, legend, draw);
        if let Block::Chart(chart) = &mut block {
            chart.label = fill(self.t.chart_scroll, &[("what", title)]);
            chart.finding = finding;
        }
        block
    }

    /// Series over time in one chart or, with `fields`, each in a field of its own: drawn for a screen, and again for a phone.
    pub(crate) fn series(
        &self,
        id: &str,
        said: (&str, Option<String>),
        description: &str,
        legend: Vec<(String, String)>,
        data: &Lines,
        fields: bool,
    ) -> Block {
        let draw = |frame: &Frame<'_>, room| {
            let svg =
                if fields { chart::multiples(frame, data, room) } else { chart::lines(frame, data, room) };
            let class = if room == Room::Wide { "desk" } else { "phone" };
            svg.replacen("<svg ", &format!("<svg class=\"{class}\" "), 1)
        };
        let mut block = self.chart_said(id, said, description, legend, |frame| draw(frame, Room::Wide));
        if let Block::Chart(chart) = &mut block {
            let id = format!("{id}-narrow");
            chart.narrow = draw(&self.frame(&id, &chart.title, description), Room::Narrow);
        }
        block
    }

    /// A chart of estimates on the scale `scale`: many are sorted from high to low, and set against their
    /// median. `total` is the place of the row that is the whole; `ordered` rows keep their order.
    pub(crate) fn estimates(
        &self,
        id: &str,
        title: &str,
        rows: &[Interval],
        (total, ordered): (Option<usize>, bool),
        scale: Scale,
    ) -> Block {
        let t = self.t;
        let n = self.count(rows.len() as u64);
        if ordered || rows.len() < DOTS {
            let description = fill(t.chart_desc_intervals, &[("n", &n)]);
            return self.chart(id, title, &description, Vec::new(), |frame| {
                chart::intervals(frame, rows, None, scale)
            });
        }
        let mut sorted: Vec<Interval> = Vec::new();
        let whole = total.map(|at| &rows[at]);
        sorted.extend(rows.iter().enumerate().filter(|(i, _)| Some(*i) != total).map(|(_, r)| r.clone()));
        // Those without an estimate come last, in the order that they had.
        sorted.sort_by(|a, b| b.point.unwrap_or(-1.0).total_cmp(&a.point.unwrap_or(-1.0)));
        let description = fill(t.chart_desc_dots, &[("n", &n)]);
        self.chart(id, title, &description, Vec::new(), |frame| {
            chart::dots(frame, whole, &sorted, t.dots_median, scale)
        })
    }
}
