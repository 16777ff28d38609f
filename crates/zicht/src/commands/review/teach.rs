//! The model with m-probabilities as the decisions have them.

use std::path::Path;

use linkage::review::teach;
use serde_json::json;

use super::report::decided;
use super::work::Place;
use crate::cli::Outcome;
use crate::commands::link::ModelFile;
use crate::failure::Failure;
use crate::show::Show;

/// Writes the model of the folder, taught, to a file.
pub(super) fn run(place: &Place, dir: &Path, out: &Path, show: &Show) -> Outcome {
    if out.exists() {
        return Err(Failure::input(
            format!("{} exists already", out.display()),
            "name another file; decisions must not teach a model that has learnt from them before",
        ));
    }
    let decisions = place.decided(show)?.decisions;
    let (drawn, verdicts) = decided(place, &decisions)?;
    let mut file = ModelFile::read(&dir.join("model.toml"))?;
    let found = place.pairs()?;
    let patterns = found.patterns.iter().map(|text| file.model.read_pattern(text));
    let patterns: Vec<u64> = patterns.collect::<Option<_>>().ok_or_else(|| {
        Failure::input(
            format!("{} is not the model of its pairs.parquet", dir.join("model.toml").display()),
            "make both again with `zicht link`",
        )
    })?;
    let mut pairs = found.pairs;
    for pair in &mut pairs {
        pair.pattern = patterns[pair.pattern as usize];
    }
    let taught = teach(&file.model, &pairs, &drawn.sample.labelled(&verdicts))
        .map_err(|e| Failure::from_linkage(&e))?;
    file.model = taught.model;
    file.write(out)?;
    show.result(&format!(
        "{} pairs decided to be of one person, worth {:.0} of equal weight; model written to {}\n\
         Link with it: zicht link FILE... --model {} --keep-model --out DIR",
        taught.matches,
        taught.effective,
        out.display(),
        out.display()
    ));
    show.result_json(&json!({ "matches": taught.matches, "effective": taught.effective, "model": out.display().to_string() }))?;
    Ok(0)
}
