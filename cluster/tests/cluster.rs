//! A linkage on a scheduler and two executors gives what one process gives, also when one of them is lost.

#[path = "../../crates/linkage/tests/common/mod.rs"]
#[allow(dead_code, unreachable_pub)]
mod common;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use linkage::comparer::{Process, wire};
use linkage::{Comparer, Error, Linked, Records, Settings, link};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zicht-cluster");
const THREE: [(&str, f64); 3] = [("police", 0.5), ("shelters", 0.4), ("youth", 0.3)];

/// A program that is killed when the test ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that nothing listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn start(arguments: &[&str]) -> Running {
    let child = Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).spawn();
    Running(child.expect("zicht-cluster starts"))
}

/// A scheduler with executors, and the folders that they use.
struct Cluster {
    scheduler: String,
    executors: Vec<(Running, TempDir)>,
    shared: TempDir,
    _scheduler: Running,
}

impl Cluster {
    fn new(executors: usize) -> Self {
        let scheduler = format!("127.0.0.1:{}", free_port());
        let running = start(&["scheduler", "--bind", &scheduler, "--executor-timeout", "10"]);
        let executors: Vec<_> = (0..executors)
            .map(|_| {
                let dir = tempfile::tempdir().expect("a folder");
                let bind = format!("127.0.0.1:{}", free_port());
                let work = dir.path().to_str().expect("a path");
                let arguments = ["--scheduler", &scheduler, "--bind", &bind, "--work-dir", work];
                let more = ["--tasks", "2"];
                (start(&[&["executor"], &arguments[..], &more[..]].concat()), dir)
            })
            .collect();
        wait_until("all executors are there", || ready(&scheduler) == Some(executors.len()));
        let shared = tempfile::tempdir().expect("a folder");
        Self { scheduler, executors, shared, _scheduler: running }
    }

    fn comparer(&self, more: &[&str]) -> Arc<dyn Comparer> {
        comparer(&self.scheduler, self.shared.path(), more)
    }

    /// True once an executor holds a file of the work.
    fn works(&self, executor: usize) -> bool {
        files(self.executors[executor].1.path()) > 0
    }

    /// True if there are no records in the shared folder.
    fn is_empty(&self) -> bool {
        std::fs::read_dir(self.shared.path()).expect("a folder").count() == 0
    }

    fn nothing_left(&self) {
        assert!(self.is_empty(), "records are left in the shared folder");
    }
}

fn comparer(scheduler: &str, shared: &Path, more: &[&str]) -> Arc<dyn Comparer> {
    let shared = shared.to_str().expect("a path");
    let arguments = ["compare", "--scheduler", scheduler, "--folder", shared];
    Arc::new(Process::new(PROGRAM, [&arguments[..], more].concat()))
}

/// How many executors the scheduler says that it has; `None` if it is not there.
fn ready(scheduler: &str) -> Option<usize> {
    let mut stream = TcpStream::connect(scheduler).ok()?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {scheduler}\r\nConnection: close\r\n\r\n").ok()?;
    let mut said = String::new();
    stream.read_to_string(&mut said).ok()?;
    let number = said.lines().last()?.split(": ").nth(1)?.split([' ', '/']).next()?;
    number.parse().ok()
}

/// Sends a signal to a program and waits until it has ended.
fn stop(running: &mut Running) -> Option<i32> {
    let kill = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status();
    assert!(kill.expect("kill").success());
    running.0.wait().expect("it ends").code()
}

fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|e| if e.path().is_dir() { files(&e.path()) } else { 1 }).sum()
}

fn wait_until(what: &str, is: impl Fn() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < Duration::from_mins(2), "{what}: not within two minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn linked(records: &Records, comparer: Option<Arc<dyn Comparer>>) -> Result<Linked, Error> {
    link(records, &Settings { comparer, draws: 40, seed: 3, ..Settings::default() }, &|_| {})
}

/// All that a result is made of.
fn told(linked: &Linked) -> String {
    let draws: Vec<_> = (0..linked.draws.len()).map(|d| linked.draws.partition(d)).collect();
    format!(
        "{:?}{:?}{:?}{:?}{:?}{draws:?}{}",
        linked.links, linked.patterns, linked.model, linked.clusters.point, linked.persons, linked.compared,
    )
}

