//! Which of several servers is connected to.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deadpool_postgres::Connect;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, Error, NoTls};

use super::tls::MakeTls;

/// How much longer than its socket a connection may take: for encryption, the password, and whether it can write.
const HANDSHAKE: u32 = 2;

/// How long one server is waited for before the next is tried as well.
const HEAD_START: Duration = Duration::from_millis(300);

/// The servers of the URL. They are tried one after the other, first the one that answered last, so that who hangs or refuses
/// does not cost its time with every connection. Whoever can be used and answers first is taken.
#[derive(Clone)]
pub(super) struct Hosts {
    each: Arc<[Config]>,
    tls: Option<MakeTls>,
    patience: Duration,
    last: Arc<AtomicUsize>,
}

impl Hosts {
    pub(super) fn new(config: &Config, tls: Option<MakeTls>) -> Self {
        let count = config.get_hosts().len().max(config.get_hostaddrs().len());
        let patience = config.get_connect_timeout().copied().unwrap_or_default() * HANDSHAKE;
        Self {
            each: (0..count).map(|index| only(config, index)).collect(),
            tls,
            patience,
            last: Arc::default(),
        }
    }

    /// How long it can take until every one was tried.
    pub(super) fn longest_connect(&self) -> Duration {
        HEAD_START * u32::try_from(self.each.len()).unwrap_or(1) + self.patience + Duration::from_secs(1)
    }

    async fn connect_to_any(self) -> Result<(Client, JoinHandle<()>), Error> {
        let (count, first) = (self.each.len(), self.last.load(Ordering::Relaxed));
        let mut waiting = (first..count).chain(0..first).peekable();
        let mut tried = JoinSet::new();
        let mut refused = None;
        loop {
            if let Some(index) = waiting.next() {
                let hosts = self.clone();
                tried.spawn(async move {
                    let connecting = timeout(hosts.patience, hosts.connect_to(index));
                    (index, connecting.await.unwrap_or_else(|_| Err(Error::__private_api_timeout())))
                });
            }
            let alone = if waiting.peek().is_some() { HEAD_START } else { self.patience * 2 };
            match timeout(alone, tried.join_next()).await {
                Ok(Some(Ok((index, Ok(connected))))) => {
                    self.last.store(index, Ordering::Relaxed);
                    return Ok(connected);
                }
                Ok(Some(Ok((_, Err(error))))) => refused = Some(error),
                Ok(None) if waiting.peek().is_none() => break,
                Ok(Some(Err(_)) | None) | Err(_) => {}
            }
        }
        Err(refused.unwrap_or_else(Error::__private_api_timeout))
    }

    async fn connect_to(&self, index: usize) -> Result<(Client, JoinHandle<()>), Error> {
        fn run(connection: impl Future<Output = Result<(), Error>> + Send + 'static) -> JoinHandle<()> {
            tokio::spawn(async move {
                // Whoever uses the connection learns of it, and says so.
                let _ = connection.await;
            })
        }
        let config = self.each.get(index).ok_or_else(Error::__private_api_timeout)?;
        Ok(match &self.tls {
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await?;
                (client, run(connection))
            }
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                (client, run(connection))
            }
        })
    }
}

impl Connect for Hosts {
    fn connect(
        &self,
        _: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        Box::pin(self.clone().connect_to_any())
    }
}

/// The configuration with one host of its hosts.
fn only(all: &Config, index: usize) -> Config {
    let mut config = Config::new();
    match all.get_hosts().get(index) {
        Some(Host::Tcp(name)) => drop(config.host(name)),
        #[cfg(unix)]
        Some(Host::Unix(path)) => drop(config.host_path(path)),
        None => {}
    }
    if let Some(address) = all.get_hostaddrs().get(index) {
        config.hostaddr(*address);
    }
    if let Some(port) = all.get_ports().get(index).or_else(|| all.get_ports().first()) {
        config.port(*port);
    }
    if let Some(user) = all.get_user() {
        config.user(user);
    }
    if let Some(password) = all.get_password() {
        config.password(password);
    }
    if let Some(database) = all.get_dbname() {
        config.dbname(database);
    }
    if let Some(options) = all.get_options() {
        config.options(options);
    }
    if let Some(name) = all.get_application_name() {
        config.application_name(name);
    }
    if let Some(limit) = all.get_connect_timeout() {
        config.connect_timeout(*limit);
    }
    if let Some(limit) = all.get_tcp_user_timeout() {
        config.tcp_user_timeout(*limit);
    }
    if let Some(interval) = all.get_keepalives_interval() {
        config.keepalives_interval(interval);
    }
    if let Some(retries) = all.get_keepalives_retries() {
        config.keepalives_retries(retries);
    }
    config
        .keepalives(all.get_keepalives())
        .keepalives_idle(all.get_keepalives_idle())
        .ssl_mode(all.get_ssl_mode())
        .ssl_negotiation(all.get_ssl_negotiation())
        .channel_binding(all.get_channel_binding())
        .target_session_attrs(all.get_target_session_attrs())
        .load_balance_hosts(all.get_load_balance_hosts());
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_other_hosts_is_left_out() {
        let one = "user=u password=p dbname=d options=-cgeqo=off application_name=a sslmode=require \
                   connect_timeout=7 tcp_user_timeout=8 keepalives=1 keepalives_idle=9 keepalives_interval=10 \
                   keepalives_retries=11 target_session_attrs=read-write channel_binding=disable \
                   load_balance_hosts=random";
        for (all, each) in [
            ("host=x,y port=1,2", ["host=x port=1", "host=y port=2"]),
            ("host=x,y port=3", ["host=x port=3", "host=y port=3"]),
            ("host=/x,y hostaddr=127.0.0.1,::1", ["host=/x hostaddr=127.0.0.1", "host=y hostaddr=::1"]),
        ] {
            let config = |hosts: &str| format!("{hosts} {one}").parse::<Config>().unwrap();
            for (index, expected) in each.into_iter().enumerate() {
                assert_eq!(only(&config(all), index), config(expected), "{all}");
            }
        }
    }
}
