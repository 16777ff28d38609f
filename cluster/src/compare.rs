//! `zicht-cluster compare`: a task from standard input, its patterns to standard output.

use std::io::{BufReader, BufWriter, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ballista_core::extension::{SessionConfigExt, SessionStateExt};
use clap::Args;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use linkage::comparer::wire::{self, Task};

use crate::executor::host_and_port;
use crate::failure::Failure;
use crate::files::Shared;
use crate::plan::{Answer, plan};
use crate::stop::Stop;

/// Arguments of `zicht-cluster compare`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The scheduler.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
    scheduler: String,
    /// Folder that all machines see under the same path. While the work is done, a folder in it holds the
    /// records.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Parts into which the work is cut: some more than all executors do at the same time.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=4096))]
    parts: u16,
    /// Times that the work is begun, when an executor is lost with what it had done.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=10))]
    tries: u16,
    /// Seconds to wait for an executor to be there.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=3600))]
    wait: u64,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, runtime: &tokio::runtime::Runtime) -> Result<(), Failure> {
    let (host, port) = host_and_port(&arguments.scheduler)?;
    let task = wire::read_task(&mut BufReader::with_capacity(1 << 16, std::io::stdin().lock()))
        .map_err(|e| Failure::new(e.to_string()))?;
    // Before the records are written anywhere.
    wait_for_executors(arguments)?;
    let folder = std::fs::canonicalize(&arguments.folder)
        .map_err(|e| Failure::of(&format!("cannot find the folder {}", arguments.folder.display()), &e))?;
    let mut stop = runtime.block_on(async { Stop::new() })?;
    let shared = Shared::new(&folder, &task)?;
    let url = format!("http://{host}:{port}");
    let patterns = runtime.block_on(async {
        tokio::select! {
            patterns = tried(arguments, &url, &shared, &task) => patterns,
            () = stop.asked() => Err(Failure::new("it was stopped")),
        }
    });
    drop(shared);
    let mut to = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    wire::write_patterns(&mut to, &patterns?)
        .map_err(|e| Failure::of("the patterns cannot be given back", &e))?;
    to.flush().map_err(|e| Failure::of("the patterns cannot be given back", &e))
}

/// The patterns, tried again when the cluster fails. What is wrong is not tried again.
async fn tried(arguments: &Arguments, url: &str, shared: &Shared, task: &Task) -> Result<Vec<u64>, Failure> {
    let mut left = arguments.tries;
    loop {
        left -= 1;
        let mut answer = Answer::new(&task.pairs);
        match once(arguments, url, shared, task, &mut answer).await {
            Ok(()) => return answer.whole(),
            Err(Broken::Cluster(failure)) if left == 0 => return Err(failure),
            Err(Broken::Cluster(failure)) => {
                eprintln!("{failure}; tried again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(Broken::Answer(failure)) => return Err(failure),
        }
    }
}

/// Why one try gave nothing.
enum Broken {
    /// The cluster failed.
    Cluster(Failure),
    /// What it gave is wrong.
    Answer(Failure),
}

async fn once(
    arguments: &Arguments,
    url: &str,
    shared: &Shared,
    task: &Task,
    answer: &mut Answer<'_>,
) -> Result<(), Broken> {
    let failed = |e: datafusion::common::DataFusionError| {
        Broken::Cluster(Failure::of(&format!("the cluster at {} failed", arguments.scheduler), &e))
    };
    let config = SessionConfig::new_with_ballista()
        .with_target_partitions(usize::from(arguments.parts))
        .with_ballista_job_name("zicht link")
        // Of what an executor did that is lost, the stages of a plan made beforehand can be done again.
        .with_ballista_adaptive_query_planner(false);
    let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
    let context = SessionContext::new_with_state(state.upgrade_for_ballista(url.to_owned()).map_err(failed)?);
    let plan = plan(&context, &shared.records(), &shared.pairs(), &task.model).await.map_err(failed)?;
    let mut stream = plan.execute_stream().await.map_err(failed)?;
    while let Some(batch) = stream.next().await {
        answer.take(&batch.map_err(failed)?).map_err(Broken::Answer)?;
    }
    Ok(())
}

/// Asks the scheduler until it has an executor: without one, work would wait for ever.
fn wait_for_executors(arguments: &Arguments) -> Result<(), Failure> {
    let began = Instant::now();
    loop {
        let ready = is_ready(&arguments.scheduler)
            .map_err(|e| Failure::of(&format!("there is no scheduler on {}", arguments.scheduler), &e))?;
        if ready {
            return Ok(());
        }
        if began.elapsed() >= Duration::from_secs(arguments.wait) {
            return Err(Failure::new(format!(
                "the scheduler on {} has no executor; start one with \"zicht cluster executor --scheduler {}\"",
                arguments.scheduler, arguments.scheduler
            )));
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// True if the scheduler says that it has an executor.
fn is_ready(scheduler: &str) -> std::io::Result<bool> {
    let limit = Duration::from_secs(10);
    let address = scheduler
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {scheduler}\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    match &status[..] {
        b"HTTP/1.1 200" => Ok(true),
        b"HTTP/1.1 503" => Ok(false),
        _ => Err(std::io::Error::other("something else than a scheduler listens there")),
    }
}
