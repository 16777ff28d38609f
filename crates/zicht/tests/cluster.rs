//! `zicht cluster` and `zicht link --cluster`: the program zicht-cluster is found and heard, or its lack is told.
//! What it does is tested in the folder `cluster`.

#![cfg(unix)]

mod support;

use std::os::unix::fs::PermissionsExt;

use support::people::two_registers;
use support::{Folder, Ran, command};

const LINK: [&str; 9] = [
    "link",
    "police.csv",
    "shelters.csv",
    "--out",
    "linked",
    "--cluster",
    "127.0.0.1:50050",
    "--cluster-dir",
    "shared",
];

/// Runs `zicht` with nothing on the path but the folder `bin` of this one.
fn zicht(folder: &Folder, arguments: &[&str]) -> Ran {
    let mut command = command(&folder.path("."), arguments);
    Ran::of(command.env("PATH", folder.path("bin")).output().expect("the program runs"), &folder.path("."))
}

/// Puts a script in the place of zicht-cluster.
fn stands_in(folder: &Folder, script: &str) {
    folder.write("bin/zicht-cluster", format!("#!/bin/sh\n{script}\n"));
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path("bin/zicht-cluster"), executable).expect("executable");
}

#[test]
fn without_the_program_it_says_what_to_install() {
    let folder = two_registers();
    for arguments in [&["cluster", "scheduler"][..], &LINK] {
        let ran = zicht(&folder, arguments).ends_with(2);
        assert!(ran.stderr.contains("zicht-cluster is not there"), "{}", ran.stderr);
        assert!(ran.stderr.contains("cargo build"), "{}", ran.stderr);
    }
    assert!(!folder.path("linked").exists());
}

#[test]
fn arguments_and_exit_code_are_passed_on() {
    let folder = Folder::new();
    stands_in(&folder, "echo \"$@\"; exit 7");
    let ran = zicht(&folder, &["cluster", "executor", "--bind", "127.0.0.1:1", "-q"]).ends_with(7);
    assert_eq!(ran.stdout, "executor --bind 127.0.0.1:1 -q\n");
}

#[test]
fn a_cluster_that_fails_leaves_no_result() {
    let folder = two_registers();
    stands_in(&folder, "while read -r line; do :; done; echo \"no executor: $*\" >&2; exit 2");
    let ran = zicht(&folder, &LINK).ends_with(2);
    let said = ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    assert!(said.contains("no executor: compare --scheduler 127.0.0.1:50050 --folder shared"), "{said}");
    assert!(!folder.path("linked").exists(), "nothing is written");
}
