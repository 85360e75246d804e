//! File descriptors: each connection takes one, and without a free one nothing can be accepted.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What database, mail server, functions and the process itself need beside the connections of clients.
const RESERVE: u64 = 100;

/// Raises the soft limit of this process to the hard one, and says how many descriptors it may have; none without a limit.
pub(crate) fn raise_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "server.descriptor_limit_not_raised");
        }
    }
    getrlimit(Resource::Nofile).current
}

/// How many of the `wanted` connections there are descriptors for.
pub(crate) fn connections_within(descriptors: Option<u64>, wanted: u32) -> u32 {
    let Some(descriptors) = descriptors else { return wanted };
    u32::try_from(descriptors.saturating_sub(RESERVE)).unwrap_or(u32::MAX).clamp(1, wanted.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_bound_connections() {
        for (descriptors, connections) in [
            (None, 10_000),
            (Some(u64::MAX), 10_000),
            (Some(10_100), 10_000),
            (Some(1024), 924),
            (Some(50), 1),
        ] {
            assert_eq!(connections_within(descriptors, 10_000), connections, "{descriptors:?}");
        }
    }
}
