//! A proxy between the store and PostgreSQL, which encrypts, or cuts the connection at a chosen moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cenote_store::PostgresOptions;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Semaphore;
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_rustls::TlsAcceptor;

/// Whether bytes reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Never,
    /// And the server does what they ask for.
    Now,
    /// When the test says so.
    Late,
}

/// What happens to the connection then. The answer never comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Both sides are told.
    Cut,
    /// The client is told, the server is not.
    HalfClosed,
    /// Nobody is told, and nothing comes through any more.
    Silence,
}

pub type Fate = (Delivery, End);

/// What becomes of bytes on their way to the server; `None` lets them pass, changed or not.
type Decide = Arc<dyn Fn(&mut [u8]) -> Option<Fate> + Send + Sync>;

/// What is delivered late.
#[derive(Debug)]
pub struct Late {
    gate: Semaphore,
    delivered: AtomicUsize,
}

impl Late {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { gate: Semaphore::new(0), delivered: AtomicUsize::new(0) })
    }

    /// Delivers `count` messages that wait, and waits until the server has done what it would.
    pub async fn deliver(&self, count: usize) {
        self.gate.add_permits(count);
        while self.delivered.load(Ordering::Relaxed) < count {
            tokio::task::yield_now().await;
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Listens on this machine; the options that lead through it to the same database, at `host`.
pub async fn start(
    options: &PostgresOptions,
    host: &str,
    tls: Option<ServerConfig>,
    late: &Arc<Late>,
    decide: impl Fn(&mut [u8]) -> Option<Fate> + Send + Sync + 'static,
) -> PostgresOptions {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config: Config = options.url.parse().unwrap();
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    let (target, decide): (_, Decide) = (config.clone(), Arc::new(decide));
    let late = Arc::clone(late);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (tls, target, decide) = (tls.clone(), target.clone(), Arc::clone(&decide));
            let late = Arc::clone(&late);
            tokio::spawn(async move {
                let client: Box<dyn Stream> = match tls {
                    Some(tls) => match encrypt(client, &tls).await {
                        Some(client) => client,
                        None => return,
                    },
                    None => Box::new(client),
                };
                forward(client, connect(&target).await, &late, &decide).await;
            });
        }
    });
    let password = config.get_password().map(|password| String::from_utf8(password.to_owned()).unwrap());
    PostgresOptions {
        url: format!(
            "host={host} hostaddr=127.0.0.1 port={port} user={} dbname={} {}",
            config.get_user().unwrap(),
            config.get_dbname().unwrap(),
            password.map(|password| format!("password='{password}'")).unwrap_or_default(),
        ),
        ..options.clone()
    }
}

async fn connect(config: &Config) -> Box<dyn Stream> {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match &config.get_hosts()[0] {
        Host::Tcp(name) => Box::new(TcpStream::connect((name.as_str(), port)).await.unwrap()),
        Host::Unix(path) => {
            Box::new(UnixStream::connect(path.join(format!(".s.PGSQL.{port}"))).await.unwrap())
        }
    }
}

/// Answers the request for encryption as PostgreSQL does.
async fn encrypt(mut client: TcpStream, tls: &TlsAcceptor) -> Option<Box<dyn Stream>> {
    let mut request = [0; 8];
    client.read_exact(&mut request).await.ok()?;
    if request != [0, 0, 0, 8, 4, 210, 22, 47] {
        return None;
    }
    client.write_all(b"S").await.ok()?;
    Some(Box::new(tls.accept(client).await.ok()?))
}

async fn forward(client: Box<dyn Stream>, server: Box<dyn Stream>, late: &Late, decide: &Decide) {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let (mut question, mut answer) = (vec![0; 65536], vec![0; 65536]);
    let (message, (delivery, end)) = loop {
        tokio::select! {
            read = from_client.read(&mut question) => match read {
                Ok(length) if length > 0 => {
                    let message = &mut question[..length];
                    match decide(message) {
                        None => to_server.write_all(message).await.unwrap(),
                        Some(fate) => break (message.to_vec(), fate),
                    }
                }
                _ => return,
            },
            read = from_server.read(&mut answer) => match read {
                Ok(length) if length > 0 => {
                    if to_client.write_all(&answer[..length]).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
        }
    };
    if delivery == Delivery::Now {
        to_server.write_all(&message).await.unwrap();
        // The server is done when it answers.
        let _ = from_server.read(&mut answer).await;
    }
    match end {
        End::Cut if delivery != Delivery::Late => return,
        End::Cut | End::HalfClosed => to_client.shutdown().await.unwrap_or_default(),
        End::Silence => {}
    }
    if delivery == Delivery::Late {
        late.gate.acquire().await.unwrap().forget();
        // The server may have given the connection up, and says what it likes before it does.
        if to_server.write_all(&message).await.is_ok() {
            let _ = from_server.read(&mut answer).await;
        }
        late.delivered.fetch_add(1, Ordering::Relaxed);
    }
    // Nothing comes through until the client hangs up, and the server never learns that it did.
    while from_client.read(&mut question).await.is_ok_and(|length| length > 0) {}
    std::future::pending::<()>().await;
}
