//! Collects `classifications/` so that it is compiled in without a list kept by hand.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let dir = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("classifications");
    let mut out = format!("const INDEX: &str = include_str!({});\n", quoted(&dir.join("index.toml")));
    list(&mut out, "const FILES", &dir);
    list(&mut out, "pub(crate) const MAPPING_FILES", &dir.join("mappings"));
    let target = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("classification_files.rs");
    fs::write(target, out).expect("OUT_DIR is writable");
}

/// Writes `name`: file name and text of every CSV file in `dir`, in order.
fn list(out: &mut String, name: &str, dir: &Path) {
    println!("cargo:rerun-if-changed={}", dir.display());
    let mut files: Vec<String> = fs::read_dir(dir)
        .expect("the folder is part of the source")
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter(|n| Path::new(n).extension().is_some_and(|e| e == "csv"))
        .collect();
    files.sort();
    let _ = writeln!(out, "{name}: &[(&str, &str)] = &[");
    for file in files {
        let _ =
            writeln!(out, "    ({}, include_str!({})),", quoted(Path::new(&file)), quoted(&dir.join(&file)));
    }
    out.push_str("];\n");
}

fn quoted(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}
