//! Any text, read as somebody's published table for an audit: every row used or quarantined.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("zicht-fuzz-tables-{}.csv", std::process::id()));
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written");
    if let Ok(read) = intake::read_tables(&path, "table.csv", None) {
        assert!(read.rows.balances(), "{:?}", read.rows);
    }
    let _ = std::fs::remove_file(&path);
});
