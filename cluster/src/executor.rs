//! `zicht-cluster executor`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use clap::Args;

use crate::failure::Failure;
use crate::function;

/// How long an executor waits for its scheduler to be there.
const WAIT: Duration = Duration::from_secs(30);

/// Arguments of `zicht-cluster executor`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The scheduler.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
    scheduler: String,
    /// Address to listen on for other executors and for `zicht link`.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:50051")]
    bind: SocketAddr,
    /// Name under which the others reach it; the address when not given.
    #[arg(long, value_name = "HOST")]
    advertise: Option<String>,
    /// Folder for what is between the stages of the work; it holds identifiers, and is private.
    #[arg(long, value_name = "DIR")]
    work_dir: PathBuf,
    /// Parts of the work that are done at the same time; as many as there are cores when not given.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1024))]
    tasks: u16,
}

/// Runs until it is stopped.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (host, port) = host_and_port(&arguments.scheduler)?;
    if arguments.bind.port() == 0 {
        return Err(Failure::new("--bind needs a port above 0: the others must know it"));
    }
    reach(&arguments.scheduler).await?;
    let folder = private(&arguments.work_dir, arguments.bind.port())?;
    let ip = arguments.bind.ip();
    let config = ExecutorProcessConfig {
        bind_host: if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() },
        // Without a name, the scheduler takes the address from which the executor called.
        external_host: arguments.advertise.clone().or_else(|| (!ip.is_unspecified()).then(|| ip.to_string())),
        port: arguments.bind.port(),
        // Nothing listens there: the executor asks the scheduler, and is not asked.
        grpc_port: arguments.bind.port(),
        scheduler_host: host,
        scheduler_port: port,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        vcores: usize::from(arguments.tasks),
        work_dir: Some(folder.to_string_lossy().into_owned()),
        // The scheduler has files removed when the work is done; some are left when it ended before that.
        job_data_ttl_seconds: 24 * 3600,
        job_data_clean_up_interval_seconds: 1800,
        override_function_registry: Some(Arc::new(functions())),
        ..ExecutorProcessConfig::default()
    };
    eprintln!("the executor listens on {}, its scheduler is {}", arguments.bind, arguments.scheduler);
    let ended = start_executor_process(Arc::new(config)).await;
    let _ = std::fs::remove_dir_all(&folder);
    ended.map_err(|e| Failure::of(&format!("the executor on {} ended", arguments.bind), &e))
}

fn functions() -> BallistaFunctionRegistry {
    let mut functions = BallistaFunctionRegistry::default();
    let pattern = Arc::new(function::pattern());
    functions.scalar_functions.insert(pattern.name().to_owned(), pattern);
    functions
}

/// A new folder in `within` that only its owner can look into. What an executor of the same port left that was
/// not stopped but killed is removed.
fn private(within: &Path, port: u16) -> Result<PathBuf, Failure> {
    let failed =
        |e: &std::io::Error| Failure::of(&format!("cannot make a folder in {}", within.display()), e);
    std::fs::create_dir_all(within).map_err(|e| failed(&e))?;
    let folder = within.join(format!("zicht-executor-{port}"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|e| failed(&e))?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|e| failed(&e))?;
    Ok(folder)
}

/// Waits until something listens there.
async fn reach(address: &str) -> Result<(), Failure> {
    let began = tokio::time::Instant::now();
    loop {
        match tokio::net::TcpStream::connect(address).await {
            Ok(_) => return Ok(()),
            Err(e) if began.elapsed() > WAIT => {
                return Err(Failure::of(&format!("there is no scheduler on {address}"), &e));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(300)).await,
        }
    }
}

/// The parts of an address.
pub(crate) fn host_and_port(address: &str) -> Result<(String, u16), Failure> {
    address
        .rsplit_once(':')
        .filter(|(host, _)| !host.is_empty() && !host.contains('/'))
        .and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)))
        .ok_or_else(|| {
            Failure::new(format!("{address} is no address; write HOST:PORT, such as 10.0.0.5:50050"))
        })
}