#[test]
fn two_executors_give_what_one_process_gives() {
    let cluster = Cluster::new(2);
    for (seed, twice) in [(1, 0.0), (2, 0.2)] {
        let (records, _) = common::registers(seed, 1500, &THREE, 0.08, twice);
        let here = linked(&records, None).expect("linked in one process");
        let there = linked(&records, Some(cluster.comparer(&[]))).expect("linked on the cluster");
        assert!(here.compared > 1000, "{} pairs", here.compared);
        assert!(told(&here) == told(&there), "seed {seed}: another result on the cluster");
        cluster.nothing_left();
    }
    assert!(cluster.works(0) && cluster.works(1), "both executors had work");
}

#[test]
fn an_executor_that_is_killed_in_the_middle_never_makes_a_wrong_result() {
    let (records, _) = common::registers(3, 4000, &THREE, 0.08, 0.1);
    let here = told(&linked(&records, None).expect("linked in one process"));
    for late in [0, 150, 400] {
        let mut cluster = Cluster::new(2);
        let (comparer, records_there) = (cluster.comparer(&[]), records.clone());
        let link = std::thread::spawn(move || linked(&records_there, Some(comparer)));
        wait_until("the first executor works", || cluster.works(0) || link.is_finished());
        std::thread::sleep(Duration::from_millis(late));
        let in_the_middle = !link.is_finished() && !cluster.is_empty();
        cluster.executors[0].0.0.kill().expect("killed");
        match link.join().expect("no panic") {
            Ok(there) => assert!(told(&there) == here, "another result after an executor was killed"),
            Err(e) => assert!(e.to_string().contains("no result was written"), "{e}"),
        }
        assert!(in_the_middle || late > 0, "the executor was killed too late to say anything");
        cluster.nothing_left();
        // The other goes on.
        let there =
            linked(&records, Some(cluster.comparer(&["--tries", "5"]))).expect("linked with one left");
        assert!(told(&there) == here);
        cluster.nothing_left();
    }
}

#[test]
fn all_executors_lost_is_an_error_and_nothing_is_left() {
    let (records, _) = common::registers(4, 4000, &THREE, 0.08, 0.1);
    let mut cluster = Cluster::new(1);
    let comparer = cluster.comparer(&["--tries", "1"]);
    let link = std::thread::spawn(move || linked(&records, Some(comparer)));
    wait_until("the executor works", || cluster.works(0) || link.is_finished());
    assert!(!link.is_finished(), "the executor was killed too late to say anything");
    cluster.executors[0].0.0.kill().expect("killed");
    let error = link.join().expect("no panic").expect_err("no executor is left").to_string();
    assert!(error.contains("no result was written"), "{error}");
    cluster.nothing_left();
}

#[test]
fn a_cluster_that_is_not_there_is_an_error_with_what_to_do() {
    let (records, _) = common::registers(5, 200, &THREE, 0.05, 0.0);
    let shared = tempfile::tempdir().expect("a folder");
    let nowhere = format!("127.0.0.1:{}", free_port());
    let error = linked(&records, Some(comparer(&nowhere, shared.path(), &[]))).expect_err("no scheduler");
    assert!(error.to_string().contains("there is no scheduler on 127.0.0.1"), "{error}");

    let cluster = Cluster::new(0);
    let error = linked(&records, Some(cluster.comparer(&["--wait", "1"]))).expect_err("no executor");
    assert!(error.to_string().contains("zicht cluster executor --scheduler"), "{error}");
    cluster.nothing_left();
}

#[test]
fn what_is_stopped_leaves_no_records() {
    let (records, _) = common::registers(6, 4000, &THREE, 0.08, 0.1);
    let model = serde_json::from_str(
        r#"{"comparison": [{"field": "surname", "level": [{"test": "exact"}, {"test": "damerau(2)"}, {"test": "else"}]}]}"#,
    )
    .expect("a model");
    let some = (records.len() as u32).min(1500);
    let pairs: Vec<(u32, u32)> = (0..some).flat_map(|a| (a + 1..some).map(move |b| (a, b))).collect();
    let mut cluster = Cluster::new(1);
    let shared = cluster.shared.path().to_str().expect("a path");
    let arguments = ["compare", "--scheduler", &cluster.scheduler, "--folder", shared];
    let mut child = Command::new(PROGRAM);
    let child = child.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running(child.spawn().expect("zicht-cluster starts"));
    let mut to = running.0.stdin.take().expect("an input");
    wire::write_task(&mut to, &model, &records, &pairs).expect("written");
    drop(to);
    wait_until("the executor works", || cluster.works(0));
    assert!(!cluster.is_empty(), "it is stopped in the middle");
    assert_eq!(stop(&mut running), Some(2));
    cluster.nothing_left();

    let (executor, dir) = &mut cluster.executors[0];
    stop(executor);
    assert_eq!(files(dir.path()), 0, "files are left where the executor works");
}
