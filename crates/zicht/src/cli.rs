//! What can be typed: commands, options and what the exit code says.

use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::failure::Failure;
use crate::show::Show;

/// From registers to a published, disclosure-checked victim monitor.
#[derive(Parser)]
#[command(
    name = "zicht",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done; 1 done, but findings need attention (check, audit, synthesize); \
                  2 bad input or settings; 3 a method refused or did not converge, or was stopped."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Args, Clone)]
pub(crate) struct Global {
    /// How results are shown on standard output.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text, global = true)]
    pub(crate) format: OutputFormat,
    /// Threads to use; all cores when not given. Results do not depend on it.
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Seed of everything that draws random numbers: that of the settings, or 1, when not given.
    #[arg(long, global = true)]
    pub(crate) seed: Option<u64>,
    /// Say nothing on standard error but errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Start a monitor: a folder with a commented monitor.toml, or a whole example.
    New(commands::new::Arguments),
    /// Run the whole pipeline: from registers/ to out/release/.
    Run(commands::run::Arguments),
    /// Read the inputs and list every problem.
    Check(commands::check::Arguments),
    /// Estimate how many were never seen, from a file of capture histories.
    Estimate(Box<commands::estimate::Arguments>),
    /// Make a secret key for `encode`.
    Key(commands::key::Arguments),
    /// Encode the identifiers of a register, so that they can be linked without being known.
    Encode(commands::encode::Arguments),
    /// Look at pairs that were linked, and learn from it how good the links are.
    Review(commands::review::Arguments),
    /// Find out which records of one or more files are of one person, and how many persons there are.
    Link(Box<commands::link::Arguments>),
    /// Start a part of a cluster that compares the pairs of `link`: a scheduler, or an executor.
    Cluster(commands::cluster::Arguments),
    /// Decide which cells of a monitor's tables must be hidden, and attack the result.
    Protect(commands::protect::Arguments),
    /// Make records of which none is a person, with nearly the same counts as a file of records.
    Synthesize(commands::synthesize::Arguments),
    /// Attack published tables: what can an outsider work out?
    Audit(commands::audit::Arguments),
    /// Make a monitor with known truth: a population and the registers that catch it.
    Simulate(commands::simulate::Arguments),
    /// Show a release, read only, over HTTP, and answer questions about its tables.
    Serve(commands::serve::Arguments),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Reads the command line, runs the command and turns the outcome into an exit code.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    let threads = cli.global.threads.map_or(0, usize::from);
    // Fails only when a pool was made before, which nothing before this line does.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    let show = Show::new(&cli.global);
    match dispatch(cli.command, &cli.global, &show) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            show.failure(&failure);
            ExitCode::from(failure.code())
        }
    }
}

/// The exit code of a command that did its work.
pub(crate) type Outcome = Result<u8, Failure>;

fn dispatch(command: Command, global: &Global, show: &Show) -> Outcome {
    match command {
        Command::New(arguments) => commands::new::run(&arguments, show),
        Command::Run(arguments) => commands::run::run(&arguments, global, show),
        Command::Check(arguments) => commands::check::run(&arguments, global, show),
        Command::Estimate(arguments) => commands::estimate::run(&arguments, global, show),
        Command::Key(arguments) => commands::key::run(&arguments, show),
        Command::Encode(arguments) => commands::encode::run(&arguments, show),
        Command::Link(arguments) => commands::link::run(&arguments, global, show),
        Command::Review(arguments) => commands::review::run(&arguments, global, show),
        Command::Cluster(arguments) => commands::cluster::run(&arguments),
        Command::Protect(arguments) => commands::protect::run(&arguments, global, show),
        Command::Synthesize(arguments) => commands::synthesize::run(&arguments, global, show),
        Command::Audit(arguments) => commands::audit::run(&arguments, show),
        Command::Simulate(arguments) => commands::simulate::run(&arguments, global, show),
        Command::Serve(arguments) => commands::serve::run(&arguments, global, show),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "zicht", &mut std::io::stdout());
            Ok(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
