//! A proxy between the store and PostgreSQL, which encrypts, or cuts the connection at a chosen moment.

use std::sync::Arc;

use cenote_store::PostgresOptions;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_rustls::TlsAcceptor;

/// What becomes of bytes on their way to the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Forward,
    /// They are not forwarded, and the connection is cut.
    Lost,
    /// They are forwarded, and the connection is cut instead of the answer.
    Unanswered,
}

type Decide = Arc<dyn Fn(&[u8]) -> Fate + Send + Sync>;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Listens on this machine; the options that lead through it to the same database, at `host`.
pub async fn start(
    options: &PostgresOptions,
    host: &str,
    tls: Option<ServerConfig>,
    decide: impl Fn(&[u8]) -> Fate + Send + Sync + 'static,
) -> PostgresOptions {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config: Config = options.url.parse().unwrap();
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    let (target, decide): (_, Decide) = (config.clone(), Arc::new(decide));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (tls, target, decide) = (tls.clone(), target.clone(), Arc::clone(&decide));
            tokio::spawn(async move {
                let client: Box<dyn Stream> = match tls {
                    Some(tls) => match encrypt(client, &tls).await {
                        Some(client) => client,
                        None => return,
                    },
                    None => Box::new(client),
                };
                forward(client, connect(&target).await, &decide).await;
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

async fn forward(client: Box<dyn Stream>, server: Box<dyn Stream>, decide: &Decide) {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let (mut question, mut answer) = (vec![0; 65536], vec![0; 65536]);
    loop {
        tokio::select! {
            read = from_client.read(&mut question) => match read {
                Ok(length) if length > 0 => match decide(&question[..length]) {
                    Fate::Forward => to_server.write_all(&question[..length]).await.unwrap(),
                    Fate::Lost => return,
                    Fate::Unanswered => {
                        to_server.write_all(&question[..length]).await.unwrap();
                        // The server is done when it answers.
                        let _ = from_server.read(&mut answer).await;
                        return;
                    }
                },
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
    }
}
