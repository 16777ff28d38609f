//! The dialogue: pairs side by side, and a key for each decision.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use linkage::review::{Decision, PairKey, Verdict};

use super::Arguments;
use super::originals::Originals;
use super::work::{List, Place};
use crate::cli::Outcome;
use crate::failure::Failure;
use crate::show::{Show, thousands};

const DIFFERENT: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();
const KEYS: &str =
    "y one person, n two persons, u unsure, s skip, b back, q stop; after the key, if you like, why";

/// What was typed.
enum Answer {
    Decide(Verdict, String),
    Skip,
    Back,
    Stop,
}

/// Pairs of the list on which a reviewer has not decided.
pub(super) fn left<'a>(list: &'a List, decisions: &[Decision], reviewer: &str) -> Vec<&'a PairKey> {
    let mine: HashSet<&PairKey> =
        decisions.iter().filter(|d| d.reviewer == reviewer).map(|d| &d.pair).collect();
    list.keys.iter().filter(|pair| !mine.contains(pair)).collect()
}

/// Asks for a decision on each pair that is left.
pub(super) fn run(place: &Place, list: &List, arguments: &Arguments, reviewer: &str, show: &Show) -> Outcome {
    if show.is_json() {
        return Err(Failure::input(
            "pairs are shown to people, not as JSON",
            "leave --format json away, or use it with --report, --decisions or --export",
        ));
    }
    let (mut log, kept) = place.log(show)?;
    let left = left(list, &kept.decisions, reviewer);
    let done = list.keys.len() - left.len();
    if left.is_empty() {
        show.result(&format!(
            "{reviewer} has decided on all {} pairs. See what follows with --report.",
            thousands(done as u64)
        ));
        return Ok(0);
    }
    let originals =
        Originals::read(&arguments.files, &left, arguments.id.as_deref(), &place.naming()?, show)?;
    let mut lines = std::io::stdin().lock().lines();
    let (mut at, mut decided) = (0, 0_u64);
    show.result(KEYS);
    while at < left.len() {
        show.result(&side_by_side(left[at], &originals, done + at + 1, list.keys.len()));
        let answer = loop {
            prompt()?;
            let line = match lines.next() {
                None => break Answer::Stop,
                Some(line) => {
                    line.map_err(|e| Failure::input(format!("cannot read what is typed: {e}"), ""))?
                }
            };
            match parse(&line) {
                Some(answer) => break answer,
                None => show.result(KEYS),
            }
        };
        match answer {
            Answer::Decide(verdict, reason) => {
                log.append(&Decision {
                    pair: left[at].clone(),
                    verdict,
                    reviewer: reviewer.to_owned(),
                    at: now(),
                    reason,
                    model: place.version.clone(),
                })
                .map_err(|e| Failure::from_linkage(&e))?;
                decided += 1;
                at += 1;
            }
            Answer::Skip => at += 1,
            // What was decided is decided again; the later line counts.
            Answer::Back => at = at.saturating_sub(1),
            Answer::Stop => break,
        }
    }
    show.result(&format!(
        "\n{} decisions in {}. The same command goes on where you stopped; --report shows what follows.",
        thousands(decided),
        place.decisions().display()
    ));
    Ok(0)
}

/// The time, for the file of decisions only; no result depends on it.
pub(super) fn now() -> String {
    // To the second: finer says nothing, and whole seconds read better.
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

fn prompt() -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Ok(());
    }
    let mut out = std::io::stdout();
    out.write_all(b"y/n/u/s/b/q> ")
        .and_then(|()| out.flush())
        .map_err(|e| Failure::input(format!("cannot write to the terminal: {e}"), ""))
}

fn parse(line: &str) -> Option<Answer> {
    let line = line.trim();
    let (key, reason) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let decide = |verdict| Some(Answer::Decide(verdict, reason.trim().to_owned()));
    match key.to_lowercase().as_str() {
        "y" => decide(Verdict::Match),
        "n" => decide(Verdict::NonMatch),
        "u" => decide(Verdict::Unsure),
        "s" => Some(Answer::Skip),
        "b" => Some(Answer::Back),
        "q" => Some(Answer::Stop),
        _ => None,
    }
}

/// Both records of a pair, field by field: `*` where they differ, `.` where one has no value. The probability
/// is not shown: it would be believed.
fn side_by_side(pair: &PairKey, originals: &Originals, number: usize, of: usize) -> String {
    let heads = pair.records().map(|key| plain(&format!("{} {}", key.source, key.record)));
    let rows: Vec<(String, [String; 2])> = originals
        .fields
        .iter()
        .map(|field| (plain(field), originals.values(pair, field).map(plain)))
        .filter(|(_, values)| values.iter().any(|value| !value.is_empty()))
        .collect();
    let wide = |texts: &mut dyn Iterator<Item = &String>| texts.map(|t| t.chars().count()).max().unwrap_or(0);
    let name = wide(&mut rows.iter().map(|(name, _)| name));
    let first = wide(&mut rows.iter().map(|(_, values)| &values[0]).chain([&heads[0]]));
    let mut text =
        format!("\n{DIM}{number} of {of}{DIM:#}\n  {:name$}  {:first$}  {}", "", heads[0], heads[1]);
    for (field, [a, b]) in &rows {
        let (mark, style) = if a == b {
            (' ', Style::new())
        } else if a.is_empty() || b.is_empty() {
            ('.', DIM)
        } else {
            ('*', DIFFERENT)
        };
        let _ = write!(text, "\n{style}{mark} {field:name$}  {a:first$}  {b}{style:#}");
    }
    text
}

/// Text without what would steer a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
    }
}
