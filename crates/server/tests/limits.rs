//! What a reader may cost, and how the server ends.

mod common;

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use common::{Running, answer};

#[test]
fn who_asks_too_much_is_told_when_to_come_back() {
    let server = Running::with(1);
    let mut answers: Vec<_> = (0..10).map(|_| server.get("/api/tables/by_age/data?age=_T")).collect();
    let refused = answers.pop().expect("ten answers").is(429);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert!(answers[..2].iter().all(|a| a.status == 200));
    // Pages and files are not limited, and after a while he may ask again.
    for _ in 0..20 {
        server.get("/data/by_age/by_age.csv").is(200);
    }
    std::thread::sleep(Duration::from_millis(1500));
    server.get("/api/").is(200);
}

#[test]
fn an_address_and_headers_have_limits() {
    let server = Running::start();
    server.get(&format!("/api/tables/by_age/data?age={}", "x".repeat(9000))).is(414);
    let many = "x".repeat(40_000);
    let answer = server.say(&format!("GET / HTTP/1.1\r\nHost: test\r\nX-Much: {many}\r\n\r\n"));
    assert!(matches!(answer.status, 400 | 431), "{}", answer.status);
    let lines = (0..100).map(|i| format!("X-{i}: 1\r\n")).collect::<Vec<_>>().concat();
    server.say(&format!("GET / HTTP/1.1\r\nHost: test\r\n{lines}\r\n")).is(431);
    assert_eq!(server.say("NONSENSE\r\n\r\n").status, 400);
    server.get("/site/index.html").is(200);
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let server = Running::start();
    let mut stream = server.connect();
    let request = "GET /site/style.css HTTP/1.1\r\nHost: test\r\n\r\n";
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).expect("sent");
        let mut read = Vec::new();
        while !read.ends_with(b"body { color: black }") {
            let mut some = [0; 512];
            let n = stream.read(&mut some).expect("read");
            assert!(n > 0, "it was closed");
            read.extend_from_slice(&some[..n]);
        }
    }
}

#[test]
fn a_request_that_runs_is_answered_when_it_stops() {
    let mut server = Running::start();
    let (mut begun, idle) = (server.connect(), server.connect());
    begun.write_all(b"GET /site/en/index.html HTTP/1.1\r\nHost: test\r\n").expect("sent");
    // It is taken up before the word to stop comes.
    std::thread::sleep(Duration::from_millis(300));
    let stopped = Instant::now();
    server.tell_to_stop();
    std::thread::sleep(Duration::from_millis(300));
    let _ = begun.write_all(b"\r\n");
    let text = answer(&mut begun).is(200);
    assert!(text.text().contains("Paragraph 399"));
    server.wait();
    assert!(stopped.elapsed() < Duration::from_secs(9), "idle connections are not waited for");
    drop(idle);
    assert!(std::net::TcpStream::connect(server.address).is_err(), "nobody listens any more");
}
