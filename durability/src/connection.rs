//! A connection that calls operations and waits for their answers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Nothing that works takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no good answer.
#[derive(Debug)]
pub enum Refusal {
    /// The answer said no.
    Refused { status: u16, code: String, message: String },
    /// There was no answer: what was asked may have been done or not.
    Broken(String),
}

impl Refusal {
    /// Whether it has this code.
    #[must_use]
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { status, code, message } => write!(f, "{status} {code}: {message}"),
            Self::Broken(why) => write!(f, "no answer: {why}"),
        }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Opened with the first call, and kept.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Calls an operation. Its signature is one that `cenote dev` takes unverified.
    ///
    /// # Errors
    /// When it is refused or not answered.
    pub fn call(&mut self, operation: &str, body: &Value) -> Result<Value, Refusal> {
        self.send(operation, body)?;
        self.receive()
    }

    /// Sends the call only.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn send(&mut self, operation: &str, body: &Value) -> Result<(), Refusal> {
        let body = body.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20261123/us-east-1/cognito-idp/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0\r\n\
             X-Amz-Date: 20261123T160000Z\r\nContent-Type: application/x-amz-json-1.1\r\n\
             X-Amz-Target: AWSCognitoIdentityProviderService.{operation}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.write(&(head + &body))
    }

    /// Waits for the answer to what was sent.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn receive(&mut self) -> Result<Value, Refusal> {
        let (status, body) = self.read()?;
        let json = |body: &[u8]| {
            serde_json::from_slice::<Value>(body).map_err(|error| Refusal::Broken(error.to_string()))
        };
        match (status, body.is_empty()) {
            (200, true) => return Ok(Value::Null),
            (200, false) => return json(&body),
            _ => {}
        }
        let answer = json(&body).unwrap_or_default();
        let text = |name| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Err(Refusal::Refused { status, code: text("__type"), message: text("message") })
    }

    /// Whether something has come, without waiting.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        let Some(stream) = self.stream.as_ref().map(BufReader::get_ref) else { return false };
        let peeked = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
        let restored = stream.set_nonblocking(false);
        restored.is_err() || peeked.is_ok()
    }

    /// Status and body of one of our own paths.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn get(&mut self, path: &str) -> Result<(u16, String), Refusal> {
        self.write(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))?;
        let (status, body) = self.read()?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// Removes what one of our own paths shows.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn delete(&mut self, path: &str) -> Result<u16, Refusal> {
        self.write(&format!("DELETE {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"))?;
        Ok(self.read()?.0)
    }

    fn write(&mut self, request: &str) -> Result<(), Refusal> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                BufReader::new(stream)
            }
        };
        stream.get_mut().write_all(request.as_bytes())?;
        self.stream = Some(stream);
        Ok(())
    }

    /// Status and body. A connection that broke is not used again.
    fn read(&mut self) -> Result<(u16, Vec<u8>), Refusal> {
        let mut stream = self.stream.take().ok_or_else(|| Refusal::Broken("nothing was asked".into()))?;
        let (mut status, mut length) = (0, 0);
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Err(Refusal::Broken("the connection was closed".into()));
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        self.stream = Some(stream);
        Ok((status, body))
    }
}

/// The members of both.
#[must_use]
pub fn merged(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// A text in an answer, by its JSON pointer; empty if it is not there.
#[must_use]
pub fn text(answer: &Value, pointer: &str) -> String {
    answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// An attribute of a user or device in an answer; empty if it has none of the name.
#[must_use]
pub fn attribute(holder: &Value, list: &str, name: &str) -> String {
    let attributes = holder.pointer(list).and_then(Value::as_array).into_iter().flatten();
    attributes
        .into_iter()
        .find(|one| text(one, "/Name") == name)
        .map(|one| text(one, "/Value"))
        .unwrap_or_default()
}
