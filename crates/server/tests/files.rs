//! The files of a release over a socket: whole, unchanged, and only these.

mod common;

use std::io::Read as _;

use common::{Running, files};

#[test]
fn every_file_is_answered_as_it_is_with_its_type_and_hash() {
    let server = Running::start();
    for (path, bytes) in files() {
        let answer = server.get(&format!("/{path}")).is(200);
        assert_eq!(answer.body, bytes, "{path}");
        assert_eq!(answer.header("etag"), format!("\"{}\"", blake3::hash(&bytes).to_hex()), "{path}");
        assert_eq!(answer.header("content-length"), bytes.len().to_string());
        assert_eq!(answer.header("content-encoding"), "");
    }
    let types = [
        ("site/en/index.html", "text/html; charset=utf-8"),
        ("site/style.css", "text/css; charset=utf-8"),
        ("data/by_age/by_age.csv", "text/csv; charset=utf-8; header=present"),
        ("data/by_age/by_age.json", "application/json"),
        ("data/by_age/by_age.csv-metadata.json", "application/csvm+json"),
        ("data/by_age/by_age.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("data/by_age/by_age.parquet", "application/vnd.apache.parquet"),
        ("data/by_age/by_age.sdmx.csv", "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8"),
        ("data/structures.xml", "application/xml"),
        ("data/catalogue.jsonld", "application/ld+json"),
        ("manifest.json", "application/json"),
    ];
    for (path, media) in types {
        assert_eq!(server.get(&format!("/{path}")).is(200).header("content-type"), media, "{path}");
    }
}

#[test]
fn folders_lead_to_their_first_page() {
    let server = Running::start();
    for (path, to) in [
        ("/", "site/index.html"),
        ("/site", "site/index.html"),
        ("/site/", "index.html"),
        ("/site/en", "en/index.html"),
        ("/api", "api/"),
    ] {
        assert_eq!(server.get(path).is(307).header("location"), to, "{path}");
    }
}

#[test]
fn a_reader_who_has_the_file_gets_no_body() {
    let server = Running::start();
    let path = "/site/en/index.html";
    for encoding in ["", "gzip", "br"] {
        let ask = |headers: &[(&str, &str)]| {
            let all: Vec<_> = headers.iter().copied().chain([("Accept-Encoding", encoding)]).collect();
            server.ask("GET", path, &all)
        };
        let tag = ask(&[]).is(200).header("etag").to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let answer = ask(&[("If-None-Match", &known)]).is(304);
            assert!(answer.body.is_empty());
            assert_eq!(answer.header("etag"), tag);
            assert_eq!(answer.header("cache-control"), "public, no-cache");
            assert_eq!(answer.header("vary"), "Accept-Encoding");
        }
        ask(&[("If-None-Match", "\"other\"")]).is(200);
    }
}

#[test]
fn compressed_forms_are_the_file_when_they_are_unpacked() {
    let server = Running::start();
    let path = "/site/en/index.html";
    let whole = server.get(path).is(200);
    let ask = |accept: &str| server.ask("GET", path, &[("Accept-Encoding", accept)]).is(200);
    let mut tags = vec![whole.header("etag").to_owned()];
    for (accept, encoding) in [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("GZIP", "gzip"),
        ("gzip;q=0", ""),
        ("identity", ""),
        ("br;q=x", ""),
    ] {
        let answer = ask(accept);
        assert_eq!(answer.header("content-encoding"), encoding, "{accept}");
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        let mut out = Vec::new();
        match encoding {
            "gzip" => {
                flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut out).expect("gzip");
            }
            "br" => {
                brotli::Decompressor::new(&answer.body[..], 4096).read_to_end(&mut out).expect("brotli");
            }
            _ => out.clone_from(&answer.body),
        }
        assert_eq!(out, whole.body, "{accept}");
        assert!(encoding.is_empty() || answer.body.len() < whole.body.len());
        tags.push(answer.header("etag").to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3, "each form has a tag of its own: {tags:?}");
    // What is compressed already is sent as it is.
    let parquet =
        server.ask("GET", "/data/by_age/by_age.parquet", &[("Accept-Encoding", "gzip, br")]).is(200);
    assert_eq!(parquet.header("content-encoding"), "");
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let server = Running::start();
    for path in ["/site/en/index.html", "/api/", "/api/tables/by_age/data?age=_T", "/nowhere"] {
        let (get, head) = (server.get(path), server.ask("HEAD", path, &[]));
        let plain = |a: &common::Answer| {
            let mut all: Vec<_> = a.headers.iter().filter(|(n, _)| n != "date").cloned().collect();
            all.sort();
            all
        };
        assert_eq!((head.status, plain(&head)), (get.status, plain(&get)), "{path}");
        assert!(head.body.is_empty());
    }
}

