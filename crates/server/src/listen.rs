//! Connections: what they may cost, and how they end.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use axum::{Router, http};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::gate::Gate;
use crate::harden::{harden, preflight};
use crate::problem::Problem;
use crate::{Error, Site, api};

/// The longest address, in bytes.
const ADDRESS: usize = 8 * 1024;
/// All headers of a request together, in bytes.
const HEADERS: usize = 16 * 1024;
/// The number of headers of a request.
const HEADER_LINES: usize = 64;
/// A reader has so long to send the headers of a request, or the next one.
const PATIENCE: Duration = Duration::from_secs(15);
/// An answer may be worked out for so long.
const ANSWER: Duration = Duration::from_secs(30);
/// A connection lives so long, whatever it does, so that readers who take nothing do not keep it.
const CONNECTION: Duration = Duration::from_mins(10);
/// So many connections at a time; others wait. It is below the number of open files that systems allow.
const CONNECTIONS: usize = 900;

/// How a release is shown.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Questions a second that one address may ask under `/api/`; 0 for as many as it likes.
    pub rate: u32,
    /// Threads; as many as there are cores when `None`.
    pub threads: Option<usize>,
    /// Requests that run have so long to end when it is told to stop.
    pub grace: Duration,
}

impl Options {
    /// The usual: 50 questions a second, and ten seconds to end.
    pub fn new(listen: SocketAddr) -> Self {
        Self { listen, rate: 50, threads: None, grace: Duration::from_secs(10) }
    }
}

/// Shows a release until the future that `stop` makes is done; requests that run then are answered first. `ready` is told the
/// address when connections are taken.
///
/// # Errors
/// When the address cannot be listened at, or the system gives no threads.
pub fn serve<F: Future<Output = ()>>(
    site: Site,
    options: &Options,
    stop: impl FnOnce() -> std::io::Result<F>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Error> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = options.threads {
        builder.worker_threads(threads.max(1));
    }
    let runtime = builder.enable_all().build().map_err(Error::Start)?;
    let done = runtime.block_on(async {
        let failed = |error| Error::Listen { address: options.listen, error };
        let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let stop = stop().map_err(Error::Start)?;
        ready(address);
        let shown =
            Shown { gate: Gate::new(options.rate), answer: TowerToHyperService::new(api::router(site)) };
        accept(listener, Arc::new(shown), stop, options.grace).await;
        Ok(())
    });
    // An answer that is still worked out is for nobody.
    runtime.shutdown_background();
    done
}

/// Done at the first signal to stop: Ctrl-C, or SIGTERM.
///
/// # Errors
/// When the system does not pass signals on.
pub fn signals() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        // Without a signal it runs until it is ended.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// What is shown, and to whom.
struct Shown {
    gate: Gate,
    answer: TowerToHyperService<Router>,
}

async fn accept(listener: TcpListener, shown: Arc<Shown>, stop: impl Future<Output = ()>, grace: Duration) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_headers(HEADER_LINES)
        .max_header_size(HEADERS)
        .max_buf_size(2 * HEADERS);
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            let permit = connections.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        // The one is never closed; the other fails when a reader has left, or the system has no more files.
        let (Ok(permit), Ok((stream, peer))) = (permit, accepted) else {
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        let connection = connection(&http, stream, peer, &shown);
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            // How a connection ends is the reader's affair.
            let _ = timeout(CONNECTION, watched).await;
            drop(permit);
        });
    }
    drop(listener);
    let _ = timeout(grace, graceful.shutdown()).await;
}

fn connection(
    http: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    shown: &Arc<Shown>,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>
    + use<>,
> {
    // Without it small answers wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let shown = shown.clone();
    let service = service_fn(move |request| {
        let shown = shown.clone();
        async move { Ok::<_, Infallible>(shown.respond(request, peer).await) }
    });
    http.serve_connection(TokioIo::new(stream), service)
}

impl Shown {
    async fn respond(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        let uri = request.uri().clone();
        let mut response = match self.admit(request.method(), &uri, peer) {
            Ok(None) => match timeout(ANSWER, self.answer.call(request)).await {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the answer took too long")
                    .retry_after(10)
                    .into_response(),
            },
            Ok(Some(response)) => response,
            Err(problem) => problem.into_response(),
        };
        harden(response.headers_mut(), uri.path());
        response
    }

    /// Whether a request is looked at; some are answered by that.
    fn admit(
        &self,
        method: &Method,
        uri: &http::Uri,
        peer: SocketAddr,
    ) -> Result<Option<Response<Body>>, Problem> {
        if uri.path_and_query().map_or(0, |p| p.as_str().len()) > ADDRESS {
            let detail = format!("an address has {ADDRESS} bytes at most");
            return Err(Problem::new(StatusCode::URI_TOO_LONG, detail));
        }
        if uri.path().starts_with("/api") {
            self.gate.ask(peer.ip(), Instant::now()).map_err(|seconds| {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many questions from your address")
                    .retry_after(seconds)
            })?;
        }
        if *method == Method::GET || *method == Method::HEAD {
            return Ok(None);
        }
        let mut response = if *method == Method::OPTIONS {
            let mut empty = Response::new(Body::empty());
            *empty.status_mut() = StatusCode::NO_CONTENT;
            empty
        } else {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "a release can only be read").into_response()
        };
        preflight(response.headers_mut());
        Ok(Some(response))
    }
}
