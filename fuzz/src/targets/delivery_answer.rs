//! What mail servers and SMS gateways answer. First byte: even for the whole of what a mail server says, odd for the bytes of an
//! answer over HTTP. Whatever comes, the message is sent or is not, and of the answer only numbers are passed on: its texts
//! usually name whom the message was for.

use std::cell::RefCell;
use std::time::Duration;

use cenote_delivery::transport::SendError;
use cenote_delivery::{
    EmailTransport, Message, SmsTransport, SmsWebhook, SmsWebhookSettings, SmtpSettings, SmtpTransport,
    Transports,
};
use cenote_store::{Channel, MessageId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::{choose, chosen};

/// What failures may say, but for numbers in brackets or at the end.
const TEXTS: [&str; 10] = [
    "the mail server is not available",
    "the mail server refused user and password",
    "the mail server refused the message",
    "the mail server refused the message for now",
    "the connection to the mail server failed",
    "the SMS gateway is not available",
    "the SMS gateway broke the connection",
    "the SMS gateway answered",
    "the mail server took too long",
    "the SMS gateway took too long",
];

thread_local! {
    static PEER: RefCell<Peer> = RefCell::new(Peer::new());
}

/// A mail server or a gateway, and the means to send to it.
struct Peer {
    runtime: Runtime,
    listener: TcpListener,
}

impl Peer {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        Self { runtime, listener }
    }

    fn send(&self, channel: Channel, answer: &[u8]) -> Result<(), SendError> {
        self.runtime.block_on(async {
            // Nothing is kept from one input to the next.
            let transports = self.transports(channel);
            let message = message(channel);
            let id = MessageId::new("1795000000000-abcdefghijkl");
            let sent = transports.send(&id, &message, 0);
            let (outcome, ()) = tokio::join!(sent, self.answer(channel, answer));
            outcome
        })
    }

    fn transports(&self, channel: Channel) -> Transports {
        let address = self.listener.local_addr().expect("an address");
        let mut transports = Transports { email: EmailTransport::None, sms: SmsTransport::None };
        match channel {
            Channel::Email => {
                let url = format!("smtp://user:secret@{address}?tls=none&hello=localhost");
                let mut settings = SmtpSettings::new(url, "id@example.org");
                settings.idle_connections = 0;
                settings.timeout = Duration::from_secs(5);
                transports.email = EmailTransport::Smtp(SmtpTransport::new(&settings).expect("settings"));
            }
            Channel::Sms => {
                let settings = SmsWebhookSettings::new(format!("http://{address}/"));
                transports.sms = SmsTransport::Webhook(SmsWebhook::new(&settings).expect("settings"));
            }
        }
        transports
    }

    /// Says everything at once, then only listens. Over HTTP nothing is said before there is a request.
    async fn answer(&self, channel: Channel, answer: &[u8]) {
        let (mut stream, _) = self.listener.accept().await.expect("a connection");
        if channel == Channel::Sms {
            let _ = stream.read(&mut [0; 4096]).await;
        }
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
        // No port is left waiting.
        let _ = stream.set_zero_linger();
    }
}

fn message(channel: Channel) -> Message {
    Message {
        pool_id: "us-east-1_Example01".to_owned(),
        username: "rosa".to_owned(),
        channel,
        to: if channel == Channel::Email { "rosa@example.org" } else { "+15555550100" }.to_owned(),
        from: None,
        reply_to: None,
        subject: Some("s".to_owned()),
        body: "Your code is 123456.".to_owned(),
        code: Some("123456".to_owned()),
        purpose: "SignUp".to_owned(),
    }
}

pub(crate) fn run(data: &[u8]) {
    let Some((choice, answer)) = choose(data) else { return };
    let channel = if choice.is_multiple_of(2) { Channel::Email } else { Channel::Sms };
    match PEER.with_borrow(|peer| peer.send(channel, answer)) {
        Ok(()) if channel == Channel::Email => {
            // Greeting, EHLO, AUTH, MAIL, RCPT, DATA and the mail itself; the last may lack its end of line.
            assert!(answer.iter().filter(|byte| **byte == b'\n').count() >= 6, "sent without an answer");
        }
        // Empty lines may come first.
        Ok(()) => assert!(answer.windows(7).any(|seven| seven == b"HTTP/1."), "sent without an answer"),
        Err(SendError::Permanent(text) | SendError::Temporary(text)) => {
            let numbers = |rest: &str| {
                rest == " (TLS)" || rest.bytes().all(|byte| byte.is_ascii_digit() || b" ().".contains(&byte))
            };
            let known = TEXTS.iter().filter_map(|known| text.strip_prefix(known)).any(numbers);
            assert!(known, "{text}");
        }
    }
}

const GOOD: &str = "220 mail.example.org ESMTP\r\n250-mail.example.org\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n\
                    235 2.7.0 welcome\r\n250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go on\r\n250 2.0.0 queued\r\n";

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mails = [
        GOOD.to_owned(),
        GOOD.replace("250 2.1.5 ok", "550-5.1.1 <rosa@example.org>:\r\n550 5.1.1 no such user"),
        GOOD.replace("250 2.0.0 queued", "451 4.7.1 rosa@example.org is greylisted"),
        GOOD.replace("235 2.7.0 welcome", "535 5.7.8 no, rosa"),
        GOOD.replace("250 AUTH PLAIN LOGIN", "250 SMTPUTF8"),
        "554 rosa@example.org\r\n".to_owned(),
    ];
    let texts = [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n\r\n+15555550100",
        "HTTP/1.0 500 \r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ];
    let mails = mails.iter().map(|answer| chosen(0, answer));
    mails.chain(texts.iter().map(|answer| chosen(1, answer))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_seeds_are_accepted() {
        let peer = Peer::new();
        assert_eq!(peer.send(Channel::Email, GOOD.as_bytes()), Ok(()));
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(peer.send(Channel::Sms, answer), Ok(()));
    }
}
