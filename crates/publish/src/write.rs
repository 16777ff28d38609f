//! Writes a release.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::{Language, is_identifier, provenance};
use rayon::prelude::*;

use crate::data::{self, File};
use crate::folder::Aside;
use crate::page::Page;
use crate::{Error, Release, page, print, translated};

/// A release that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The page to open first.
    pub index: PathBuf,
    /// Number of files.
    pub files: usize,
}

/// Writes `release` to the folder `dir`, in place of the release that is there.
///
/// Everything is written to a folder beside `dir` that only the owner can read, and put in place
/// in one step. The same release gives the same bytes.
///
/// # Errors
/// When the attacker learned something of the cubes, two cubes have one identifier, `dir` is a file
/// or holds what is no release, or a file cannot be written. What was at `dir` before is then
/// unchanged.
pub fn write(release: &Release<'_>, dir: &Path) -> Result<Written, Error> {
    check(release)?;
    let mut out = Output { aside: Aside::new(dir)?, files: Vec::new() };
    data_files(release, &mut out)?;
    let pages = site(release, &mut out)?;
    if release.settings.monitor.report {
        for (language, pages) in pages {
            let pdf = print::pdf(release, language, pages)?;
            out.write(&print::path(language), &pdf, all_sources(release))?;
        }
    }
    out.write("protection.json", &data::protection(release), all_sources(release))?;
    let manifest = data::manifest(release, &out.files);
    out.write("manifest.json", &manifest, Vec::new())?;
    let files = out.files.len();
    out.aside.put_in_place()?;
    Ok(Written { index: dir.join("site/index.html"), files })
}

/// The certificate must cover every cube, and the attacker have learned nothing. Identifiers become names of
/// folders and pages: they must be safe, and none used twice. Every table says what it counts and where it comes from, in
/// every language; and no sentence refers to what is hidden.
fn check(release: &Release<'_>) -> Result<(), Error> {
    let attack = release.certificate.attack().unwrap_or_default();
    let learned = attack.exact + attack.narrow;
    if learned > 0 {
        return Err(Error::Exposed { cells: learned });
    }
    for (i, c) in release.cubes.iter().enumerate() {
        let id = c.cube.id();
        if !is_identifier(id) {
            return Err(Error::Identifier { id: id.to_owned() });
        }
        if !release.certificate.covers(&c.cube) {
            return Err(Error::Uncertified { id: id.to_owned() });
        }
        if !release.sources.iter().any(|s| c.inputs.contains(&s.source.id)) {
            return Err(Error::Sourceless { id: id.to_owned() });
        }
        if release.cubes[..i].iter().any(|other| other.cube.id() == id) {
            return Err(Error::Twice { id: id.to_owned() });
        }
    }
    for cube in release.estimates.iter().flat_map(|e| &e.detected) {
        if !release.certificate.covers(cube) {
            return Err(Error::Uncertified { id: cube.id().to_owned() });
        }
    }
    translated::all_translated(release)?;
    page::statement::check(release)
}

/// What is written, with a list of it for the manifest.
struct Output {
    aside: Aside,
    files: Vec<File>,
}

impl Output {
    fn write(&mut self, path: &str, bytes: &[u8], inputs: Vec<String>) -> Result<(), Error> {
        self.aside.write(path, bytes)?;
        self.files.push(File {
            path: path.to_owned(),
            bytes: bytes.len() as u64,
            blake3: provenance::hash(bytes),
            inputs,
        });
        Ok(())
    }
}

fn all_sources(release: &Release<'_>) -> Vec<String> {
    release.sources.iter().map(|s| s.source.id.clone()).collect()
}

/// Tables or pages that are made at once, on all cores, before they are written: more would only take memory.
const AT_ONCE: usize = 16;

/// What is `made` of each item, on all cores; written by `write` in their order.
fn each<T: Sync, M: Send>(
    items: &[T],
    made: impl Fn(&T) -> Result<M, Error> + Sync,
    mut write: impl FnMut(&T, M) -> Result<(), Error>,
) -> Result<(), Error> {
    for items in items.chunks(AT_ONCE) {
        let all: Vec<M> = items.par_iter().map(&made).collect::<Result<_, Error>>()?;
        for (item, made) in items.iter().zip(all) {
            write(item, made)?;
        }
    }
    Ok(())
}

fn data_files(release: &Release<'_>, out: &mut Output) -> Result<(), Error> {
    each(
        &release.cubes,
        |c| data::files(release, c),
        |c, files| files.iter().try_for_each(|(path, bytes)| out.write(path, bytes, c.inputs.clone())),
    )?;
    let results = data::results(release);
    for (path, bytes, inputs) in &results {
        out.write(path, bytes, inputs.clone())?;
    }
    out.write(
        &format!("data/{}", crate::sdmx::STRUCTURES),
        &data::structures(release),
        all_sources(release),
    )?;
    out.write("data/datapackage.json", &data::package(release, &results), all_sources(release))?;
    if let Some(changed) = data::changes(release) {
        out.write(data::CHANGES, &changed, all_sources(release))?;
    }
    let sizes: BTreeMap<String, u64> = out.files.iter().map(|f| (f.path.clone(), f.bytes)).collect();
    let catalogue = data::catalogue(release, &results, &|path| sizes.get(path).copied().unwrap_or_default());
    out.write("data/catalogue.jsonld", &catalogue, all_sources(release))
}

/// The script of the button that leaves the page for young people.
const EXIT: &str = include_str!("../templates/exit.js");
/// The script of a reader's own view of a table.
const EXPLORE: &str = include_str!("../templates/explore.js");

/// Writes the site; its pages in each language.
fn site(release: &Release<'_>, out: &mut Output) -> Result<Vec<(Language, Vec<Page>)>, Error> {
    out.write("site/style.css", crate::chart::STYLE.as_bytes(), Vec::new())?;
    out.write("site/index.html", &page::landing(release)?, Vec::new())?;
    if release.settings.young.is_some() {
        out.write("site/exit.js", EXIT.as_bytes(), Vec::new())?;
    }
    out.write("site/explore.js", EXPLORE.as_bytes(), Vec::new())?;
    each(
        &release.cubes,
        // A page from a disk may read no file but a script.
        |c| Ok(format!("zicht.cube({});\n", data::json_stat(release, c))),
        |c, script| {
            out.write(&format!("site/explore/{}.js", c.cube.id()), script.as_bytes(), c.inputs.clone())
        },
    )?;
    let mut all = Vec::new();
    for language in page::languages(release.settings) {
        let pages = page::pages(release, language);
        each(
            &pages,
            |p| page::html(release, language, p),
            |p, html| out.write(&format!("site/{}/{}.html", language.tag(), p.name), &html, p.inputs.clone()),
        )?;
        all.push((language, pages));
    }
    Ok(all)
}
