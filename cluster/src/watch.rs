//! How many executors a scheduler has, asked before the work and all along.
//!
//! Work whose executor is lost is not left to Ballista: as of version 55.0 a job can wait for ever for what is
//! gone (apache/datafusion-ballista, issues 2029 and 2226). It is begun again with those that are left.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Times in a row that there may be no answer.
const SILENT: u32 = 3;

/// Waits until the scheduler has an executor: without one, work would wait for ever.
pub(crate) fn wait_for_executors(scheduler: &str, wait: Duration) -> std::result::Result<(), Failure> {
    let began = Instant::now();
    loop {
        let executors = executors(scheduler)
            .map_err(|e| Failure::of(&format!("there is no scheduler on {scheduler}"), &e))?;
        if executors > 0 {
            return Ok(());
        }
        if began.elapsed() >= wait {
            return Err(Failure::new(format!(
                "the scheduler on {scheduler} has no executor; \
                 start one with \"zicht cluster executor --scheduler {scheduler}\""
            )));
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Ends, with what happened, when an executor or the scheduler is lost.
pub(crate) async fn lost(scheduler: &str) -> Failure {
    let (mut most, mut silent) = (0, 0);
    loop {
        let asked = scheduler.to_owned();
        match tokio::task::spawn_blocking(move || executors(&asked)).await {
            Ok(Ok(executors)) if executors < most => {
                return Failure::new(format!("of {most} executors {executors} are left"));
            }
            Ok(Ok(executors)) => (most, silent) = (executors, 0),
            _ if silent + 1 == SILENT => {
                return Failure::new(format!("the scheduler on {scheduler} does not answer any more"));
            }
            _ => silent += 1,
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// How many executors the scheduler says that it has.
fn executors(scheduler: &str) -> Result<usize> {
    let none = || Error::new(ErrorKind::NotFound, "the name has no address");
    let address = scheduler.to_socket_addrs()?.next().ok_or_else(none)?;
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {scheduler}\r\nConnection: close\r\n\r\n")?;
    let mut said = Vec::new();
    stream.take(1 << 14).read_to_end(&mut said)?;
    number(&String::from_utf8_lossy(&said))
        .ok_or_else(|| Error::other("something else than a scheduler listens there"))
}

/// The number in "ready: 2 executors registered" or "not ready: 0/1 executors registered", the last line.
fn number(said: &str) -> Option<usize> {
    let (what, rest) = said.lines().last()?.split_once(": ")?;
    let number = rest.strip_suffix(" executors registered")?.split('/').next()?;
    (said.starts_with("HTTP/1.1 ") && what.ends_with("ready")).then(|| number.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn the_number_of_executors_is_read_and_nothing_else_taken_for_it() {
        let said = |status: &str, body: &str| format!("HTTP/1.1 {status}\r\nserver: x\r\n\r\n{body}\n");
        assert_eq!(number(&said("200 OK", "ready: 12 executors registered")), Some(12));
        assert_eq!(number(&said("503 Service Unavailable", "not ready: 0/1 executors registered")), Some(0));
        for other in
            ["", "ready: 2 executors registered", &said("200 OK", "welcome: 2"), &said("404 Not Found", "")]
        {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
