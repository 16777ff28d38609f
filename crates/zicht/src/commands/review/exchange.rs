//! Pairs to decide elsewhere, and decisions that were made there.

use std::collections::BTreeMap;
use std::path::Path;

use linkage::register::RecordKey;
use linkage::review::{Decision, PairKey, Verdict};
use model::Format;

use super::Arguments;
use super::ask::{left, now};
use super::originals::Originals;
use super::work::{List, Place};
use crate::cli::Outcome;
use crate::failure::Failure;
use crate::show::{Show, thousands};

/// Writes the pairs on which the reviewer has not decided.
pub(super) fn export(
    place: &Place,
    list: &List,
    arguments: &Arguments,
    reviewer: &str,
    file: &Path,
    show: &Show,
) -> Outcome {
    let kept = place.decided(show)?;
    let left = left(list, &kept.decisions, reviewer);
    let originals =
        Originals::read(&arguments.files, &left, arguments.id.as_deref(), &place.naming()?, show)?;
    let mut out = csv::Writer::from_writer(Vec::new());
    let fail = |e: csv::Error| Failure::input(format!("cannot write {}: {e}", file.display()), "");
    let mut header: Vec<String> =
        ["decision", "reason", "a_source", "a_id", "b_source", "b_id"].map(str::to_owned).to_vec();
    for field in &originals.fields {
        header.extend([format!("{field} (a)"), format!("{field} (b)")]);
    }
    out.write_record(&header).map_err(fail)?;
    for pair in &left {
        let [a, b] = pair.records();
        let mut row = vec!["", "", &*a.source, &*a.record, &*b.source, &*b.record];
        for field in &originals.fields {
            row.extend(originals.values(pair, field));
        }
        out.write_record(&row).map_err(fail)?;
    }
    let bytes = out.into_inner().map_err(|e| Failure::input(e.to_string(), ""))?;
    write_private(file, &bytes).map_err(|e| Failure::io("cannot write", file, &e))?;
    show.note(&format!(
        "warning: {} holds identifiers of persons. Keep it where the registers are kept, and delete it when its \
         decisions are taken over.",
        file.display()
    ));
    show.result(&format!(
        "{} pairs to decide: fill in the column decision with y, n or u, then\nzicht review {} --decisions {}",
        thousands(left.len() as u64),
        arguments.dir.display(),
        file.display()
    ));
    show.result_json(&serde_json::json!({ "export": file, "pairs": left.len() }))?;
    Ok(0)
}

/// Writes a file that nobody but the owner may read, where the system knows owners.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let aside = path.with_extension("tmp");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&aside, path)
}

/// Takes decisions over. All are checked before the first is written, and what is known already is not
/// written again.
pub(super) fn load(place: &Place, file: &Path, reviewer: Option<&str>, show: &Show) -> Outcome {
    let (mut log, kept) = place.log(show)?;
    let mut known: BTreeMap<(String, PairKey), Verdict> =
        kept.decisions.into_iter().map(|d| ((d.reviewer, d.pair), d.verdict)).collect();
    let (decisions, open) = read(place, file, reviewer, show)?;
    let sampled: std::collections::HashSet<PairKey> =
        place.drawn()?.map(|drawn| drawn.keys.into_iter().collect()).unwrap_or_default();
    let (mut new, mut outside) = (0_u64, 0_u64);
    for decision in &decisions {
        outside += u64::from(!sampled.contains(&decision.pair));
        let last = known.insert((decision.reviewer.clone(), decision.pair.clone()), decision.verdict);
        if last != Some(decision.verdict) {
            log.append(decision).map_err(|e| Failure::from_linkage(&e))?;
            new += 1;
        }
    }
    show.result(&format!(
        "{} decisions read: {} new; {} rows without a decision; {} on pairs that are not in the sample, which count \
         for training only",
        thousands(decisions.len() as u64),
        thousands(new),
        thousands(open),
        thousands(outside)
    ));
    show.result_json(&serde_json::json!({
        "decisions": decisions.len(), "new": new, "without_decision": open, "outside_sample": outside,
    }))?;
    Ok(0)
}

/// The decisions of a file, and how many rows have none.
fn read(
    place: &Place,
    file: &Path,
    reviewer: Option<&str>,
    show: &Show,
) -> Result<(Vec<Decision>, u64), Failure> {
    let name = file.display().to_string();
    let fail = |e: intake::Error| Failure::from_intake(&e);
    let mut rows = intake::TableRows::open(file, &name, &Format::default()).map_err(fail)?;
    let mut keys = [0; 5];
    for (key, column) in keys.iter_mut().zip(["a_source", "a_id", "b_source", "b_id", "decision"]) {
        *key = rows.column(column).map_err(fail)?;
    }
    let [who, when, why] =
        ["reviewer", "at", "reason"].map(|name| rows.columns().iter().position(|column| column == name));
    let (mut decisions, mut open, read_at) = (Vec::new(), 0, now());
    while let Some((number, row)) = rows.next_row().map_err(fail)? {
        let [a_source, a_id, b_source, b_id, decision] = keys.map(|column| &*row[column]);
        let verdict = match decision.to_lowercase().as_str() {
            "" => {
                open += 1;
                continue;
            }
            "y" | "match" => Verdict::Match,
            "n" | "non-match" => Verdict::NonMatch,
            "u" | "unsure" => Verdict::Unsure,
            _ => {
                return Err(Failure::input(
                    format!("{name}:{number}: what stands in the column decision is no decision"),
                    "write y (match), n (non-match), u (unsure), or nothing; no decision was taken over",
                ));
            }
        };
        let value = |column: Option<usize>| column.map(|c| &*row[c]).filter(|value| !value.is_empty());
        let Some(reviewer) = value(who).or(reviewer) else {
            return Err(Failure::input(
                format!("{name}:{number}: nobody is named who decided"),
                "fill in the column reviewer, or add --reviewer NAME; no decision was taken over",
            ));
        };
        let at = value(when).unwrap_or(&read_at).to_owned();
        decisions.push(Decision {
            pair: (RecordKey::new(a_source, a_id), RecordKey::new(b_source, b_id)).into(),
            verdict,
            reviewer: reviewer.to_owned(),
            at,
            reason: value(why).unwrap_or_default().to_owned(),
            model: place.version.clone(),
        });
    }
    let (_, findings) = rows.finish();
    show.findings(&findings, "the rows named above");
    Ok((decisions, open))
}
