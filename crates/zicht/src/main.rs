//! The binary `zicht`: the command line, the pipeline and the wiring between the crates.
//!
//! It computes nothing itself: each command reads arguments, calls the libraries in the order
//! of the pipeline, and shows what came of it.

mod cli;
mod commands;
mod failure;
mod forest;
mod pipeline;
mod progress;
mod sheet;
mod show;

use std::process::ExitCode;

// The default allocator gives memory back slowly when many threads allocate small batches.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
