//! The library that reads Parquet trusts what it reads in a few places and panics over a damaged file. That is
//! caught; it must be heard nowhere either, for what a panic says may hold a value of the file. In a test binary of
//! its own: the hook is of the whole process.

use std::panic;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use intake::read::rows_from_bytes;
use model::{FileKind, Format};

#[test]
fn a_caught_panic_is_silent_and_any_other_is_heard() {
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    panic::set_hook(Box::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/parquet/register.parquet");
    let whole = std::fs::read(seed).expect("a seed");
    let mut damaged = 0;
    for at in 0..whole.len() {
        for byte in [0x00, 0x15, 0x7f, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            let read = rows_from_bytes(FileKind::Parquet, &bytes, &Format::default());
            damaged += usize::from(read.is_err_and(|e| e.to_string().contains("it is damaged")));
        }
    }
    assert!(damaged > 0, "no change of a byte makes the library panic any more: nothing was tested");
    assert_eq!(heard.load(Ordering::Relaxed), 0);
    let other = panic::catch_unwind(|| panic!("of another part of the program"));
    assert!(other.is_err());
    assert_eq!(heard.load(Ordering::Relaxed), 1);
}
