use std::time::Duration;

use cenote_crypto::SeededRandom;

use super::fake_smtp::{FakeSmtp, Script};
use super::{SendError, SmtpSettings, SmtpTransport};
use crate::message::tests::mail;
use crate::message::{Message, new_message_id};

const NOW_MS: i64 = 1_795_000_000_000;

fn transport(url: String) -> SmtpTransport {
    SmtpTransport::new(&SmtpSettings::new(url, "Cenote <no-reply@id.example.org>")).unwrap()
}

/// Trusts the certificate of `server`.
fn tls_transport(server: &FakeSmtp, url: String) -> SmtpTransport {
    SmtpTransport::new(&SmtpSettings {
        certificate_authorities: Some(server.certificate.clone()),
        ..SmtpSettings::new(url, "Cenote <no-reply@id.example.org>")
    })
    .unwrap()
}

async fn send(transport: &SmtpTransport) -> Result<(), SendError> {
    send_message(transport, &mail()).await
}

async fn send_message(transport: &SmtpTransport, message: &Message) -> Result<(), SendError> {
    transport.send(&new_message_id(NOW_MS, &SeededRandom::new(1)), message, NOW_MS).await
}

fn temporary(reason: &str) -> Result<(), SendError> {
    Err(SendError::Temporary(reason.to_owned()))
}

fn permanent(reason: &str) -> Result<(), SendError> {
    Err(SendError::Permanent(reason.to_owned()))
}

#[tokio::test]
async fn mails_arrive_over_one_connection() {
    let server = FakeSmtp::start(Script::default()).await;
    let transport = transport(server.url("", ""));
    send(&transport).await.unwrap();
    send_message(&transport, &Message { body: "line\n.\n.dots\r\n..".to_owned(), ..mail() }).await.unwrap();
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(server.connections(), 1);
    assert_eq!(mails[0].from, "MAIL FROM:<no-reply@id.example.org>");
    assert_eq!(mails[0].to, "RCPT TO:<rosa@example.org>");
    assert!(mails[0].data.contains("\r\nSubject: Your verification code\r\n"));
    assert!(mails[0].data.contains("Your code is <b>123456</b>."));
    assert!(mails[1].data.contains("\r\n.\r\n.dots\r\n.."));
    assert!(!mails[0].encrypted && !mails[0].authenticated);
}

