//! The release as a whole: where it is put, and what may not be in it.

mod common;

use common::{files, release, settings};
use publish::write;

#[test]
fn two_releases_are_the_same_to_the_byte() {
    let settings = settings();
    let dir = tempfile::tempdir().expect("a folder");
    let written = write(&release(&settings), &dir.path().join("one")).expect("written");
    write(&release(&settings), &dir.path().join("two")).expect("written");
    let (one, two) = (files(&dir.path().join("one")), files(&dir.path().join("two")));
    assert_eq!(one.len(), written.files);
    assert!(one.keys().eq(two.keys()));
    for (name, bytes) in &one {
        assert!(bytes == &two[name], "{name} differs");
    }
    assert!(written.index.is_file());
}
