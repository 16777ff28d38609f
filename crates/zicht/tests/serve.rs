//! `zicht serve`: a release over a socket, from its start to a signal to stop.

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use support::{Folder, release, small, tree};

/// A release of the small monitor, of so few reports that counts are hidden.
fn made() -> Folder {
    let folder = small::make();
    let few: Vec<String> = small::register().lines().take(31).map(|line| format!("{line}\n")).collect();
    folder.write("m/registers/police.csv", few.concat());
    folder.zicht(&["run", "m", "--quiet"]).ends_with(0);
    folder
}

/// A server that does not outlive a test that fails.
struct Server(Option<Child>);

impl Server {
    /// Sends a signal, and waits for the end.
    fn end(mut self, signal: &str) -> Output {
        let child = self.0.take().expect("it runs");
        let kill = format!("kill {signal} {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
        child.wait_with_output().expect("an end")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Starts the server; what it says when it listens.
fn start(folder: &Folder) -> (Server, Value) {
    let arguments = ["serve", "m/out/release", "--listen", "127.0.0.1:0", "--format", "json", "--rate", "0"];
    let mut command = support::command(&folder.path("."), &arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut server = Server(Some(child));
    let output = server.0.as_mut().and_then(|child| child.stdout.as_mut()).expect("its output");
    let mut text = String::new();
    let mut lines = BufReader::new(output).lines();
    while serde_json::from_str::<Value>(&text).is_err() {
        text.push_str(&lines.next().expect("a whole document").expect("text"));
    }
    let said = serde_json::from_str(&text).expect("JSON");
    (server, said)
}

fn get(address: &str, path: &str) -> (String, Vec<u8>) {
    let place = address.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(place).expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("headers");
    (String::from_utf8_lossy(&bytes[..end]).into_owned(), bytes[end + 4..].to_vec())
}

#[test]
fn a_release_is_shown_as_it_is_until_a_signal_comes() {
    let folder = made();
    let files = tree(&folder.path("m/out/release"));
    for signal in ["-INT", "-TERM"] {
        let (server, said) = start(&folder);
        let address = said["address"].as_str().expect("an address");
        assert_eq!(said["files"], files.len());
        for (path, bytes) in &files {
            let (head, body) = get(address, &format!("/{path}"));
            assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
            assert_eq!(&body, bytes, "{path}");
        }
        let ended = server.end(signal);
        assert_eq!(ended.status.code(), Some(0));
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "stopped\n");
    }
}

#[test]
fn questions_are_answered_with_what_the_files_say_and_no_more() {
    let folder = made();
    let place = folder.path("m/out/release");
    let table = release::jsonstat(&place, "victims_form");
    let (_server, said) = start(&folder);
    let address = said["address"].as_str().expect("an address");
    assert!(table.cells.values().any(release::Cell::is_hidden), "nothing is hidden");
    for (key, cell) in &table.cells {
        let query: Vec<String> = table.dimensions.iter().zip(key).map(|(d, c)| format!("{d}={c}")).collect();
        let (head, body) = get(address, &format!("/api/tables/victims_form/data?{}", query.join("&")));
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let answer: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(answer["value"][0].as_u64(), cell.value, "{key:?}");
        assert_eq!(answer["status"]["0"] == "Q", cell.is_hidden());
    }
    let (head, body) = get(address, "/api/sdmx/data/dataflow/ZICHT/VICTIMS_FORM/1.0.0/*");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let file = std::fs::read(place.join("data/victims_form/victims_form.sdmx.csv")).expect("the file");
    assert_eq!(body, file);
}

#[test]
fn what_is_no_whole_release_is_refused() {
    let folder = made();
    let said = folder.zicht(&["serve", "m"]).ends_with(2).said();
    assert!(said.contains("m has no manifest.json") && said.contains("DIR/out/release"), "{said}");
    folder.write("m/out/release/site/style.css", "body {}");
    let said = folder.zicht(&["serve", "m/out/release"]).ends_with(2).said();
    assert!(said.contains("site/style.css"), "{said}");
    folder.zicht(&["serve", "m/out/release", "--listen", "nowhere"]).ends_with(2);
    folder.zicht(&["serve", "m/out/release", "--memory", "0"]).ends_with(2);
}
