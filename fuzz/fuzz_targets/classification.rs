//! Any text as a classification: a code list without cycles, or an error in words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Classification, Label};

fuzz_target!(|text: &str| {
    if let Ok(list) = Classification::from_csv("fuzz", "1", Label::same("fuzz"), text) {
        for (i, code) in list.codes().iter().enumerate() {
            assert_eq!(list.position(&code.code).map(|p| p as usize), Some(i), "{}", code.code);
        }
    }
});
