//! Any bytes at all, read as a workbook: rows or an error in words, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{FileKind, Format};

fuzz_target!(|bytes: &[u8]| {
    let _ = intake::read::rows_from_bytes(FileKind::Xlsx, bytes, &Format::default());
});
