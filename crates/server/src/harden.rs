//! The headers that every answer has.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Pages have a style sheet of the site, charts as SVG within the page, an empty icon as `data:`, and neither
/// form nor frame; the page for young people has the script of its button, from a file of the site.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const EVERY: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Where a reader of these pages goes next is nobody's business, nor where he came from.
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Puts them on the answer to a request for `path`.
pub(crate) fn harden(headers: &mut HeaderMap, path: &str) {
    for (name, value) in EVERY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages are read here; data may be read by the pages of others.
    if path == "/" || path.starts_with("/site") {
        headers.insert(RESOURCE, HeaderValue::from_static("same-origin"));
    } else {
        headers.insert(RESOURCE, HeaderValue::from_static("cross-origin"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("Content-Range, ETag, Retry-After"),
        );
    }
}

/// What a script of another site may send along; the answer to its question beforehand.
pub(crate) fn preflight(headers: &mut HeaderMap) {
    headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("If-None-Match, If-Range, Range"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
}
