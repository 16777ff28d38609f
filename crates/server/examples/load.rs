//! Asks a server as fast as it answers, and counts: the load of `bench/serve.sh`.
//!
//! ```text
//! load ADDRESS:PORT SECONDS CONNECTIONS kept|new PATH...
//! ```
//!
//! Each connection is a thread that asks for the paths in turn and waits for each answer: nothing is sent ahead. `kept` keeps its
//! connection, `new` makes one for each request. Prints one JSON object.

use std::io::{Error, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A reader with its connection, and room for an answer.
struct Reader {
    address: SocketAddr,
    stream: Option<TcpStream>,
    keep: bool,
    buffer: Vec<u8>,
}

impl Reader {
    /// Asks for a path, and returns the bytes of the body.
    fn ask(&mut self, request: &[u8]) -> Result<usize> {
        let mut stream = if let Some(stream) = self.stream.take() {
            stream
        } else {
            let stream = TcpStream::connect(self.address)?;
            stream.set_nodelay(true)?;
            stream
        };
        stream.write_all(request)?;
        let mut read = 0;
        let (body, length) = loop {
            let n = stream.read(&mut self.buffer[read..])?;
            read += n;
            if let Some(end) = self.buffer[..read].windows(4).position(|w| w == b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.buffer[..end]).map_err(Error::other)?;
                if !head.starts_with("HTTP/1.1 200") {
                    return Err(Error::other(head.lines().next().unwrap_or_default().to_owned()));
                }
                let length = head.lines().find_map(|l| l.strip_prefix("content-length: "));
                let length: usize =
                    length.and_then(|l| l.parse().ok()).ok_or_else(|| Error::other("no length"))?;
                break (end + 4, length);
            }
            if n == 0 || read == self.buffer.len() {
                return Err(Error::other("no whole answer"));
            }
        };
        while read < body + length {
            // What was read is not looked at again.
            let n = stream.read(&mut self.buffer[body..])?;
            if n == 0 {
                return Err(Error::other("the body was cut off"));
            }
            read += n;
        }
        if self.keep {
            self.stream = Some(stream);
        }
        Ok(length)
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, seconds, connections, how, paths @ ..] = &arguments[..] else {
        return Err(Error::other("load ADDRESS:PORT SECONDS CONNECTIONS kept|new PATH..."));
    };
    let address: SocketAddr = address.parse().map_err(Error::other)?;
    let lasts = Duration::from_secs_f64(seconds.parse().map_err(Error::other)?);
    let connections: usize = connections.parse().map_err(Error::other)?;
    let keep = how == "kept";
    let requests: Vec<Vec<u8>> = paths
        .iter()
        .map(|path| {
            let end = if keep { "keep-alive" } else { "close" };
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: gzip, br\r\nConnection: {end}\r\n\r\n")
                .into_bytes()
        })
        .collect();
    let began = Instant::now();
    let done: Vec<Result<(Vec<u32>, usize)>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|i| {
                let requests = &requests;
                scope.spawn(move || {
                    let mut reader = Reader { address, stream: None, keep, buffer: vec![0; 1 << 16] };
                    let (mut took, mut bytes) = (Vec::new(), 0);
                    for request in requests.iter().cycle().skip(i % requests.len()) {
                        let asked = Instant::now();
                        if asked - began >= lasts {
                            break;
                        }
                        bytes += reader.ask(request)?;
                        took.push(asked.elapsed().as_micros() as u32);
                    }
                    Ok((took, bytes))
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().map_err(|_| Error::other("a thread ended badly"))?).collect()
    });
    let seconds = began.elapsed().as_secs_f64();
    let (mut took, mut bytes) = (Vec::new(), 0);
    for one in done {
        let (own, b) = one?;
        took.extend(own);
        bytes += b;
    }
    took.sort_unstable();
    let at = |share: f64| f64::from(took[((took.len() - 1) as f64 * share) as usize]) / 1000.0;
    println!(
        "{{\"requests\": {}, \"per_second\": {:.0}, \"megabytes_per_second\": {:.1}, \"milliseconds\": [{:.2}, {:.2}, {:.2}]}}",
        took.len(),
        took.len() as f64 / seconds,
        bytes as f64 / seconds / 1e6,
        at(0.5),
        at(0.99),
        at(1.0)
    );
    Ok(())
}
