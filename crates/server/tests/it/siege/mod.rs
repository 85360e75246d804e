//! Clients that mean harm, against the program itself: its memory stays bounded, its connections are closed in time, and
//! an honest client is served all the while.

mod attack;
mod connections;
mod http1;
mod http2;
mod json;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::attack::Attacker;
use crate::binary::{Program, cenote};
use crate::support::{ANY_DATE, ANY_SIGNATURE};

/// Long enough for a machine with other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// What answering honest requests may take of memory: what is seen is a tenth of it.
const ORDINARY_KIB: u64 = 4096;

/// Whether it may take as long, and as much, as it likes.
fn is_long() -> bool {
    std::env::var_os("CENOTE_LONG").is_some()
}

/// A server under attack, and an honest client of it.
struct Siege {
    program: Program,
    before_kib: u64,
    ended: watch::Sender<bool>,
    honest: JoinHandle<usize>,
    _directory: TempDir,
}

impl Siege {
    async fn lay(settings: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = cenote(directory.path());
        command.args(["dev", "--listen", "127.0.0.1:0", "--set", "log.level=error"]);
        for setting in settings {
            command.args(["--set", setting]);
        }
        let program = Program::start(&mut command);
        let address = program.address;
        for _ in 0..10 {
            ask(address).await;
        }
        let before_kib = status(program.pid(), "VmRSS:");
        let (ended, watched) = watch::channel(false);
        let honest = tokio::spawn(async move {
            let mut answered = 0;
            while !*watched.borrow() {
                ask(address).await;
                answered += 1;
            }
            answered
        });
        Self { program, before_kib, ended, honest, _directory: directory }
    }

    fn address(&self) -> SocketAddr {
        self.program.address
    }

    /// Others are served while the test holds what it attacks with.
    async fn serves(&self) {
        for _ in 0..attack::ANSWERS {
            ask(self.address()).await;
        }
    }

    /// Others are served while so many attack, of whom at least `standing` stand at any time: see [`attack::withstand`].
    async fn withstands<F: Future<Output = ()> + Send + 'static>(
        &self,
        attackers: usize,
        standing: usize,
        attack: impl Fn(usize, Attacker) -> F,
    ) {
        attack::withstand(attackers, standing, attack, async || ask(self.address()).await).await;
    }

    /// The honest client was always answered, the server never took more memory than this beside its ordinary work, and it
    /// stops in order.
    async fn raise(self, most_kib: u64) {
        self.ended.send_replace(true);
        let answered = self.honest.await.expect("the honest client was served");
        let peak_kib = status(self.program.pid(), "VmHWM:");
        let grown_kib = peak_kib.saturating_sub(self.before_kib);
        assert!(
            grown_kib <= most_kib + ORDINARY_KIB,
            "by {grown_kib} KiB while {answered} requests were answered"
        );
        let (code, log) = tokio::task::spawn_blocking(|| self.program.stop("-TERM")).await.unwrap();
        assert_eq!(code, Some(0), "{log}");
        assert!(!log.contains("panicked"), "{log}");
    }

    /// A number of the metrics.
    async fn metric(&self, name: &str) -> u64 {
        let text = get(self.address(), "/_cenote/metrics").await;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// Completes when there are no more connections than the honest ones.
    async fn all_closed(&self) {
        let closed = async { while self.metric("cenote_connections").await > 2 {} };
        timeout(PATIENCE, closed).await.expect("every connection closed in time");
    }
}

/// A number of a process, in KiB.
fn status(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// An honest request on a connection of its own.
async fn ask(address: SocketAddr) {
    let body = "{\"MaxResults\":1}";
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
         X-Amz-Target: AWSCognitoIdentityProviderService.ListUserPools\r\n{}: {}\r\n{}: {}\r\n\r\n{body}",
        body.len(),
        ANY_SIGNATURE.0,
        ANY_SIGNATURE.1,
        ANY_DATE.0,
        ANY_DATE.1,
    );
    let answer = exchange(address, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

async fn get(address: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    exchange(address, request.as_bytes()).await
}

/// Sends bytes and reads until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let exchanged = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    };
    timeout(PATIENCE, exchanged).await.expect("an answer in time")
}

/// A connection from another address than the honest client's.
async fn connect(from: u8, to: SocketAddr) -> TcpStream {
    connect_with(from, to, None).await
}

/// The same, for which the system keeps only so much until it is read.
async fn connect_with(from: u8, to: SocketAddr, unread: Option<u32>) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    if let Some(bytes) = unread {
        socket.set_recv_buffer_size(bytes).unwrap();
    }
    socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, from)), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

/// Everything that comes until the server closes, whichever way it does.
async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    let _ = read.expect("closed in time");
    bytes
}

/// Writes a piece again and again, until so much is written or the server has heard enough. How much was written.
async fn pour(stream: &mut TcpStream, piece: &[u8], most: usize) -> usize {
    let mut written = 0;
    let poured = async {
        while written < most && stream.write_all(piece).await.is_ok() {
            written += piece.len();
        }
    };
    timeout(PATIENCE, poured).await.expect("written or refused in time");
    written
}
