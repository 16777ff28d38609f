//! A file in memory, and the answer to a request for it.

use std::io::Write as _;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;

use crate::range::{self, Range};

/// Readers may keep a file and must ask whether it is still the same, so that no page of one edition stands beside figures of
/// another. That costs them an answer without contents.
pub(crate) const CACHE: HeaderValue = HeaderValue::from_static("public, no-cache");
/// Below this compression saves less than it costs to say so.
const WORTH_IT: usize = 512;
/// Of eleven steps: the last ones cost seconds for a megabyte and save a few percent, and large files take long enough.
const BROTLI: [i32; 2] = [9, 5];
/// From so many bytes on a file is large.
const LARGE: usize = 1 << 20;

/// A file in memory, with its compressed forms.
pub(crate) struct Stored {
    media: HeaderValue,
    forms: Vec<Form>,
}

/// One form of a file.
struct Form {
    encoding: Encoding,
    tag: HeaderValue,
    bytes: Bytes,
}

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// The name in headers.
    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }
}

impl Stored {
    /// A file that is asked for often: its compressed forms are made once and well.
    pub(crate) fn new(media: &'static str, bytes: Bytes, hash: &str) -> Self {
        let mut out = Self { media: HeaderValue::from_static(media), forms: Vec::new() };
        let text = bytes.len() >= WORTH_IT && is_text(media);
        if text {
            out.add(Encoding::Brotli, brotli(&bytes), bytes.len(), hash);
            out.add(Encoding::Gzip, gzip(&bytes, 6), bytes.len(), hash);
        }
        out.forms.push(Form { encoding: Encoding::Identity, tag: tag(hash, Encoding::Identity), bytes });
        out
    }

    /// What is answered once: it is compressed quickly, and only as this reader takes it.
    pub(crate) fn once(media: &'static str, bytes: Bytes, asked: &HeaderMap) -> Self {
        let hash = blake3::hash(&bytes).to_hex();
        let mut out = Self { media: HeaderValue::from_static(media), forms: Vec::new() };
        if bytes.len() >= WORTH_IT && accepts(asked, Encoding::Gzip) {
            out.add(Encoding::Gzip, gzip(&bytes, 5), bytes.len(), &hash);
        }
        let tag = tag(&hash, Encoding::Identity);
        out.forms.push(Form { encoding: Encoding::Identity, tag, bytes });
        out
    }

    /// The same file under another media type.
    pub(crate) fn as_media(&self, media: &'static str) -> Self {
        let copy = |f: &Form| Form { encoding: f.encoding, tag: f.tag.clone(), bytes: f.bytes.clone() };
        Self { media: HeaderValue::from_static(media), forms: self.forms.iter().map(copy).collect() }
    }

    fn add(&mut self, encoding: Encoding, compressed: Option<Vec<u8>>, whole: usize, hash: &str) {
        // Not much smaller is not worth the work of the reader.
        if let Some(bytes) = compressed.filter(|c| c.len() < whole / 10 * 9) {
            self.forms.push(Form { encoding, tag: tag(hash, encoding), bytes: bytes.into() });
        }
    }

    /// The bytes in memory, all forms together.
    pub(crate) fn bytes(&self) -> usize {
        self.forms.iter().map(|f| f.bytes.len()).sum()
    }

    /// The file as it is.
    fn identity(&self) -> Option<&Form> {
        self.forms.last()
    }

