//! A release is shown whole, as its manifest says, or not at all.

mod common;

use std::fs;

use common::release;
use serde_json::Value;
use server::{Error, MEMORY, Site};

#[track_caller]
fn refused(dir: &std::path::Path) -> Error {
    Site::read(dir, MEMORY).err().expect("it is refused")
}

#[test]
fn a_whole_release_is_read() {
    let dir = release();
    let site = Site::read(dir.path(), MEMORY).expect("a release");
    assert_eq!(site.files(), common::files().len() + 1);
    assert_eq!(site.tables().collect::<Vec<_>>(), ["by_age", "by_place"]);
    assert!(site.unlisted().is_empty());
}

#[test]
fn files_that_differ_or_are_gone_are_named() {
    let dir = release();
    fs::write(dir.path().join("site/style.css"), "body { color: white }").expect("written");
    fs::remove_file(dir.path().join("data/catalogue.jsonld")).expect("removed");
    let text = refused(dir.path()).to_string();
    assert!(text.contains("site/style.css (has other contents)"), "{text}");
    assert!(text.contains("data/catalogue.jsonld (is not there)"), "{text}");
}

#[test]
fn a_file_that_grew_is_not_read_to_its_end() {
    let dir = release();
    let path = dir.path().join("protection.json");
    fs::File::options().write(true).open(path).expect("a file").set_len(1 << 40).expect("a hole");
    assert!(matches!(refused(dir.path()), Error::Damaged { .. }));
}

#[cfg(unix)]
#[test]
fn a_link_is_no_file_of_a_release() {
    let dir = release();
    let path = dir.path().join("protection.json");
    fs::rename(&path, dir.path().join("elsewhere")).expect("moved");
    std::os::unix::fs::symlink("elsewhere", &path).expect("a link");
    let text = refused(dir.path()).to_string();
    assert!(text.contains("protection.json (is no regular file)"), "{text}");
}

#[test]
fn files_that_are_not_listed_are_named_and_not_shown() {
    let dir = release();
    common::write(&dir.path().join("data/secret/reports.csv"), b"name");
    let site = Site::read(dir.path(), MEMORY).expect("a release");
    assert_eq!(site.unlisted(), ["data/secret/reports.csv"]);
}

#[test]
fn without_a_manifest_there_is_no_release() {
    let dir = release();
    fs::remove_file(dir.path().join("manifest.json")).expect("removed");
    let error = refused(dir.path());
    assert!(matches!(error, Error::NoManifest { .. }));
    assert!(error.help().contains("out/release"));
    assert!(matches!(refused(&dir.path().join("nowhere")), Error::NoManifest { .. }));
}

#[test]
fn a_manifest_that_leads_out_of_the_folder_is_refused() {
    for path in
        ["../secret", "/etc/passwd", "site/../../secret", "site//style.css", "./site/style.css", "", "a\\b"]
    {
        let dir = release();
        change(dir.path(), |m| m["files"][0]["path"] = path.into());
        assert!(matches!(refused(dir.path()), Error::Manifest { .. }), "{path}");
    }
}

#[test]
fn a_manifest_of_another_form_is_refused() {
    let changes: [fn(&mut Value); 4] = [
        |m| m["format"] = "zicht release, 2".into(),
        |m| m["format"] = Value::Null,
        |m| m["files"] = Value::Null,
        |m| m["files"][0]["bytes"] = "many".into(),
    ];
    for change_of in changes {
        let dir = release();
        change(dir.path(), change_of);
        assert!(matches!(refused(dir.path()), Error::Manifest { .. }));
    }
    let dir = release();
    fs::write(dir.path().join("manifest.json"), "{").expect("written");
    assert!(matches!(refused(dir.path()), Error::Manifest { .. }));
}

#[test]
fn a_release_that_is_too_large_says_so_before_it_is_read() {
    let dir = release();
    assert!(matches!(Site::read(dir.path(), 10_000), Err(Error::TooLarge { limit: 10_000, .. })));
    change(dir.path(), |m| m["files"][0]["bytes"] = u64::MAX.into());
    assert!(matches!(refused(dir.path()), Error::TooLarge { bytes: u64::MAX, .. }));
}

#[test]
fn a_table_whose_files_do_not_fit_is_refused() {
    for (file, text) in [
        ("by_age.json", "[]"),
        (
            "by_age.json",
            r#"{"id":["a"],"size":[2],"dimension":{"a":{"category":{"index":["x"]}}},"value":[]}"#,
        ),
        (
            "by_age.json",
            r#"{"id":["a"],"size":[1],"dimension":{"a":{"category":{"index":["x"]}}},"value":{"7":1}}"#,
        ),
        ("by_age.csv", "year,age\n2019,9-9\n"),
        ("by_age.csv", "year\n"),
        ("by_age.sdmx.csv", "a,b\n"),
        (
            "by_age.sdmx.csv",
            "STRUCTURE,STRUCTURE_ID,ACTION,A,OBS_VALUE,OBS_STATUS,CONF_STATUS\nd,x,I,a,1,A,F\n",
        ),
    ] {
        let dir = release();
        let path = format!("data/by_age/{file}");
        fs::write(dir.path().join(&path), text).expect("written");
        change(dir.path(), |m| {
            let files = m["files"].as_array_mut().expect("files");
            let own = files.iter_mut().find(|f| f["path"] == path.as_str()).expect("the file");
            own["bytes"] = text.len().into();
            own["blake3"] = blake3::hash(text.as_bytes()).to_hex().as_str().into();
        });
        assert!(matches!(refused(dir.path()), Error::Table { .. }), "{file}: {text}");
    }
}

fn change(dir: &std::path::Path, how: impl Fn(&mut Value)) {
    let path = dir.join("manifest.json");
    let mut manifest = serde_json::from_slice(&fs::read(&path).expect("a manifest")).expect("JSON");
    how(&mut manifest);
    fs::write(path, manifest.to_string()).expect("written");
}
