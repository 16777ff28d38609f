//! What is answered at which address.

use std::sync::Arc;
use std::thread::available_parallelism;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::problem::Problem;
use crate::sdmx;
use crate::select::{self, Format, decode};
use crate::site::Site;
use crate::stored::{CACHE, Stored, media};

/// What all answers share.
pub(crate) struct App {
    site: Site,
    /// Who may work out an answer: as many at a time as there are cores, so that pages are answered meanwhile.
    work: Arc<Semaphore>,
}

const NOT_FOUND: &str = "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Not here</title>\n\
     <p>There is no such page. <a href=\"/\">To the beginning</a>.</p>\n\
     <p lang=\"nl\">Deze pagina is er niet. <a href=\"/\">Naar het begin</a>.</p>\n</html>\n";

/// The addresses.
pub(crate) fn router(site: Site) -> Router {
    let cores = available_parallelism().map_or(1, usize::from);
    let app = App { site, work: Arc::new(Semaphore::new(cores)) };
    Router::new()
        .route("/api/tables/{id}/data", get(data))
        .route("/api/sdmx/data/{*rest}", get(sdmx_data))
        .route("/api/sdmx/structure/{*rest}", get(sdmx_structure))
        .fallback(stored)
        .with_state(Arc::new(app))
}

/// A file of the release, or a page that leads to one.
async fn stored(State(app): State<Arc<App>>, uri: Uri, asked: HeaderMap) -> Response {
    let raw = uri.path().trim_start_matches('/');
    let files = &app.site.stored;
    let path = match decode(raw) {
        Ok(path) => path,
        Err(problem) => return problem.into_response(),
    };
    if let Some(file) = files.get(&path) {
        return file.respond(&asked);
    }
    // Relative, so that it is right wherever a proxy puts the release.
    let last = raw.rsplit('/').next().unwrap_or_default();
    let leads = |to: &str| files.contains_key(to);
    if path.is_empty() && leads("site/index.html") {
        return to("site/index.html");
    }
    if path.ends_with('/') && leads(&format!("{path}index.html")) {
        return to("index.html");
    }
    for end in ["/index.html", "/"] {
        if leads(&format!("{path}{end}")) {
            return to(&format!("{last}{end}"));
        }
    }
    if path == "api" || path.starts_with("api/") {
        let there = ["/api/", "/api/openapi.json"];
        return Problem::not_found("there is nothing at this address").allowing(there).into_response();
    }
    let mut response = Response::new(Body::from(NOT_FOUND));
    *response.status_mut() = StatusCode::NOT_FOUND;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn to(place: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    // It is part of an address that was asked for, and so has no sign that a header may not have.
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, CACHE);
    response
}

/// Cells of a table.
async fn data(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let Some(table) = app.site.tables.get(&id) else {
        return Err(Problem::not_found("there is no such table").allowing(app.site.tables()));
    };
    let (selection, format) = select::parse(table, &query.unwrap_or_default(), &asked)?;
    let end = match format {
        Format::Json => "json",
        Format::Csv => "csv",
    };
    let mut response = if selection.is_whole()
        && let Some(file) = app.site.stored.get(&format!("data/{id}/{id}.{end}"))
    {
        file.respond(&asked)
    } else {
        work(&app.clone(), move || {
            let Some(table) = app.site.tables.get(&id) else { return Err(Problem::not_found("no table")) };
            let bytes = match format {
                Format::Json => table.json(&selection).to_string().into_bytes(),
                Format::Csv => table.csv(&selection),
            };
            Ok(Stored::once(media(&format!(".{end}")), bytes.into(), &asked).respond(&asked))
        })
        .await?
    };
    // Where no format is named the headers choose.
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    Ok(response)
}

/// Rows of a data flow.
async fn sdmx_data(
    State(app): State<Arc<App>>,
    Path(rest): Path<String>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let parts: Vec<&str> = rest.split('/').filter(|p| !p.is_empty()).collect();
    match parts.split_first() {
        Some((&("dataflow" | "*"), place)) if place.len() <= 4 => {
            sdmx::find(&app.site.flows, place)?;
        }
        _ => {
            return Err(Problem::not_found("no results found at this address")
                .allowing(["dataflow/{agency}/{flow}/{version}/{key}"]));
        }
    }
    acceptable(&asked)?;
    work(&app.clone(), move || {
        let place: Vec<&str> = rest.split('/').filter(|p| !p.is_empty()).skip(1).collect();
        let flow = sdmx::find(&app.site.flows, &place)?;
        let key = place.get(3).copied().unwrap_or("*");
        let bytes = flow.query(key, &query.unwrap_or_default())?;
        Ok(Stored::once(sdmx::DATA, Bytes::from(bytes), &asked).respond(&asked))
    })
    .await
}

/// The structures: all of them, whichever is asked for.
async fn sdmx_structure(
    State(app): State<Arc<App>>,
    Path(rest): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let parts: Vec<&str> = rest.split('/').filter(|p| !p.is_empty()).collect();
    let kinds = ["dataflow", "datastructure", "codelist", "conceptscheme", "*"];
    let nothing = || Problem::not_found("no results found: there is no such structure").allowing(kinds);
    let Some(structures) = &app.site.structures else { return Err(nothing()) };
    let (kind, place) = parts.split_first().ok_or_else(nothing)?;
    if !kinds.contains(kind) {
        return Err(nothing());
    }
    let agency = place.first().copied().unwrap_or("*");
    if agency != "*" && app.site.flows.iter().all(|f| f.agency != agency) {
        return Err(nothing());
    }
    if let ("dataflow", Some(&id)) = (*kind, place.get(1))
        && id != "*"
        && app.site.flows.iter().all(|f| f.id != id)
    {
        let ids = app.site.flows.iter().map(|f| f.id.as_str());
        return Err(Problem::not_found("no results found: there is no such data flow").allowing(ids));
    }
    Ok(structures.respond(&asked))
}

/// Data are answered in one form: whoever cannot read it is told so.
fn acceptable(asked: &HeaderMap) -> Result<(), Problem> {
    let Some(accept) = asked.get(header::ACCEPT).and_then(|a| a.to_str().ok()) else { return Ok(()) };
    let forms = ["application/vnd.sdmx.data+csv", "text/csv", "application/*", "text/*", "*/*"];
    if accept.split(',').any(|a| forms.contains(&a.split(';').next().unwrap_or_default().trim())) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::NOT_ACCEPTABLE, "data are answered as SDMX-CSV 2.0").allowing(forms))
}

/// Works out an answer away from the threads that speak to readers.
async fn work(
    app: &App,
    answer: impl FnOnce() -> Result<Response, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let busy =
        || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the answer could not be worked out").retry_after(1);
    let permit = app.work.clone().acquire_owned().await.map_err(|_| busy())?;
    let task = tokio::task::spawn_blocking(move || {
        // It ends with the work, which goes on when the reader has left.
        let _permit = permit;
        answer()
    });
    task.await.map_err(|_| busy())?
}
