//! A small release by hand, and a reader who speaks HTTP over a socket.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use server::{Options, Site};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The files of the release, but for its manifest.
pub(crate) fn files() -> Vec<(&'static str, Vec<u8>)> {
    let text = |t: &str| t.as_bytes().to_vec();
    let mut long = String::new();
    for i in 0..400 {
        let _ = writeln!(long, "<p>Paragraph {i} of a page that is long.</p>");
    }
    vec![
        (
            "site/index.html",
            text("<!DOCTYPE html><title>Languages</title><a href=\"en/index.html\">English</a>"),
        ),
        ("site/style.css", text("body { color: black }")),
        ("site/en/index.html", format!("<!DOCTYPE html><title>Home</title>{long}").into_bytes()),
        ("data/by_age/by_age.json", pretty(&by_age())),
        ("data/by_age/by_age.csv", text(BY_AGE)),
        ("data/by_age/by_age.csv-metadata.json", text("{}")),
        ("data/by_age/by_age.sdmx.csv", text(BY_AGE_SDMX)),
        ("data/by_age/by_age.xlsx", vec![80, 75, 3, 4]),
        ("data/by_age/by_age.parquet", (0..=255).collect()),
        ("data/by_place/by_place.json", pretty(&by_place())),
        ("data/by_place/by_place.csv", text(BY_PLACE)),
        ("data/structures.xml", text("<?xml version=\"1.0\"?><mes:Structure xmlns:mes=\"x\"/>")),
        ("data/catalogue.jsonld", text("{}")),
        ("protection.json", text("{}")),
    ]
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

fn dimension(label: &str, codes: &[&str], children: &Value) -> Value {
    let labels: serde_json::Map<String, Value> =
        codes.iter().map(|c| ((*c).to_owned(), json!(format!("{label} {c}")))).collect();
    let mut category = json!({ "index": codes, "label": labels });
    if !children.is_null() {
        category["child"] = children.clone();
    }
    json!({ "label": label, "category": category })
}

/// Two years and three ages. One cell is hidden, another to protect it.
pub(crate) fn by_age() -> Value {
    let (years, ages) = (["2019", "2020"], ["_T", "0-17", "25+"]);
    let children = json!({ "_T": ["0-17", "25+"] });
    json!({
        "version": "2.0",
        "class": "dataset",
        "label": "By age",
        "source": "Tests",
        "updated": "2026-01-31",
        "note": ["Persons by age."],
        "id": ["year", "age"],
        "size": [2, 3],
        "dimension": { "year": dimension("Year", &years, &Value::Null), "age": dimension("Age", &ages, &children) },
        "value": [40, null, null, 50, 20, 30],
        "role": { "time": ["year"] },
        "status": { "1": "Q", "2": "Q" },
        "extension": {
            "unit": "persons",
            "licence": "CC-BY-4.0",
            "status": { "Q": "suppressed, to protect persons", "O": "missing" },
            "nl": {
                "label": "Naar leeftijd",
                "note": ["Personen naar leeftijd."],
                "dimension": {
                    "year": dimension("Jaar", &years, &Value::Null),
                    "age": dimension("Leeftijd", &ages, &Value::Null),
                },
            },
        },
    })
}

pub(crate) const BY_AGE: &str = "\
year,age,year_en,year_nl,age_en,age_nl,value,lower,upper,CONF_STATUS,OBS_STATUS,unit
2019,_T,2019,2019,Total,Totaal,40,,,F,A,persons
2019,0-17,2019,2019,0 to 17,0 tot 17,,,,C,Q,persons
2019,25+,2019,2019,\"25, or older\",25 of ouder,,,,C,Q,persons
2020,_T,2020,2020,Total,Totaal,50,,,F,A,persons
2020,0-17,2020,2020,0 to 17,0 tot 17,20,,,F,A,persons
2020,25+,2020,2020,\"25, or older\",25 of ouder,30,,,F,A,persons
";

pub(crate) const BY_AGE_SDMX: &str = "\
STRUCTURE,STRUCTURE_ID,ACTION,TIME_PERIOD,AGE,OBS_VALUE,OBS_STATUS,CONF_STATUS
dataflow,ZICHT:BY_AGE(1.0.0),I,2019,_T,40,A,F
dataflow,ZICHT:BY_AGE(1.0.0),I,2019,0-17,,Q,C
dataflow,ZICHT:BY_AGE(1.0.0),I,2019,25_,,Q,C
dataflow,ZICHT:BY_AGE(1.0.0),I,2020,_T,50,A,F
dataflow,ZICHT:BY_AGE(1.0.0),I,2020,0-17,20,A,F
dataflow,ZICHT:BY_AGE(1.0.0),I,2020,25_,30,A,F
";

/// A sparse table, with bounds, rates, and a code with signs that mean something in an address.
pub(crate) fn by_place() -> Value {
    let (places, sexes) = (["N", "S & T, U", "E", "W"], ["F", "M"]);
    json!({
        "version": "2.0",
        "class": "dataset",
        "label": "By place",
        "source": "Tests",
        "updated": "2026-01-31",
        "note": ["Persons by place."],
        "id": ["place", "sex"],
        "size": [4, 2],
        "dimension": { "place": dimension("Place", &places, &Value::Null), "sex": dimension("Sex", &sexes, &Value::Null) },
        "value": { "0": 7, "3": 9 },
        "status": { "7": "O" },
        "extension": {
            "unit": "persons",
            "nl": { "label": "Naar plaats", "note": ["…"], "dimension": {
                "place": dimension("Plaats", &places, &Value::Null), "sex": dimension("Geslacht", &sexes, &Value::Null)
            } },
            "bounds": { "4": [1, 4] },
            "rates": { "per": 1000, "columns": ["population", "rate"], "figures": { "3": [9000, 1.0] } },
        },
    })
}

const BY_PLACE: &str = "\
place,sex,value,lower,upper
N,F,7,,
\"S & T, U\",M,9,,
E,F,,1,4
W,M,,,
";

/// The release in a folder.
pub(crate) fn release() -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let mut listed = Vec::new();
    for (path, bytes) in files() {
        write(&dir.path().join(path), &bytes);
        listed.push(json!({ "path": path, "bytes": bytes.len(), "blake3": blake3::hash(&bytes).to_hex().as_str(), "inputs": [] }));
    }
    let manifest = json!({
        "format": "zicht release, 1",
        "monitor": "tests",
        "edition": "2026",
        "reference_date": "2026-01-31",
        "tables": [{ "id": "by_age" }, { "id": "by_place" }],
        "files": listed,
    });
    write(&dir.path().join("manifest.json"), &pretty(&manifest));
    dir
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    std::fs::write(path, bytes).expect("a file");
}

