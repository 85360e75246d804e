//! A mail server and an SMS gateway that keep what they get, and refuse addresses that ask for it, in words that repeat
//! them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What has arrived, newest last.
type Arrived = Arc<Mutex<Vec<String>>>;

pub struct Post {
    pub mail: SocketAddr,
    pub gateway: SocketAddr,
    arrived: Arrived,
}

impl Post {
    pub fn start() -> Self {
        let arrived = Arrived::default();
        let mail = listen(Arc::clone(&arrived), serve_mail);
        let gateway = listen(Arc::clone(&arrived), serve_text_message);
        Self { mail, gateway, arrived }
    }

    /// The messages that came after so many others.
    pub fn after(&self, count: usize) -> Vec<String> {
        self.arrived.lock().unwrap()[count..].to_vec()
    }

    pub fn count(&self) -> usize {
        self.arrived.lock().unwrap().len()
    }
}

fn listen(arrived: Arrived, serve: fn(TcpStream, &Arrived) -> std::io::Result<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let arrived = Arc::clone(&arrived);
            // A client that breaks off is its own trouble.
            std::thread::spawn(move || serve(stream, &arrived).unwrap_or_default());
        }
    });
    address
}

fn serve_mail(stream: TcpStream, arrived: &Arrived) -> std::io::Result<()> {
    let mut output = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    output.write_all(b"220 mail.example ESMTP\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let command = line.to_ascii_uppercase();
        let answer = if command.starts_with("EHLO") {
            "250-mail.example\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n".to_owned()
        } else if command.starts_with("RCPT") && line.contains("refused") {
            format!("550 5.1.1 {line}: there is no such user here\r\n")
        } else if command.starts_with("RCPT") && line.contains("later") {
            format!("451 4.2.0 {line}: try later\r\n")
        } else if command.starts_with("DATA") {
            output.write_all(b"354 go on\r\n")?;
            let mut mail = String::new();
            for line in lines.by_ref() {
                let line = line?;
                if line == "." {
                    break;
                }
                mail.push_str(&line);
                mail.push('\n');
            }
            arrived.lock().unwrap().push(mail);
            "250 taken\r\n".to_owned()
        } else if command.starts_with("QUIT") {
            output.write_all(b"221 bye\r\n")?;
            return Ok(());
        } else {
            "250 fine\r\n".to_owned()
        };
        output.write_all(answer.as_bytes())?;
    }
    Ok(())
}

fn serve_text_message(stream: TcpStream, arrived: &Arrived) -> std::io::Result<()> {
    let mut output = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let status = if body.contains("0199") { "400 Bad Request" } else { "200 OK" };
        write!(output, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        arrived.lock().unwrap().push(body);
    }
}
