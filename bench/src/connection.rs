//! One kept-alive HTTP/1.1 connection that sends bytes made beforehand and reads as little of the answer as it must: what
//! the load costs must not be taken from the server.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Failure;

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A whole answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads its answer, which must have a content length.
    pub async fn call(&mut self, request: &[u8]) -> Result<Answer<'_>, Failure> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let (mut whole, mut complete) = (None, false);
        while !complete {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the connection ended within an answer".into());
            }
            if whole.is_none() {
                whole = head(&self.buffer)?;
            }
            complete = whole.is_some_and(|(_, start, length)| self.buffer.len() >= start + length);
        }
        let (status, start, length) = whole.unwrap_or_default();
        Ok(Answer { status, body: self.buffer.get(start..start + length).unwrap_or_default() })
    }
}

/// Status, start and length of the body, once the head is there.
fn head(buffer: &[u8]) -> Result<Option<(u16, usize, usize)>, Failure> {
    let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(buffer.get(..end).unwrap_or_default())?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok());
    match (status, length) {
        (Some(status), Some(length)) => Ok(Some((status, end + 4, length))),
        _ => Err(format!("not an answer that can be read: {text}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        assert_eq!(head(b"HTTP/1.1 200 OK\r\nContent-Le").unwrap(), None);
        let whole = b"HTTP/1.1 400 Bad Request\r\ndate: x\r\nContent-Length: 12\r\n\r\n{";
        assert_eq!(head(whole).unwrap(), Some((400, whole.len() - 1, 12)));
        assert!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
