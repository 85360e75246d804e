//! Running a server until it is told to stop.

use cenote_crypto::KeyRing;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Failure, print};
use crate::config::Config;
use crate::descriptors;
use crate::log;
use crate::server::{Mode, Server};

/// Starts a server, says so, and runs it until SIGTERM or SIGINT.
pub(super) fn until_told(mut config: Config, keyring: KeyRing, mode: Mode) -> Result<(), Failure> {
    let _log = log::start(&config.log);
    let wanted = config.server.max_connections;
    let possible = descriptors::connections_within(descriptors::raise_limit(), wanted);
    if possible < wanted {
        tracing::warn!(wanted, possible, "server.too_few_descriptors");
        config.server.max_connections = possible;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        // Before the first line is printed: whoever waits for it may send a signal right then.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // A task of its own, which may block: a start can wait for another instance's migration, or for a disk, for ever.
        let mut starting = tokio::spawn(Server::start(config, keyring, mode));
        let server = tokio::select! {
            started = &mut starting => started??,
            () = told(&mut terminate, &mut interrupt) => {
                tracing::info!("server.stopped_before_it_had_started");
                return Ok(());
            }
        };
        tracing::info!(address = %server.address(), version = env!("CARGO_PKG_VERSION"), "server.started");
        print(format_args!("listening on {}", server.url()))?;
        told(&mut terminate, &mut interrupt).await;
        tracing::info!("server.stopping");
        // On its own as well: what is dropped may wait for a disk.
        let mut stopping = tokio::spawn(server.stop());
        tokio::select! {
            stopped = &mut stopping => {
                stopped?;
                tracing::info!("server.stopped");
                Ok(())
            }
            // Nothing acknowledged is lost by this either.
            _ = interrupt.recv() => Err("interrupted a second time: stopped without waiting".into()),
        }
    });
    // Nothing that blocks may keep the process: what matters has been waited for.
    runtime.shutdown_background();
    outcome
}

/// Completes when the process is told to end.
async fn told(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
