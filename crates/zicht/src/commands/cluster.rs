//! `zicht cluster`: the program zicht-cluster, which runs Ballista, with the arguments as they are.
//!
//! It is a program of its own, so that this one stays light.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use clap::Args;
use linkage::Comparer;
use linkage::comparer::Process;

use crate::cli::Outcome;
use crate::failure::Failure;

/// Arguments of `zicht cluster`.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// `scheduler` or `executor`, and what they take; `--help` lists it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    arguments: Vec<OsString>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let program = program()?;
    let mut command = Command::new(&program);
    command.args(&arguments.arguments);
    // In the place of this process, so that what is meant for it, such as a signal to stop, reaches it.
    #[cfg(unix)]
    let ended: std::io::Result<std::process::ExitStatus> =
        Err(std::os::unix::process::CommandExt::exec(&mut command));
    #[cfg(not(unix))]
    let ended = command.status();
    let status = ended.map_err(|e| Failure::io("cannot start", &program, &e))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2))
}

/// What compares pairs on the cluster with this scheduler; the folder is shared by its machines.
pub(crate) fn comparer(scheduler: &str, dir: &Path) -> Result<Arc<dyn Comparer>, Failure> {
    let folder = dir.to_str().ok_or_else(|| {
        Failure::input(format!("--cluster-dir: {} is not possible", dir.display()), "its path must be text")
    })?;
    let arguments = ["compare", "--scheduler", scheduler, "--folder", folder];
    Ok(Arc::new(Process::new(program()?, arguments)))
}

/// Where zicht-cluster is: beside this program, or on the path.
fn program() -> Result<PathBuf, Failure> {
    let name = format!("zicht-cluster{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok().and_then(|this| Some(this.parent()?.join(&name)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Of the path only what does not depend on the folder that one happens to be in.
    let on_path = std::env::split_paths(&path).filter(|dir| dir.is_absolute()).map(|dir| dir.join(&name));
    beside.into_iter().chain(on_path).find(|file| file.is_file()).ok_or_else(|| {
        Failure::input(
            format!("the program {name} is not there"),
            "it is built on its own, in the folder cluster of the source: cargo build --release --locked; \
             put it beside zicht or on the path, the same version on all machines",
        )
    })
}
