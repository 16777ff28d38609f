//! The binary `zicht-cluster`: the comparisons of a linkage on several machines, with Ballista.
//!
//! ```text
//! zicht link --cluster ── task ──► compare ── Parquet, plan ──► scheduler ──► executor, executor, ...
//!                      ◄─ patterns ─       ◄── pair, pattern ──────────────────────┘
//! ```
//!
//! `zicht` starts `zicht-cluster compare` and speaks with it as [`linkage::comparer::wire`] says. Nothing here
//! writes a log, for what Ballista would log may hold plans and paths; what goes wrong is said in one line.

mod compare;
mod executor;
mod failure;
mod files;
mod function;
mod plan;
mod scheduler;
mod stop;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// Compares the candidate pairs of `zicht link` on several machines.
#[derive(Parser)]
#[command(name = "zicht-cluster", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Give out work to the executors. One in a cluster.
    Scheduler(scheduler::Arguments),
    /// Do work that the scheduler gives out. One on each machine.
    Executor(executor::Arguments),
    /// Compare the pairs of a task on standard input; what `zicht link --cluster` starts.
    Compare(compare::Arguments),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    // A panic says where it was, but not about what: that may be an identifier.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("a part of the program broke off at {place}");
    }));
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(format!("threads cannot be made: {e}")))?;
    match command {
        Command::Scheduler(arguments) => runtime.block_on(scheduler::run(&arguments)),
        Command::Executor(arguments) => runtime.block_on(executor::run(&arguments)),
        Command::Compare(arguments) => compare::run(&arguments, &runtime),
    }
}
