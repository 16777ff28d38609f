//! Synthetic records of anyone: do they tell who was among those that they were made from?

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use disclosure::synthetic::{Attribute, Membership, Records, membership};
use intake::TableRows;
use model::Format;
use serde_json::json;

use crate::cli::Outcome;
use crate::commands::keep;
use crate::failure::Failure;
use crate::show::{Show, percent, thousands};

/// Records that are read of a file, at most.
const MOST_RECORDS: usize = 2_000_000;

/// Attacks synthetic records with the records that they were made from and others of the same population.
pub(super) fn attack(
    synthetic: &Path,
    members: &Path,
    others: &Path,
    out: Option<&PathBuf>,
    show: &Show,
) -> Outcome {
    let mut codes: Vec<HashMap<String, u32>> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut read = |file: &Path| columns(file, &mut names, &mut codes);
    let step = show.step("audit", None);
    let [made, members, others] = [read(synthetic)?, read(members)?, read(others)?];
    // Of all files together, so that one code is one number.
    let attributes: Vec<Attribute> =
        names.iter().zip(&codes).map(|(name, codes)| Attribute::new(name, codes.len() as u32)).collect();
    let records =
        |columns| Records::new(attributes.clone(), columns).map_err(|e| Failure::input(e.to_string(), ""));
    let [made, members, others] = [records(made)?, records(members)?, records(others)?];
    let found = membership(&members, &others, &made).map_err(|e| Failure::input(e.to_string(), ""))?;
    step.done(&format!("{} synthetic records attacked", thousands(made.len() as u64)));
    tell(&found, show);
    let result = json!({ "membership": found });
    keep(out.map(PathBuf::as_path), "audit.json", &result)?;
    show.result_json(&result)?;
    Ok(u8::from(found.found_something()))
}

/// The columns of a file that the synthetic records have, which are read first.
fn columns(
    file: &Path,
    names: &mut Vec<String>,
    codes: &mut Vec<HashMap<String, u32>>,
) -> Result<Vec<Vec<u32>>, Failure> {
    let fail = |e: intake::Error| Failure::from_intake(&e);
    let name = file.display().to_string();
    let format = Format::default();
    let mut rows = TableRows::open(file, &name, &format).map_err(fail)?;
    if names.is_empty() {
        *names = rows.columns().to_vec();
        *codes = vec![HashMap::new(); names.len()];
    }
    let at: Vec<usize> = names.iter().map(|n| rows.column(n)).collect::<Result<_, _>>().map_err(fail)?;
    let mut out: Vec<Vec<u32>> = vec![Vec::new(); names.len()];
    while let Some((_, values)) = rows.next_row().map_err(fail)? {
        if out.first().is_some_and(|column| column.len() == MOST_RECORDS) {
            return Err(Failure::input(
                format!("{name} has more than {} records", thousands(MOST_RECORDS as u64)),
                "attack a part of them, drawn at random",
            ));
        }
        for ((column, codes), &at) in out.iter_mut().zip(codes.iter_mut()).zip(&at) {
            let next = codes.len() as u32;
            column.push(*codes.entry(values[at].trim().to_owned()).or_insert(next));
        }
    }
    Ok(out)
}

fn tell(found: &Membership, show: &Show) {
    show.result(&format!(
        "Of {} records that they were made from {} are recognised, and {} of {} others are taken for such: \
         an advantage of {} ({} to {}).",
        thousands(found.members as u64),
        percent(found.true_positives),
        percent(found.false_positives),
        thousands(found.others as u64),
        percent(found.advantage),
        percent(found.interval.0),
        percent(found.interval.1),
    ));
    show.result(if found.found_something() {
        "The records tell who was in."
    } else {
        "This attack tells nobody apart; another might."
    });
}
