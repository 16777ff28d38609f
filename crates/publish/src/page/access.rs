//! The accessibility statement: what the site keeps to, how it is tested, what is known not to be good, whom to tell.

use super::{Block, Context, Link, Page};
use crate::number;
use crate::text::fill;

/// The page.
pub(super) fn page(c: Context<'_>) -> Page {
    let t = c.t;
    let monitor = &c.release.settings.monitor;
    let heading = |id: &str, text: &str| Block::Heading { id: id.into(), text: text.into() };
    let publisher = monitor.publisher.get(c.language);
    let date = number::date(&monitor.reference_date.to_string(), c.language);
    let mut blocks = vec![
        Block::Text(fill(t.access_promise, &[("publisher", publisher)])),
        heading("how", t.access_how_head),
        Block::List(
            [t.access_how_1, t.access_how_2, t.access_how_3, t.access_how_4, t.access_how_5]
                .map(str::to_owned)
                .to_vec(),
        ),
        heading("tested", t.access_tested_head),
        Block::Text(fill(t.access_tested, &[("version", c.release.version)])),
        heading("limits", t.access_limits_head),
        Block::List([t.access_limit_1, t.access_limit_2].map(str::to_owned).to_vec()),
        heading("contact", t.access_contact_head),
    ];
    match super::contact(&monitor.contact) {
        Some((to, text)) if !to.is_empty() => {
            blocks.push(Block::Text(t.access_contact.into()));
            blocks.push(Block::Links(vec![Link::new(to, text)]));
        }
        Some((_, text)) => blocks.push(Block::Text(format!("{} {text}", t.access_contact))),
        None => blocks.push(Block::Text(fill(t.access_no_contact, &[("publisher", publisher)]))),
    }
    blocks.push(Block::Note(fill(t.access_date, &[("date", &date)])));
    Page {
        name: "accessibility".into(),
        title: t.access.into(),
        lead: t.access_lead.into(),
        blocks,
        inputs: Vec::new(),
        exit: None,
    }
}