/// A server that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Shows the small release, without a limit of questions.
    pub(crate) fn start() -> Self {
        Self::with(0)
    }

    /// Shows it with a limit.
    pub(crate) fn with(rate: u32) -> Self {
        let dir = release();
        let site = Site::read(dir.path(), server::MEMORY).expect("a release");
        let options = Options { rate, ..Options::new("127.0.0.1:0".parse().expect("an address")) };
        let (stop, stopped) = oneshot::channel();
        let (told, address) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let until = move || {
                Ok(async {
                    let _ = stopped.await;
                })
            };
            server::serve(site, &options, until, |a| told.send(a).expect("a test")).expect("a server");
        });
        let address = address.recv_timeout(Duration::from_secs(20)).expect("it listens");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Tells it to stop, and does not wait.
    pub(crate) fn tell_to_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until it has stopped.
    pub(crate) fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it ends well");
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
        for (name, value) in headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str("\r\n");
        self.say(&text)
    }

    /// Sends a request as it is.
    pub(crate) fn say(&self, text: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(text.as_bytes()).expect("sent");
        answer(&mut stream)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
        stream
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tell_to_stop();
        self.wait();
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, v)| v)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// Ends the test unless it has this status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?} {}", self.headers, String::from_utf8_lossy(&self.body));
        self
    }
}

/// Reads until the connection ends.
pub(crate) fn answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // One that is cut off, because not all of a request was read, still has an answer.
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("headers");
    let head = std::str::from_utf8(&bytes[..end]).expect("text");
    let mut lines = head.lines();
    let status =
        lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).expect("a status");
    let headers = lines
        .filter_map(|l| l.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    Answer { status, headers, body: bytes[end + 4..].to_vec() }
}
