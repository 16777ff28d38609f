//! Any text, read as capture histories for an estimate: every row used or quarantined.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use model::{Format, HistoryColumns};

fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("zicht-fuzz-histories-{}.csv", std::process::id()));
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written");
    let columns = HistoryColumns { lists: Vec::new(), count: None, labels: BTreeMap::new() };
    if let Ok(read) = intake::read_histories(&path, "histories.csv", &Format::default(), &columns, &[]) {
        assert!(read.rows.balances(), "{:?}", read.rows);
    }
    let _ = std::fs::remove_file(&path);
});
