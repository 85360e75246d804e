//! An SMS gateway for tests: answers with the statuses it is given, the last one for ever.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

pub(crate) struct FakeGateway {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    requests: Mutex<Vec<ReceivedRequest>>,
    statuses: Mutex<Vec<u16>>,
    connections: Mutex<usize>,
    /// Requests without an answer: now, and at most.
    unanswered: Mutex<(usize, usize)>,
    /// One permit for each answer that may be given.
    answers: Semaphore,
    asked: Semaphore,
}

impl FakeGateway {
    pub(crate) async fn start(statuses: &[u16]) -> Self {
        Self::start_with_answers(statuses, Semaphore::MAX_PERMITS).await
    }

    /// A gateway that holds its answers back until [`FakeGateway::release`].
    pub(crate) async fn start_with_answers(statuses: &[u16], answers: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            requests: Mutex::default(),
            statuses: Mutex::new(statuses.iter().rev().copied().collect()),
            connections: Mutex::new(0),
            unanswered: Mutex::default(),
            answers: Semaphore::new(answers),
            asked: Semaphore::new(0),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *shared.connections.lock().unwrap() += 1;
                let state = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&state), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/sms?tenant=1", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }

    /// How many requests waited for an answer at the same time, at most.
    pub(crate) fn most_unanswered(&self) -> usize {
        self.state.unanswered.lock().unwrap().1
    }

    /// Waits until one more request has come.
    pub(crate) async fn wait_for_request(&self) {
        self.state.asked.acquire().await.unwrap().forget();
    }

    /// Lets one request be answered.
    pub(crate) fn release(&self) {
        self.state.answers.add_permits(1);
    }
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    state.requests.lock().unwrap().push(ReceivedRequest {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    {
        let mut unanswered = state.unanswered.lock().unwrap();
        unanswered.0 += 1;
        unanswered.1 = unanswered.1.max(unanswered.0);
    }
    state.asked.add_permits(1);
    state.answers.acquire().await.unwrap().forget();
    state.unanswered.lock().unwrap().0 -= 1;
    let status = {
        let mut statuses = state.statuses.lock().unwrap();
        if statuses.len() > 1 { statuses.pop() } else { statuses.last().copied() }
    };
    Ok(Response::builder()
        .status(status.unwrap_or(200))
        .body(Full::new(Bytes::from("{\"ok\":true}")))
        .unwrap())
}
