//! Whether every text for readers is there in each language.

use model::{Label, Language, Settings};

use crate::{Error, Release, page};

fn in_english(language: Language) -> &'static str {
    match language {
        Language::En => "English",
        Language::Nl => "Dutch",
    }
}

/// Names what lacks a text in one of `languages`; a text that is not `needed` may be missing in all of them.
fn lacks(
    languages: &[Language],
    what: impl FnOnce() -> String,
    label: &Label,
    needed: bool,
) -> Result<(), Error> {
    let missing = |l: &&Language| label.get(**l).trim().is_empty() && (needed || !label.is_empty());
    match languages.iter().find(missing) {
        Some(language) => Err(Error::Untranslated { what: what(), language: in_english(*language) }),
        None => Ok(()),
    }
}

/// Whether all texts for readers that stand in the settings are there in each language of the monitor, so that nothing
/// has to be counted first to find out.
///
/// # Errors
/// Names the first text that is missing, and the language.
pub fn translated(settings: &Settings) -> Result<(), Error> {
    let languages = page::languages(settings);
    let check = |what: &str, id: &str, label: &Label, needed: bool| {
        lacks(&languages, || format!("the {what} \"{id}\""), label, needed)
    };
    let monitor = &settings.monitor;
    for (what, label) in
        [("title", &monitor.title), ("description", &monitor.description), ("publisher", &monitor.publisher)]
    {
        lacks(&languages, || format!("the {what} of the monitor"), label, true)?;
    }
    for source in &settings.source {
        check("title of source", &source.id, &source.title, true)?;
        check("definition of source", &source.id, &source.definition, false)?;
        for cube in &source.cube {
            check("title of table", &cube.id, &cube.title, true)?;
        }
    }
    for table in &settings.table {
        check("title of table", &table.id, &table.title, true)?;
        check("definition of table", &table.id, &table.definition, true)?;
    }
    for estimate in &settings.estimate {
        check("title of estimate", &estimate.id, &estimate.title, true)?;
        check("definition of estimate", &estimate.id, &estimate.definition, false)?;
    }
    Ok(())
}

/// The same of a release: the tables have texts of their own.
pub(crate) fn all_translated(release: &Release<'_>) -> Result<(), Error> {
    translated(release.settings)?;
    let languages = page::languages(release.settings);
    for cube in release.cubes.iter().map(|r| &r.cube) {
        let id = cube.id();
        lacks(&languages, || format!("the title of table \"{id}\""), cube.title(), true)?;
        lacks(&languages, || format!("the definition of table \"{id}\""), cube.definition(), true)?;
        for d in cube.dimensions() {
            let what = || format!("the name of dimension \"{}\" of table \"{id}\"", d.id);
            lacks(&languages, what, &d.label, false)?;
            for k in &d.categories {
                let what = || format!("the label of {} \"{}\" in table \"{id}\"", d.id, k.code);
                lacks(&languages, what, &k.label, false)?;
            }
        }
    }
    Ok(())
}