#[test]
fn a_part_of_a_file_can_be_asked_for() {
    let server = Running::start();
    let path = "/data/by_age/by_age.parquet";
    let ask = |headers: &[(&str, &str)]| server.ask("GET", path, headers);
    let part = ask(&[("Range", "bytes=10-12"), ("Accept-Encoding", "gzip")]).is(206);
    assert_eq!((part.body.as_slice(), part.header("content-range")), (&[10, 11, 12][..], "bytes 10-12/256"));
    assert_eq!(ask(&[("Range", "bytes=-2")]).is(206).body, [254, 255]);
    let beyond = ask(&[("Range", "bytes=300-")]).is(416);
    assert_eq!((beyond.header("content-range"), beyond.body.len()), ("bytes */256", 0));
    let tag = part.header("etag").to_owned();
    ask(&[("Range", "bytes=10-12"), ("If-Range", &tag)]).is(206);
    assert_eq!(ask(&[("Range", "bytes=10-12"), ("If-Range", "\"other\"")]).is(200).body.len(), 256);
    ask(&[("Range", "bytes=10-12"), ("If-None-Match", &tag)]).is(304);
}

#[test]
fn no_path_leads_out_of_the_release() {
    let server = Running::start();
    for path in [
        "/../Cargo.toml",
        "/site/../../etc/passwd",
        "/site/%2e%2e/%2e%2e/etc/passwd",
        "/site/..%2f..%2fetc%2fpasswd",
        "/site/..%5c..%5cetc%5cpasswd",
        "//etc/passwd",
        "/etc/passwd",
        "/site/./style.css",
        "/site//style.css",
        "/site/../site/style.css",
        "/site/style.css/",
        "/site/style.css%00",
        "/%ff",
        "/SITE/style.css",
    ] {
        let answer = server.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.text().contains("root:"));
    }
    // What the percent signs say is the same path.
    server.get("/site/%73tyle.css").is(200);
    server.get("/site/style.css?version=3").is(200);
}

#[test]
fn every_answer_has_the_headers_of_security() {
    let server = Running::start();
    for path in
        ["/", "/site/index.html", "/data/by_age/by_age.csv", "/nowhere", "/api/", "/api/tables/x/data"]
    {
        let answer = server.get(path);
        let policy = answer.header("content-security-policy");
        for part in
            ["default-src 'none'", "style-src 'self'", "img-src 'self' data:", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert!(answer.header("permissions-policy").contains("geolocation=()"));
        assert_eq!(answer.header("set-cookie"), "");
        assert_eq!(answer.header("server"), "");
    }
    // Data may be read by the pages of others, and pages not.
    assert_eq!(server.get("/site/index.html").header("access-control-allow-origin"), "");
    assert_eq!(server.get("/site/index.html").header("cross-origin-resource-policy"), "same-origin");
    for path in ["/data/by_age/by_age.csv", "/api/", "/manifest.json"] {
        let answer = server.get(path).is(200);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
    }
}

#[test]
fn nothing_can_be_written() {
    let server = Running::start();
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
        for path in ["/", "/site/index.html", "/api/tables/by_age/data"] {
            let answer = server.ask(method, path, &[]).is(405);
            assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS");
        }
    }
    let options = server.ask("OPTIONS", "/api/", &[("Origin", "https://example.org")]).is(204);
    assert_eq!(options.header("access-control-allow-methods"), "GET, HEAD");
    assert_eq!(options.header("access-control-allow-origin"), "*");
}
