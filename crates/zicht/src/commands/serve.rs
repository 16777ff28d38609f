//! `zicht serve`: show a release, read only, over HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use server::{Options, Site};

use crate::cli::{Global, Outcome};
use crate::failure::Failure;
use crate::show::{Show, thousands};

/// Bytes of the number that `--memory` takes.
const MEBIBYTE: u64 = 1 << 20;

/// Arguments of `zicht serve`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder of a release, as `zicht run` writes it: DIR/out/release.
    release: PathBuf,
    /// Where to listen: an address and a port, 0 for any that is free. Only this machine can ask at 127.0.0.1.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Questions a second that one address may ask under /api/, and twice as many after a pause; 0 for no limit, as behind a proxy that
    /// has a limit itself.
    #[arg(long, value_name = "N", default_value_t = 50)]
    rate: u32,
    /// Mebibytes that the files of the release may have together: they are kept in memory.
    #[arg(long, value_name = "N", default_value_t = server::MEMORY / MEBIBYTE, value_parser = clap::value_parser!(u64).range(1..1 << 24))]
    memory: u64,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    let failed = |e: server::Error| Failure::input(e.to_string(), e.help());
    let release = &arguments.release;
    let site = Site::read(release, arguments.memory.saturating_mul(MEBIBYTE)).map_err(failed)?;
    for file in site.unlisted() {
        show.note(&format!("note: {file} is not shown: manifest.json does not list it"));
    }
    let (files, tables) = (site.files(), site.tables().count());
    let options = Options {
        rate: arguments.rate,
        threads: global.threads.map(usize::from),
        ..Options::new(arguments.listen)
    };
    let mut told = Ok(());
    server::serve(site, &options, server::signals, |address| {
        let place = format!("http://{address}/");
        told = show.result_json(&json!({
            "address": place,
            "api": format!("{place}api/"),
            "release": release,
            "files": files,
            "tables": tables,
        }));
        show.result(&format!(
            "{place} shows {}: {} files, {} tables. Ctrl-C stops it.",
            release.display(),
            thousands(files as u64),
            thousands(tables as u64)
        ));
    })
    .map_err(failed)?;
    told?;
    show.note("stopped");
    Ok(0)
}
