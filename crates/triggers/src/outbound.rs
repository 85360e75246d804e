//! The HTTP client, and the guard that keeps it out of private networks.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service;

const IDLE_CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);

type PlainClient = Client<HttpConnector<Resolver>, Full<Bytes>>;
type TlsClient = Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

/// Sends requests and keeps connections open for the next ones.
#[derive(Debug)]
pub(crate) struct Outbound {
    resolver: Resolver,
    plain: PlainClient,
    // Made at the first call: reading the system's certificates takes a while, and those who need none need not have any.
    tls: OnceLock<Result<TlsClient, String>>,
}

impl Outbound {
    /// With `public_only`, names that resolve to private addresses are refused.
    pub(crate) fn new(public_only: bool) -> Self {
        let resolver = Resolver { public_only, system: GaiResolver::new() };
        let plain = client_builder().build(connector(&resolver));
        Self { resolver, plain, tls: OnceLock::new() }
    }

    /// Sends `request` to its absolute URI, follows no redirect, and returns once the headers of the answer are there.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Box<dyn Error + Send + Sync>> {
        if request.uri().scheme_str() == Some("http") {
            return Ok(self.plain.request(request).await?);
        }
        let client = self.tls.get_or_init(|| tls_client(&self.resolver).map_err(|error| error.to_string()));
        Ok(client.as_ref().map_err(String::as_str)?.request(request).await?)
    }
}

fn client_builder() -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_CONNECTION_TIMEOUT);
    builder
}

fn connector(resolver: &Resolver) -> HttpConnector<Resolver> {
    let mut connector = HttpConnector::new_with_resolver(resolver.clone());
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector
}

fn tls_client(resolver: &Resolver) -> io::Result<TlsClient> {
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
        .https_only()
        .enable_http1()
        .wrap_connector(connector(resolver));
    Ok(client_builder().build(connector))
}

/// The system's resolver, with the guard behind it: what is checked is what is connected to.
#[derive(Clone, Debug)]
struct Resolver {
    public_only: bool,
    system: GaiResolver,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.system.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lookup = self.system.call(name);
        let public_only = self.public_only;
        Box::pin(async move {
            let addresses: Vec<_> =
                lookup.await?.filter(|address| !public_only || is_public(address.ip())).collect();
            if addresses.is_empty() {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    "the name has no public address",
                ));
            }
            Ok(addresses.into_iter())
        })
    }
}

/// Whether `address` belongs to the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let shared = first == 100 && (64..128).contains(&second);
    let protocol_assignments = (first, second, third) == (192, 0, 0);
    let benchmarking = first == 198 && (18..20).contains(&second);
    !(first == 0
        || first >= 224
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || shared
        || protocol_assignments
        || benchmarking)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // An IPv4 address in disguise: mapped, translated, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Teredo and other special assignments, documentation.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        // Global unicast is all that is public.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_and_private_addresses() {
        for (address, public) in [
            ("3.120.181.40", true),
            ("100.63.0.1", true),
            ("172.32.0.1", true),
            ("198.20.0.1", true),
            ("0.1.2.3", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("192.0.0.8", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("203.0.113.9", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2600:1f14::1", true),
            ("2001:4860::8888", true),
            ("::ffff:3.120.181.40", true),
            ("::", false),
            ("::1", false),
            ("::ffff:10.0.0.1", false),
            ("64:ff9b::10.0.0.1", false),
            ("2002:a00:1::", false),
            ("2001:0:1::", false),
            ("2001:db8::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[tokio::test]
    async fn the_guard_refuses_private_addresses() {
        let request = || Request::get("http://localhost:9/").body(Full::default()).unwrap();
        let refused = Outbound::new(true).send(request()).await.unwrap_err();
        let mut cause: &dyn Error = refused.as_ref();
        while let Some(source) = cause.source() {
            cause = source;
        }
        assert_eq!(cause.to_string(), "the name has no public address");
    }
}
