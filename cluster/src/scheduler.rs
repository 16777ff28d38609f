//! `zicht-cluster scheduler`.

use std::net::SocketAddr;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use clap::Args;
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::prelude::SessionConfig;

use crate::failure::Failure;
use crate::function;
use crate::stop::Stop;

/// Arguments of `zicht-cluster scheduler`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Address to listen on. Whoever reaches it can give work to the cluster: let it be a private network.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:50050")]
    bind: SocketAddr,
    /// Name under which the executors reach it; the address when not given.
    #[arg(long, value_name = "HOST")]
    advertise: Option<String>,
    /// Seconds without a word from an executor after which its work is given to others.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(10..=86_400))]
    executor_timeout: u64,
}

/// Runs until it is stopped.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let failed =
        |e: &dyn std::fmt::Display| Failure::of(&format!("the scheduler on {} ended", arguments.bind), e);
    let config = SchedulerConfig {
        bind_host: arguments.bind.ip().to_string(),
        bind_port: arguments.bind.port(),
        external_host: arguments.advertise.clone().unwrap_or_else(|| arguments.bind.ip().to_string()),
        // Executors fetch work when they have room. Where the scheduler pushes it, it can lose count of the
        // room on an executor when another is lost, and then waits for ever.
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: arguments.executor_timeout,
        expire_dead_executor_interval_seconds: (arguments.executor_timeout / 4).clamp(1, 15),
        no_executors_grace_period_seconds: arguments.executor_timeout,
        // Files between the stages hold identifiers; but what is still being fetched must not go.
        finished_job_data_clean_up_interval_seconds: 300,
        finished_job_state_clean_up_interval_seconds: 600,
        override_session_builder: Some(Arc::new(session)),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(|e| failed(&e))?;
    let mut stop = Stop::new()?;
    eprintln!("the scheduler listens on {}", arguments.bind);
    tokio::select! {
        ended = start_server(cluster, arguments.bind, Arc::new(config)) => ended.map_err(|e| failed(&e)),
        () = stop.asked() => Ok(()),
    }
}

/// A session as Ballista has it, with our function.
fn session(config: SessionConfig) -> datafusion::common::Result<SessionState> {
    let mut state = default_session_builder(config)?;
    state.register_udf(Arc::new(function::pattern()))?;
    Ok(state)
}
