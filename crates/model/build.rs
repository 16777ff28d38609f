//! Collects `classifications/*.csv` so that they are compiled in without a list kept by hand.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let dir = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("classifications");
    println!("cargo:rerun-if-changed={}", dir.display());
    let mut names: Vec<String> = fs::read_dir(&dir)
        .expect("crates/model/classifications is part of the source")
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter(|n| Path::new(n).extension().is_some_and(|e| e == "csv"))
        .collect();
    names.sort();
    let mut out = format!("const INDEX: &str = include_str!({:?});\n", dir.join("index.toml").display().to_string());
    out.push_str("const FILES: &[(&str, &str)] = &[\n");
    for n in names {
        let _ = writeln!(out, "    ({n:?}, include_str!({:?})),", dir.join(&n).display().to_string());
    }
    out.push_str("];\n");
    let target = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("classification_files.rs");
    fs::write(target, out).expect("OUT_DIR is writable");
}
