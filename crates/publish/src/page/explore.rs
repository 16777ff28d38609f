//! A reader's own view of a table: what the script `templates/explore.js` needs on the page.

use disclosure::ProtectedCube;
use serde_json::json;

use super::{Block, Context};
use crate::number;
use crate::text::fill;

/// The place of a reader's own view of a table.
#[derive(Debug)]
pub(crate) struct Explore {
    /// The table.
    pub(crate) cube: String,
    pub(crate) title: &'static str,
    pub(crate) why: &'static str,
    /// What its button says.
    pub(crate) start: &'static str,
    /// The words of the script, as JSON that may stand in HTML.
    pub(crate) words: String,
}

/// The place for the own view of `cube`.
pub(super) fn block(c: Context<'_>, cube: &ProtectedCube) -> Block {
    let t = c.t;
    let words = json!({
        "counts": t.explore_counts,
        "shares": t.explore_shares,
        "rates": t.explore_rates,
        "figure": t.unit(cube.unit()),
        "by_both": t.explore_both,
        "titled": t.explore_titled,
        "hidden": t.hidden_cell,
        "missing": t.missing_cell,
        "chart_desc": t.explore_desc,
        "cite": cite(c, cube),
        "copied": t.explore_copied,
        "marked": t.explore_marked,
        "too_many": t.explore_too_many,
        "one_at_least": t.explore_one,
        "choose_of": t.explore_choose,
        "scroll": t.scroll,
        "chart_scroll": t.chart_scroll,
        "text_to_copy": t.explore_text,
        "copy_link": t.explore_link,
        "copy_cite": t.explore_cite,
        "rows": t.explore_rows,
        "columns": t.explore_columns,
        "nothing": t.explore_nothing,
        "shown_as": t.explore_as,
        "some": t.explore_some,
        "keep": t.explore_keep,
        "now": t.explore_now,
        "not_there": t.explore_not_there,
    });
    Block::Explore(Explore {
        cube: cube.id().to_owned(),
        title: t.explore,
        why: t.explore_why,
        start: t.explore_start,
        words: in_html(&words.to_string()),
    })
}

/// How to refer to a table.
pub(super) fn cite(c: Context<'_>, cube: &ProtectedCube) -> String {
    let monitor = &c.release.settings.monitor;
    let values = [
        ("publisher", monitor.publisher.get(c.language)),
        ("monitor", monitor.title.get(c.language)),
        ("edition", &monitor.edition),
        ("table", cube.title().get(c.language)),
        ("date", &number::date(&monitor.reference_date.to_string(), c.language)),
        ("version", c.release.version),
    ];
    fill(c.t.cite_text, &values)
}

/// JSON in which no text can end the element that it stands in.
pub(crate) fn in_html(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}
