//! For tests only: a local stand-in for Lambda.

use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// What the function does with an event.
#[derive(Clone, Debug)]
pub enum FakeAnswer {
    /// Returns the event as it came.
    Echo,
    /// Returns the event with this `response`.
    Response(Value),
    /// Returns this instead of the event.
    Event(Value),
    /// Throws; Lambda marks the answer.
    FunctionError {
        /// Text of what was thrown.
        message: String,
    },
    /// Throws in a runtime interface emulator, which does not mark the answer.
    EmulatorError {
        /// Text of what was thrown.
        message: String,
    },
    /// This answer.
    Raw {
        /// HTTP status.
        status: u16,
        /// Names and values.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Never answers.
    Hang,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct FakeRequest {
    /// HTTP method.
    pub method: String,
    /// Path and query as sent, still encoded.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The event.
    pub body: Vec<u8>,
}

impl FakeRequest {
    /// The event; null if the body is not JSON.
    pub fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// Answers invocations on a port of its own on 127.0.0.1 until dropped.
pub struct FakeLambda {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    handler: Box<dyn Fn(Value) -> FakeAnswer + Send + Sync>,
    requests: Mutex<Vec<FakeRequest>>,
}

impl fmt::Debug for FakeLambda {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FakeLambda").field("address", &self.address).finish_non_exhaustive()
    }
}

impl FakeLambda {
    /// Starts it; `handler` is called with the event of each request.
    ///
    /// # Errors
    /// If no port can be opened.
    pub async fn start(handler: impl Fn(Value) -> FakeAnswer + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { handler: Box::new(handler), requests: Mutex::default() });
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, server })
    }

    /// The URL for [`TriggerSettings::endpoint`](crate::TriggerSettings::endpoint).
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same as the complete URL of a runtime interface emulator.
    pub fn emulator_url(&self) -> String {
        format!("{}/2015-03-31/functions/function/invocations", self.url())
    }

    /// What arrived so far, in order.
    pub fn requests(&self) -> Vec<FakeRequest> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The events of [`requests`](Self::requests).
    pub fn events(&self) -> Vec<Value> {
        self.requests().iter().map(FakeRequest::event).collect()
    }
}

impl Drop for FakeLambda {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            // A client that goes away is part of the tests.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { pending().await };
    let request = FakeRequest {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        headers: head.headers,
        body: body.to_bytes().to_vec(),
    };
    let event = request.event();
    shared.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    let error = |message: String| json!({"errorMessage": message, "errorType": "Error", "trace": []});
    let (status, headers, body) = match (shared.handler)(event.clone()) {
        FakeAnswer::Echo => (200, vec![], event.to_string().into_bytes()),
        FakeAnswer::Response(response) => {
            let mut event = event;
            if let Some(event) = event.as_object_mut() {
                event.insert("response".to_owned(), response);
            }
            (200, vec![], event.to_string().into_bytes())
        }
        FakeAnswer::Event(event) => (200, vec![], event.to_string().into_bytes()),
        FakeAnswer::FunctionError { message } => {
            let header = ("X-Amz-Function-Error".to_owned(), "Unhandled".to_owned());
            (200, vec![header], error(message).to_string().into_bytes())
        }
        FakeAnswer::EmulatorError { message } => {
            let header = ("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned());
            (200, vec![header], error(message).to_string().into_bytes())
        }
        FakeAnswer::Raw { status, headers, body } => (status, headers, body),
        FakeAnswer::Hang => pending().await,
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    // A status or header that HTTP does not allow is a mistake of the test; it sees an empty 200.
    Ok(response.body(Full::from(body)).unwrap_or_default())
}
