//! Any bytes at all, given to every reader: rows or an error in words, never a panic, and no row
//! lost. The fuzz targets do the same without end; this is the part of it that runs each time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use intake::read::rows_from_bytes;
use intake::{Error, check_file, read_histories, read_tables};
use model::{FileKind, Format, HistoryColumns, RowCount};
use proptest::prelude::*;

const KINDS: [FileKind; 4] = [FileKind::Csv, FileKind::Xlsx, FileKind::Parquet, FileKind::Jsonl];

/// The seeds of the fuzzer: small files of every kind that are as they should be.
fn seeds() -> &'static [Vec<u8>] {
    static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
        let mut paths: Vec<PathBuf> = ["csv", "histories", "jsonl", "parquet", "tables", "xlsx"]
            .iter()
            .flat_map(|kind| fs::read_dir(fuzz.join(kind)).expect("seeds of this kind"))
            .map(|e| e.expect("an entry").path())
            .collect();
        paths.sort();
        paths.iter().map(|p| fs::read(p).expect("a seed")).collect()
    })
}

/// Bytes of no kind, or a seed of any kind with a few bytes changed, taken out or put in, or cut
/// off, or compressed.
fn bytes() -> BoxedStrategy<Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    let seed = (any::<prop::sample::Index>(), prop::collection::vec(change, 0..6), 0..3_u8).prop_map(
        |(seed, changes, packed)| {
            let mut bytes = seeds()[seed.index(seeds().len())].clone();
            for (at, byte, how) in changes {
                let at = at.index(bytes.len().max(1));
                match how {
                    0 if at < bytes.len() => bytes[at] = byte,
                    1 if at < bytes.len() => {
                        bytes.remove(at);
                    }
                    2 => bytes.truncate(at),
                    _ => bytes.insert(at.min(bytes.len()), byte),
                }
            }
            match packed {
                1 => zstd::encode_all(&bytes[..], 1).expect("to memory"),
                _ => bytes,
            }
        },
    );
    // Bytes that mean something to one reader or another.
    let telling = prop::sample::select(&b"\"\\,;\t|\r\n\0\xff\xfe\xef\xbb\xbf{}[]:01aZ\x1f\x8b\xc3\xa9 "[..]);
    prop_oneof![
        2 => prop::collection::vec(any::<u8>(), 0..200),
        3 => prop::collection::vec(telling, 0..80),
        5 => seed,
    ]
    .boxed()
}

fn format() -> impl Strategy<Value = Format> {
    (
        prop::option::of(prop::sample::select(vec![',', ';', '\t', 'é', '"', '\0'])),
        prop::option::of(prop::sample::select(vec![
            "utf-8",
            "utf-16le",
            "windows-1252",
            "iso-2022-kr",
            "nonsense",
        ])),
        prop::option::of(0..5_u64),
        prop::option::of(prop::sample::select(vec!["Meldingen", "Sheet1", ""])),
    )
        .prop_map(|(delimiter, encoding, header_row, sheet)| Format {
            delimiter,
            encoding: encoding.map(str::to_owned),
            header_row,
            sheet: sheet.map(str::to_owned),
            ..Format::default()
        })
}

/// An error has words for what is wrong and for what to do.
fn has_words(e: &Error) {
    assert!(!e.to_string().is_empty() && !e.help().is_empty(), "{e:?}");
}

fn write(bytes: &[u8], name: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder for temporary files");
    let path = dir.path().join(name);
    fs::write(&path, bytes).expect("written");
    (dir, path)
}

fn balance(rows: RowCount) {
    assert!(rows.balances(), "{rows:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reader_gives_rows_of_one_width_or_says_what_is_wrong(bytes in bytes(), format in format()) {
        for kind in KINDS {
            for format in [&format, &Format::default()] {
                match rows_from_bytes(kind, &bytes, format) {
                    Ok(rows) => {
                        let width = rows[0].len();
                        prop_assert!(width > 0 && rows.iter().all(|r| r.len() == width), "{kind:?}");
                    }
                    Err(e) => has_words(&e),
                }
            }
        }
    }

    #[test]
    fn capture_histories_of_any_bytes_lose_no_row(bytes in bytes()) {
        let (_dir, path) = write(&bytes, "h.csv");
        let columns = HistoryColumns { lists: Vec::new(), count: None, labels: BTreeMap::new() };
        match read_histories(&path, "h.csv", &Format::default(), &columns, &[]) {
            Ok(read) => {
                balance(read.rows);
                let refused = read.findings.iter().filter(|f| f.row.is_some()).map(|f| f.row);
                let refused: std::collections::BTreeSet<_> = refused.collect();
                prop_assert!(refused.len() as u64 <= read.rows.rows_quarantined);
            }
            Err(e) => has_words(&e),
        }
    }

    #[test]
    fn tables_of_any_bytes_lose_no_row_and_fit_together(bytes in bytes()) {
        let (_dir, path) = write(&bytes, "t.csv");
        match read_tables(&path, "t.csv", None) {
            Ok(read) => {
                balance(read.rows);
                for cube in &read.cubes {
                    prop_assert!(cube.check().is_ok(), "{:?}", cube.check());
                }
            }
            Err(e) => has_words(&e),
        }
    }

    #[test]
    fn a_check_of_any_bytes_loses_no_row(bytes in bytes(), kind in prop::sample::select(vec!["csv", "xlsx", "parquet", "jsonl"])) {
        let name = format!("f.{kind}");
        let (_dir, path) = write(&bytes, &name);
        match check_file(&path, &name) {
            Ok(checked) => balance(checked.rows),
            Err(e) => has_words(&e),
        }
    }
}

#[test]
fn every_seed_is_read_by_the_reader_it_is_for() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    for (folder, kind) in [
        ("csv", FileKind::Csv),
        ("jsonl", FileKind::Jsonl),
        ("parquet", FileKind::Parquet),
        ("xlsx", FileKind::Xlsx),
    ] {
        for entry in fs::read_dir(fuzz.join(folder)).expect("seeds") {
            let path = entry.expect("an entry").path();
            let rows = rows_from_bytes(kind, &fs::read(&path).expect("a seed"), &Format::default());
            assert!(rows.as_ref().is_ok_and(|r| r.len() > 1), "{}: {rows:?}", path.display());
        }
    }
}
