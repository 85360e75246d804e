//! The load: connections that each ask, wait for the answer, check it, and ask again.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use crate::Failure;
use crate::connection::Connection;
use crate::process::{machine_time, processor_time, processors};
use crate::request::Request;

/// What is asked, by all connections together.
#[derive(Clone, Debug)]
pub struct Plan {
    pub requests: Rc<[Request]>,
    /// Ends after the last request instead of starting over.
    pub once: bool,
    pub duration: Duration,
}

impl Plan {
    /// Every request once, however long it takes (ten minutes at most).
    pub fn all(requests: Vec<Request>) -> Self {
        Self { requests: requests.into(), once: true, duration: Duration::from_secs(600) }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Measured {
    pub requests: u64,
    pub elapsed: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
    pub server_time: Duration,
    pub load_time: Duration,
    /// The part of all processors that neither the server nor the load used: a database, the kernel's threads, and whatever
    /// disturbs the measurement.
    pub others: f64,
    /// The last request of each connection (its index) and the body of its answer.
    pub last: Vec<(usize, Vec<u8>)>,
    /// The same of those whose answers are wanted.
    pub kept: Vec<(usize, Vec<u8>)>,
}

impl Measured {
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    pub fn percentile_ms(&self, percent: usize) -> f64 {
        let index = self.latencies.len().saturating_sub(1) * percent / 100;
        self.latencies.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    }

    /// The server's processor time for a request, in milliseconds.
    pub fn server_ms(&self) -> f64 {
        self.server_time.as_secs_f64() * 1000.0 / self.requests.max(1) as f64
    }

    pub fn load_ms(&self) -> f64 {
        self.load_time.as_secs_f64() * 1000.0 / self.requests.max(1) as f64
    }
}

/// Asks the server at `address`, which is process `pid`. The first wrong answer is an error.
pub async fn drive(
    address: SocketAddr,
    pid: u32,
    connections: usize,
    plan: &Plan,
) -> Result<Measured, Failure> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let machine_before = machine_time()?;
    let (server_before, load_before) = (processor_time(pid)?, processor_time(std::process::id())?);
    let started = Instant::now();
    let next = Rc::new(Cell::new(0));
    let tasks = LocalSet::new();
    let running: Vec<_> = open
        .into_iter()
        .map(|connection| tasks.spawn_local(ask(connection, plan.clone(), Rc::clone(&next), started)))
        .collect();
    tasks.await;
    let elapsed = started.elapsed();
    let server_time = processor_time(pid)?.saturating_sub(server_before);
    let load_time = processor_time(std::process::id())?.saturating_sub(load_before);
    let others = machine_time()?.saturating_sub(machine_before + server_time + load_time).as_secs_f64()
        / (elapsed.as_secs_f64() * processors() as f64);
    let (mut latencies, mut last, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for task in running {
        let asked = task.await??;
        latencies.extend(asked.latencies);
        last.extend(asked.last);
        kept.extend(asked.kept);
    }
    latencies.sort_unstable();
    Ok(Measured {
        requests: latencies.len() as u64,
        elapsed,
        latencies,
        server_time,
        load_time,
        others,
        last,
        kept,
    })
}

/// What came of one connection.
struct Asked {
    latencies: Vec<Duration>,
    last: Option<(usize, Vec<u8>)>,
    kept: Vec<(usize, Vec<u8>)>,
}

async fn ask(
    mut connection: Connection,
    plan: Plan,
    next: Rc<Cell<usize>>,
    started: Instant,
) -> Result<Asked, Failure> {
    let mut latencies = Vec::with_capacity(4096);
    let (mut last, mut kept) = (None, Vec::new());
    let mut body = Vec::new();
    let mut before = Instant::now();
    while before.duration_since(started) < plan.duration {
        let number = next.get();
        next.set(number + 1);
        if plan.once && number >= plan.requests.len() {
            break;
        }
        let index = number % plan.requests.len().max(1);
        let request = plan.requests.get(index).ok_or("nothing to ask")?;
        let answer = connection.call(&request.bytes).await?;
        let now = Instant::now();
        if answer.status != 200 || !request.is_answered_by(answer.body) {
            let text = String::from_utf8_lossy(answer.body);
            return Err(format!("wrong answer: status {}, {text}", answer.status).into());
        }
        latencies.push(now.duration_since(before));
        last = Some(index);
        if request.keep {
            kept.push((index, answer.body.to_vec()));
        }
        body.clear();
        body.extend_from_slice(answer.body);
        before = Instant::now();
    }
    Ok(Asked { latencies, last: last.map(|index| (index, body)), kept })
}
