//! The report to print.

mod common;

use std::fs;

use common::{by_region, cubes, files, release, release_of, settings, written};
use model::Language;

#[test]
fn the_pages_are_set_in_each_language_the_same_each_time() {
    let mut settings = settings();
    settings.monitor.report = true;
    let release = release(&settings);
    let (one, other) = (written(&release), written(&release));
    for name in ["report/report-en.pdf", "report/report-nl.pdf"] {
        let read = |dir: &tempfile::TempDir| fs::read(dir.path().join(name)).expect(name);
        assert!(read(&one).starts_with(b"%PDF-1."), "{name}");
        assert!(read(&one) == read(&other), "{name} is not the same twice");
    }
    let listed = fs::read_to_string(one.path().join("manifest.json")).expect("the manifest");
    assert!(listed.contains("report/report-nl.pdf"));
    for page in ["en", "nl"] {
        let page =
            fs::read_to_string(one.path().join(format!("site/{page}/downloads.html"))).expect("a page");
        assert!(page.contains("../../report/report-"));
    }
}

#[test]
fn every_kind_of_table_can_be_printed() {
    let mut settings = settings();
    settings.monitor.report = true;
    settings.monitor.languages = vec![Language::En];
    settings.monitor.regions = "region".into();
    let empty = common::cube("empty", model::Label::same("Nothing"), vec![common::years()], &[]);
    let dir = written(&release_of(&settings, &[cubes(), vec![by_region(), empty]].concat()));
    assert!(files(dir.path()).contains_key("report/report-en.pdf"));
    assert!(!files(dir.path()).contains_key("report/report-nl.pdf"));
}

#[test]
fn without_a_report_there_is_none() {
    let settings = settings();
    let dir = written(&release_of(&settings, &cubes()));
    assert!(files(dir.path()).keys().all(|name| !name.contains(".pdf")));
    let page = fs::read_to_string(dir.path().join("site/en/downloads.html")).expect("a page");
    assert!(!page.contains(".pdf"));
}
