//! TLS and HTTP/2.

use std::path::Path;
use std::sync::Arc;

use cenote::config::Layers;
use cenote::{DevOptions, Mode, Server};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::{Reply, TestServer, keyring};

/// One request over HTTP/2; its status and body.
async fn over_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    authority: &str,
) -> (u16, String) {
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(format!("http://{authority}/"))
        .header("x-amz-target", "AWSCognitoIdentityProviderService.SignUp")
        .body(Full::new(Bytes::from_static(b"[]")))
        .unwrap();
    let answer = client.send_request(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

const REFUSED: &str =
    "{\"__type\":\"SerializationException\",\"Message\":\"Start of list found where not expected\"}";

#[tokio::test]
async fn http2_without_encryption() {
    let server = TestServer::new().await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(over_http2(stream, &server.address.to_string()).await, (400, REFUSED.to_owned()));
}

async fn start_encrypted(directory: &Path) -> (Server, RootCertStore) {
    let certificate = rcgen::generate_simple_self_signed(vec!["auth.example.com".to_owned()]).unwrap();
    let (certificate_file, key_file) = (directory.join("certificate.pem"), directory.join("key.pem"));
    std::fs::write(&certificate_file, certificate.cert.pem()).unwrap();
    std::fs::write(&key_file, certificate.signing_key.serialize_pem()).unwrap();
    let config = [
        "server.listen=127.0.0.1:0".to_owned(),
        format!("store.url=sqlite:{}", directory.join("cenote.db").display()),
        format!("tls.certificate_file={}", certificate_file.display()),
        format!("tls.key_file={}", key_file.display()),
    ];
    let config =
        config.iter().fold(Layers::for_dev(), |layers, one| layers.assignment(one)).finish().unwrap();
    let server = Server::start(config, keyring(), Mode::Dev(DevOptions::default())).await.unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.cert.der().clone()).unwrap();
    (server, roots)
}

async fn connect(
    server: &Server,
    roots: RootCertStore,
    protocols: &[&[u8]],
) -> tokio_rustls::client::TlsStream<TcpStream> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let name = ServerName::try_from("auth.example.com").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

#[tokio::test]
async fn the_client_chooses_the_protocol() {
    let directory = tempfile::tempdir().unwrap();
    let (server, roots) = start_encrypted(directory.path()).await;
    assert!(server.url().starts_with("https://127.0.0.1:"));

    let stream = connect(&server, roots.clone(), &[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    assert_eq!(over_http2(stream, "auth.example.com").await, (400, REFUSED.to_owned()));

    let mut stream = connect(&server, roots, &[b"http/1.1"]).await;
    stream.write_all(b"GET /_cenote/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(Reply::read(&mut stream).await.text(), "{\"status\":\"ok\"}");
}

#[tokio::test]
async fn a_certificate_that_is_none_stops_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let (certificate, key) = (directory.path().join("c.pem"), directory.path().join("k.pem"));
    std::fs::write(&certificate, "nothing").unwrap();
    std::fs::write(&key, "nothing").unwrap();
    let config = [
        "server.listen=127.0.0.1:0".to_owned(),
        format!("store.url=sqlite:{}", directory.path().join("cenote.db").display()),
        format!("tls.certificate_file={}", certificate.display()),
        format!("tls.key_file={}", key.display()),
    ];
    let config =
        config.iter().fold(Layers::for_dev(), |layers, one| layers.assignment(one)).finish().unwrap();
    let error = Server::start(config, keyring(), Mode::Dev(DevOptions::default())).await.unwrap_err();
    assert!(error.to_string().starts_with("tls.certificate_file: "), "{error}");
}
