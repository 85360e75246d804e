//! A mail server for tests: one that does what its script says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server does. Replies are whole lines without line end.
#[derive(Clone, Default)]
pub(crate) struct Script {
    /// Offers STARTTLS and speaks TLS after it.
    pub(crate) starttls: bool,
    /// Offers STARTTLS and answers it with this.
    pub(crate) starttls_refusal: Option<&'static str>,
    /// Speaks TLS from the first byte.
    pub(crate) implicit_tls: bool,
    /// Offers AUTH and accepts this user and password.
    pub(crate) credentials: Option<(&'static str, &'static str)>,
    pub(crate) rcpt_reply: Option<&'static str>,
    pub(crate) data_reply: Option<&'static str>,
    /// Says nothing at all, ever.
    pub(crate) silent: bool,
    /// Never answers the end of a mail.
    pub(crate) silent_after_data: bool,
    /// Closes the first connection in the middle of the mail.
    pub(crate) hangs_up_once_in_data: bool,
    /// Closes each connection after one mail.
    pub(crate) hangs_up_after_mail: bool,
}

/// A mail that was accepted.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedMail {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) data: String,
    /// Counts from 1.
    pub(crate) connection: usize,
    pub(crate) encrypted: bool,
    pub(crate) authenticated: bool,
}

#[derive(Default)]
struct Seen {
    mails: Vec<ReceivedMail>,
    commands: Vec<String>,
    connections: usize,
}

pub(crate) struct FakeSmtp {
    pub(crate) address: SocketAddr,
    /// The certificate in PEM, for `localhost`.
    pub(crate) certificate: Vec<u8>,
    seen: Arc<Mutex<Seen>>,
}

impl FakeSmtp {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let tls =
            rustls::ServerConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![cert.der().clone()], key)
                .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let server = Server { script, acceptor, seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                let connection = {
                    let mut seen = server.seen.lock().unwrap();
                    seen.connections += 1;
                    seen.connections
                };
                // A connection that breaks is part of what is tested.
                tokio::spawn(async move { server.serve(stream, connection).await });
            }
        });
        Self { address, certificate: cert.pem().into_bytes(), seen }
    }

    /// The URL of the server with what goes before and behind the host.
    pub(crate) fn url(&self, user_info: &str, query: &str) -> String {
        format!("smtp://{user_info}localhost:{}{query}", self.address.port())
    }

    pub(crate) fn mails(&self) -> Vec<ReceivedMail> {
        self.seen.lock().unwrap().mails.clone()
    }

    /// The first word of each command, in order, over all connections.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.seen.lock().unwrap().commands.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }
}

#[derive(Clone)]
struct Server {
    script: Script,
    acceptor: TlsAcceptor,
    seen: Arc<Mutex<Seen>>,
}

enum End {
    Closed,
    StartTls,
}

impl Server {
    async fn serve(self, mut stream: tokio::net::TcpStream, connection: usize) -> std::io::Result<()> {
        if self.script.silent {
            return std::future::pending().await;
        }
        if self.script.implicit_tls {
            let mut stream = self.acceptor.accept(stream).await?;
            stream.write_all(b"220 fake ESMTP\r\n").await?;
            self.talk(&mut stream, connection, true).await?;
            return Ok(());
        }
        stream.write_all(b"220 fake ESMTP\r\n").await?;
        if matches!(self.talk(&mut stream, connection, false).await?, End::StartTls) {
            let mut stream = self.acceptor.accept(stream).await?;
            self.talk(&mut stream, connection, true).await?;
        }
        Ok(())
    }

    async fn talk(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        connection: usize,
        encrypted: bool,
    ) -> std::io::Result<End> {
        let mut stream = BufReader::new(stream);
        let (mut from, mut to, mut authenticated) = (String::new(), String::new(), false);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(End::Closed);
            }
            let line = line.trim_end();
            let verb = line.split(' ').next().unwrap_or_default().to_uppercase();
            self.seen.lock().unwrap().commands.push(verb.clone());
            let reply = match verb.as_str() {
                "EHLO" => self.capabilities(encrypted),
                "STARTTLS" => {
                    if let Some(refusal) = self.script.starttls_refusal {
                        refusal.to_owned()
                    } else {
                        stream.write_all(b"220 go\r\n").await?;
                        return Ok(End::StartTls);
                    }
                }
                "AUTH" => {
                    use base64::Engine as _;
                    let given = line.rsplit(' ').next().unwrap_or_default();
                    let given = base64::engine::general_purpose::STANDARD.decode(given).unwrap_or_default();
                    authenticated = self.script.credentials.is_some_and(|(user, password)| {
                        given == format!("\0{user}\0{password}").into_bytes()
                    });
                    if authenticated { "235 welcome" } else { "535 5.7.8 no, rosa" }.to_owned()
                }
                "MAIL" => {
                    line.clone_into(&mut from);
                    "250 ok".to_owned()
                }
                "RCPT" => {
                    line.clone_into(&mut to);
                    self.script.rcpt_reply.unwrap_or("250 ok").to_owned()
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    if self.script.hangs_up_once_in_data && connection == 1 {
                        return Ok(End::Closed);
                    }
                    let data = read_data(&mut stream).await?;
                    if self.script.silent_after_data {
                        return std::future::pending().await;
                    }
                    let reply = self.script.data_reply.unwrap_or("250 ok");
                    if reply.starts_with("250") {
                        let mail = ReceivedMail {
                            from: from.clone(),
                            to: to.clone(),
                            data,
                            connection,
                            encrypted,
                            authenticated,
                        };
                        self.seen.lock().unwrap().mails.push(mail);
                    }
                    if self.script.hangs_up_after_mail {
                        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
                        return Ok(End::Closed);
                    }
                    reply.to_owned()
                }
                "NOOP" => "250 ok".to_owned(),
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(End::Closed);
                }
                _ => "500 what?".to_owned(),
            };
            stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        }
    }

    fn capabilities(&self, encrypted: bool) -> String {
        let mut lines = vec!["fake", "8BITMIME"];
        if !encrypted && (self.script.starttls || self.script.starttls_refusal.is_some()) {
            lines.push("STARTTLS");
        }
        if self.script.credentials.is_some() {
            lines.push("AUTH PLAIN LOGIN");
        }
        let last = lines.pop().unwrap_or_default();
        let mut reply: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
        reply.push_str(&format!("250 {last}"));
        reply
    }
}

/// Everything up to the line with a single dot, dots unstuffed.
async fn read_data(stream: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