#[tokio::test]
async fn user_and_password_are_used() {
    let server = FakeSmtp::start(Script { credentials: Some(("user@x", "p:w")), ..Script::default() }).await;
    send(&transport(server.url("user%40x:p%3Aw@", ""))).await.unwrap();
    assert!(server.mails()[0].authenticated);
    // A wrong password is the operator's mistake and can be repaired: no message is given up for it.
    let refused = temporary("the mail server refused user and password (535 5.7.8)");
    assert_eq!(send(&transport(server.url("user%40x:hunter2@", ""))).await, refused);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn starttls_encrypts_everything_that_matters() {
    let script = Script { starttls: true, credentials: Some(("user", "password")), ..Script::default() };
    let server = FakeSmtp::start(script).await;
    for query in ["?tls=required", "?tls=opportunistic"] {
        send(&tls_transport(&server, server.url("user:password@", query))).await.unwrap();
    }
    assert!(server.mails().iter().all(|mail| mail.encrypted && mail.authenticated));
    assert_eq!(server.commands()[..5], ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL"]);
}

#[tokio::test]
async fn implicit_tls_works() {
    let server = FakeSmtp::start(Script { implicit_tls: true, ..Script::default() }).await;
    let url = server.url("", "").replace("smtp:", "smtps:");
    send(&tls_transport(&server, url)).await.unwrap();
    assert!(server.mails()[0].encrypted);
}

#[tokio::test]
async fn a_certificate_of_nobody_is_refused() {
    let server = FakeSmtp::start(Script { starttls: true, ..Script::default() }).await;
    for query in ["?tls=required", "?tls=opportunistic"] {
        let refused = send(&transport(server.url("", query))).await;
        assert_eq!(refused, temporary("the mail server is not available"));
    }
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_without_required_starttls() {
    let offers_none = FakeSmtp::start(Script { credentials: Some(("u", "p")), ..Script::default() }).await;
    let refused = send(&tls_transport(&offers_none, offers_none.url("u:p@", "?tls=required"))).await;
    assert_eq!(refused, temporary("the mail server offers no STARTTLS"));
    let refuses = FakeSmtp::start(Script {
        starttls_refusal: Some("454 4.7.0 not now"),
        credentials: Some(("u", "p")),
        ..Script::default()
    })
    .await;
    let refused = send(&tls_transport(&refuses, refuses.url("u:p@", "?tls=required"))).await;
    assert_eq!(refused, temporary("the mail server is not available (454 4.7.0)"));
    for server in [offers_none, refuses] {
        assert!(!server.commands().iter().any(|verb| matches!(verb.as_str(), "AUTH" | "MAIL" | "DATA")));
    }
}

#[tokio::test]
async fn opportunistic_tls_never_shows_the_password() {
    let server = FakeSmtp::start(Script { credentials: Some(("u", "p")), ..Script::default() }).await;
    let refused = send(&tls_transport(&server, server.url("u:p@", "?tls=opportunistic"))).await;
    assert_eq!(
        refused,
        temporary("the mail server offers no STARTTLS, and without it the password is not sent")
    );
    assert!(!server.commands().contains(&"AUTH".to_owned()));
    send(&tls_transport(&server, server.url("", "?tls=opportunistic"))).await.unwrap();
}

#[tokio::test]
async fn refusals_are_told_apart_by_their_code() {
    for (reply, expected) in [
        (
            "450 4.2.1 rosa@example.org is busy",
            temporary("the mail server refused the message for now (450 4.2.1)"),
        ),
        ("421 closing", temporary("the mail server refused the message for now (421)")),
        (
            "550 5.1.1 <rosa@example.org>: unknown",
            permanent("the mail server refused the message (550 5.1.1)"),
        ),
        ("553 rosa@example.org", permanent("the mail server refused the message (553)")),
    ] {
        let rcpt = FakeSmtp::start(Script { rcpt_reply: Some(reply), ..Script::default() }).await;
        assert_eq!(send(&transport(rcpt.url("", ""))).await, expected, "{reply}");
        let data = FakeSmtp::start(Script { data_reply: Some(reply), ..Script::default() }).await;
        assert_eq!(send(&transport(data.url("", ""))).await, expected, "{reply}");
        assert!(rcpt.mails().is_empty() && data.mails().is_empty());
    }
}

#[tokio::test]
async fn a_connection_that_broke_in_the_mail_is_not_used_again() {
    let server = FakeSmtp::start(Script { hangs_up_once_in_data: true, ..Script::default() }).await;
    let transport = transport(server.url("", ""));
    assert_eq!(send(&transport).await, temporary("the connection to the mail server failed"));
    send(&transport).await.unwrap();
    assert_eq!(server.mails()[0].connection, 2);
}

#[tokio::test]
async fn a_connection_the_server_closed_is_replaced() {
    let server = FakeSmtp::start(Script { hangs_up_after_mail: true, ..Script::default() }).await;
    let transport = transport(server.url("", ""));
    for _ in 0..3 {
        send(&transport).await.unwrap();
    }
    assert_eq!(server.mails().len(), 3);
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn silence_ends_with_the_timeout_and_the_connection() {
    for script in [
        Script { silent: true, ..Script::default() },
        Script { silent_after_data: true, ..Script::default() },
    ] {
        let server = FakeSmtp::start(script).await;
        let transport = SmtpTransport::new(&SmtpSettings {
            timeout: Duration::from_millis(100),
            ..SmtpSettings::new(server.url("", ""), "no-reply@id.example.org")
        })
        .unwrap();
        for attempt in 1..=2 {
            assert_eq!(send(&transport).await, temporary("the mail server took too long"));
            assert_eq!(server.connections(), attempt);
        }
        // Nothing but the end of the connection ever came behind an unfinished mail.
        assert!(!server.commands().contains(&"NOOP".to_owned()));
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_temporary() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = send(&transport(format!("smtp://127.0.0.1:{free}"))).await;
    assert_eq!(refused, temporary("the mail server is not available"));
}

#[tokio::test]
async fn addresses_are_checked_before_anybody_is_asked() {
    let server = FakeSmtp::start(Script::default()).await;
    let transport = transport(server.url("", ""));
    let broken = Message { to: "rosa@example.org>\r\nRCPT TO:<eve@example.org".to_owned(), ..mail() };
    assert_eq!(send_message(&transport, &broken).await, permanent("the destination address is malformed"));
    let international = Message { to: "jörg@example.org".to_owned(), ..mail() };
    assert_eq!(
        send_message(&transport, &international).await,
        permanent("the mail server takes no international addresses")
    );
    assert!(server.mails().is_empty());
}
