use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::operation::Operation;

/// Measures the release binary of Cenote: requests per second, latencies, processor time, and the floor beside each.
#[derive(Debug, Parser)]
#[command(
    name = "cenote-bench",
    after_help = "Example:\n  cargo run --release -p cenote-bench -- --quick --only get-user"
)]
pub struct Options {
    /// Half a second a row and a short soak: for a look, not for the record.
    #[arg(long)]
    pub quick: bool,
    #[arg(long, value_enum, default_value = "sqlite")]
    pub engine: Engine,
    /// Measures this operation only; may be given many times.
    #[arg(long, value_enum, value_name = "NAME")]
    pub only: Vec<Operation>,
    /// How many connections ask at the same time.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub connections: Vec<u16>,
    /// How long each row is measured [default: 3, quick: 0.5]
    #[arg(long, value_parser = seconds)]
    pub seconds: Option<Duration>,
    /// Requests of the soak, a mix of reads, sign-ins and writes, after which the memory is looked at; 0 leaves it out [default: 1000000, quick: 20000]
    #[arg(long)]
    pub soak: Option<u64>,
    /// A setting of the server, such as log.level=warn; may be given many times.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    pub set: Vec<String>,
    /// JSON instead of tables.
    #[arg(long)]
    pub json: bool,
    /// Runs the empty handler; the program starts itself so.
    #[arg(long, hide = true)]
    pub empty_handler: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Flushed to the disk at every commit.
    Sqlite,
    /// A server of its own on this machine, which does not flush: its rows show the processor's part only.
    Postgres,
}

impl Engine {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl Options {
    pub fn row_duration(&self) -> Duration {
        self.seconds.unwrap_or(if self.quick { Duration::from_millis(500) } else { Duration::from_secs(3) })
    }

    pub fn soak_requests(&self) -> u64 {
        self.soak.unwrap_or(if self.quick { 20_000 } else { 1_000_000 })
    }

    pub fn operations(&self) -> Vec<Operation> {
        let wanted = |one: &&Operation| self.only.is_empty() || self.only.contains(one);
        Operation::value_variants().iter().filter(wanted).copied().collect()
    }
}

/// A tenth of a second to a minute: a run is always bounded.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.1..=60.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("0.1 to 60 seconds".to_owned())
    }
}
