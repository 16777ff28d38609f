//! `zicht-cluster compare`: a task from standard input, its patterns to standard output.

use std::io::{BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::execution_plans::DistributedQueryExec;
use ballista_core::extension::{SessionConfigExt, SessionStateExt};
use ballista_core::serde::protobuf::CancelJobParams;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use clap::Args;
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_proto::protobuf::LogicalPlanNode;
use futures::StreamExt;
use linkage::comparer::wire::{self, Task};

use crate::executor::host_and_port;
use crate::failure::Failure;
use crate::files::Shared;
use crate::plan::{Answer, plan};
use crate::stop::Stop;
use crate::watch::{lost, wait_for_executors};

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
    wait_for_executors(&arguments.scheduler, Duration::from_secs(arguments.wait))?;
    let folder = std::fs::canonicalize(&arguments.folder)
        .map_err(|e| Failure::of(&format!("cannot find the folder {}", arguments.folder.display()), &e))?;
    let mut stop = runtime.block_on(async { Stop::new() })?;
    let shared = Shared::new(&folder, &task)?;
    let url = format!("http://{host}:{port}");
    let patterns = runtime.block_on(tried(arguments, &url, &shared, &task, &mut stop));
    drop(shared);
    let mut to = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    wire::write_patterns(&mut to, &patterns?)
        .map_err(|e| Failure::of("the patterns cannot be given back", &e))?;
    to.flush().map_err(|e| Failure::of("the patterns cannot be given back", &e))
}

/// The patterns, tried again when the cluster fails. What is wrong is not tried again.
async fn tried(
    arguments: &Arguments,
    url: &str,
    shared: &Shared,
    task: &Task,
    stop: &mut Stop,
) -> Result<Vec<u64>, Failure> {
    let mut left = arguments.tries;
    loop {
        left -= 1;
        match once(arguments, url, shared, task, stop).await {
            Ok(patterns) => return Ok(patterns),
            Err(Broken::Cluster(failure)) if left == 0 => return Err(failure),
            Err(Broken::Cluster(failure)) => eprintln!("{failure}; tried again"),
            Err(Broken::ForGood(failure)) => return Err(failure),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (scheduler, wait) = (arguments.scheduler.clone(), Duration::from_secs(arguments.wait));
        tokio::task::spawn_blocking(move || wait_for_executors(&scheduler, wait))
            .await
            .map_err(|e| Failure::of("the scheduler cannot be asked", &e))??;
    }
}

/// Why one try gave nothing.
enum Broken {
    /// The cluster failed.
    Cluster(Failure),
    /// What it gave is wrong, or it was stopped.
    ForGood(Failure),
}

async fn once(
    arguments: &Arguments,
    url: &str,
    shared: &Shared,
    task: &Task,
    stop: &mut Stop,
) -> Result<Vec<u64>, Broken> {
    let failed = |e: datafusion::common::DataFusionError| {
        Broken::Cluster(Failure::of(&format!("the cluster at {} failed", arguments.scheduler), &e))
    };
    let config = SessionConfig::new_with_ballista()
        .with_target_partitions(usize::from(arguments.parts))
        .with_ballista_job_name("zicht link")
        // The stages of a plan that was made beforehand depend on nothing but the plan.
        .with_ballista_adaptive_query_planner(false);
    let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
    let context = SessionContext::new_with_state(state.upgrade_for_ballista(url.to_owned()).map_err(failed)?);
    let plan = plan(&context, &shared.records(), &shared.pairs(), &task.model).await.map_err(failed)?;
    let job = plan.create_physical_plan().await.map_err(failed)?;
    let broken = tokio::select! {
        patterns = result(&job, &context, task) => match patterns {
            Ok(patterns) => return Ok(patterns),
            Err(Ended::Failed(e)) => failed(e),
            Err(Ended::Wrong(failure)) => Broken::ForGood(failure),
        },
        failure = lost(&arguments.scheduler) => Broken::Cluster(failure),
        () = stop.asked() => Broken::ForGood(Failure::new("it was stopped")),
    };
    cancel(url, &job).await;
    Err(broken)
}

/// Why a job gave no result.
enum Ended {
    Failed(datafusion::common::DataFusionError),
    Wrong(Failure),
}

/// Runs the job, and checks what comes of it.
async fn result(
    job: &Arc<dyn ExecutionPlan>,
    context: &SessionContext,
    task: &Task,
) -> Result<Vec<u64>, Ended> {
    let mut answer = Answer::new(&task.pairs);
    let mut stream = execute_stream(Arc::clone(job), context.task_ctx()).map_err(Ended::Failed)?;
    while let Some(batch) = stream.next().await {
        answer.take(&batch.map_err(Ended::Failed)?).map_err(Ended::Wrong)?;
    }
    answer.whole().map_err(Ended::Wrong)
}

/// Has the scheduler stop a job that nobody waits for any more, as far as it still listens.
async fn cancel(url: &str, job: &Arc<dyn ExecutionPlan>) {
    let id =
        job.downcast_ref::<DistributedQueryExec<LogicalPlanNode>>().and_then(DistributedQueryExec::job_id);
    let Some(id) = id else { return };
    let cancelled = async {
        let mut scheduler = SchedulerGrpcClient::connect(url.to_owned()).await.ok()?;
        scheduler.cancel_job(CancelJobParams { job_id: id.as_str().to_owned() }).await.ok()
    };
    let _ = tokio::time::timeout(Duration::from_secs(5), cancelled).await;
}