    /// The answer to a request with these headers.
    pub(crate) fn respond(&self, asked: &HeaderMap) -> Response {
        // A part is one of the file as it is.
        let range = asked.get(header::RANGE).and_then(|r| r.to_str().ok());
        let takes = |f: &&Form| f.encoding == Encoding::Identity || accepts(asked, f.encoding);
        let form = if range.is_some() { self.identity() } else { self.forms.iter().find(takes) };
        // The last form is always there.
        let Some(form) = form else { return StatusCode::NOT_FOUND.into_response_empty() };
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(header::ETAG, form.tag.clone());
        headers.insert(header::CACHE_CONTROL, CACHE);
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if matches(asked, header::IF_NONE_MATCH, &form.tag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, self.media.clone());
        if form.encoding != Encoding::Identity {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(form.encoding.name()));
        }
        let length = form.bytes.len();
        // Who has a part of another edition must get the whole.
        let same = asked.get(header::IF_RANGE).is_none_or(|tag| *tag == form.tag);
        let bytes = match range.filter(|_| same).map_or(Range::Whole, |r| range::parse(r, length)) {
            Range::Whole => form.bytes.clone(),
            Range::Part(from, to) => {
                let place = format!("bytes {from}-{}/{length}", to - 1);
                set(headers, header::CONTENT_RANGE, &place);
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                form.bytes.slice(from..to)
            }
            Range::Beyond => {
                set(headers, header::CONTENT_RANGE, &format!("bytes */{length}"));
                *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
                Bytes::new()
            }
        };
        // Said here, so that the answer to HEAD has it too.
        response.headers_mut().insert(header::CONTENT_LENGTH, bytes.len().into());
        *response.body_mut() = Body::from(bytes);
        response
    }
}

/// A status without a body.
pub(crate) trait IntoEmpty {
    /// The response.
    fn into_response_empty(self) -> Response;
}

impl IntoEmpty for StatusCode {
    fn into_response_empty(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self;
        response
    }
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    // Only numbers and signs that a header may have are put together here.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The tag of a form: each has bytes of its own.
fn tag(hash: &str, encoding: Encoding) -> HeaderValue {
    let text = match encoding {
        Encoding::Identity => format!("\"{hash}\""),
        other => format!("\"{hash}-{}\"", other.name()),
    };
    // A hash in hexadecimal has no sign that a header may not have.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether a list of tags has this one, weakly compared.
fn matches(asked: &HeaderMap, name: header::HeaderName, tag: &HeaderValue) -> bool {
    let Ok(tag) = tag.to_str() else { return false };
    asked
        .get_all(name)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .any(|t| t == "*" || t.strip_prefix("W/").unwrap_or(t) == tag)
}

/// Whether the reader takes a body that is compressed so (RFC 9110, 12.5.3).
fn accepts(asked: &HeaderMap, encoding: Encoding) -> bool {
    let mut any = false;
    for part in asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
    {
        let (name, weight) = part.split_once(';').map_or((part, ""), |(name, weight)| (name, weight.trim()));
        let name = name.trim();
        let taken = weight.strip_prefix("q=").is_none_or(|q| q.trim().parse::<f32>().is_ok_and(|q| q > 0.0));
        if name.eq_ignore_ascii_case(encoding.name()) {
            return taken;
        }
        any |= name == "*" && taken;
    }
    any
}

/// Whether compression helps: the other formats are compressed as they are.
fn is_text(media: &str) -> bool {
    let kind = media.split(';').next().unwrap_or_default();
    kind.starts_with("text/") || ["json", "xml", "csv"].iter().any(|end| kind.ends_with(end))
}

fn gzip(bytes: &[u8], level: u32) -> Option<Vec<u8>> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    out.write_all(bytes).ok()?;
    out.finish().ok()
}

fn brotli(bytes: &[u8]) -> Option<Vec<u8>> {
    let quality = BROTLI[usize::from(bytes.len() >= LARGE)];
    let how = brotli::enc::BrotliEncoderParams { quality, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &how).ok()?;
    Some(out)
}

/// The media type of a file by its name.
pub(crate) fn media(path: &str) -> &'static str {
    // The longer endings first.
    let known = [
        (".csv-metadata.json", "application/csvm+json"),
        (".sdmx.csv", crate::sdmx::DATA),
        (".html", "text/html; charset=utf-8"),
        (".css", "text/css; charset=utf-8"),
        (".js", "text/javascript; charset=utf-8"),
        (".csv", "text/csv; charset=utf-8; header=present"),
        (".jsonld", "application/ld+json"),
        (".json", "application/json"),
        (".pdf", "application/pdf"),
        (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (".parquet", "application/vnd.apache.parquet"),
        (".xml", "application/xml"),
        (".svg", "image/svg+xml"),
        (".md", "text/markdown; charset=utf-8"),
        (".txt", "text/plain; charset=utf-8"),
    ];
    known.iter().find(|(end, _)| path.ends_with(end)).map_or("application/octet-stream", |(_, media)| media)
}
