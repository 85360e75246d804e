//! `cargo run --release -p cenote-bench`: how fast the release binary is, and beside each number what can't be gone below.
//!
//! It starts the server as `cenote dev` with every limit off in a directory of its own, makes users, measures each operation at
//! several numbers of connections, kills the server, looks for what every row had acknowledged, and measures starts and memory.
//! Every answer is checked; a wrong one ends the run. Nothing here asserts a time: `docs/performance.md` holds what was
//! measured and what is aimed at.

mod connection;
mod floors;
mod life;
mod load;
mod operation;
mod options;
mod process;
mod proof;
mod report;
mod request;
mod second_factor;
mod server;
mod soak;
mod world;
mod written;

use std::fmt::Display;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use crate::floors::Floors;
use crate::load::drive;
use crate::operation::Operation;
use crate::options::{Engine, Options};
use crate::report::{Report, Row};
use crate::server::{Running, Setup};
use crate::world::World;

/// Why there is no result, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = if options.empty_handler { floors::serve_empty() } else { run(&options) };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(format_args!("cenote-bench: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// A line of progress.
fn say(line: impl Display) {
    // Nobody is left to hear about it if this fails.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// One thread drives everything, and leaves the rest to the server.
fn run(options: &Options) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(measure(options))?;
    let text = if options.json { serde_json::to_string_pretty(&report)? } else { report.tables() };
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

async fn measure(options: &Options) -> Result<Report, Failure> {
    let binary = server::release_binary()?;
    // Beside the binary, since a directory for temporary files may be in memory, where nothing is durable.
    let target = binary.parent().unwrap_or(Path::new("."));
    let directory = tempfile::Builder::new().prefix("bench-").tempdir_in(target)?;
    let setup = Setup {
        directory: directory.path().to_owned(),
        store_url: store_url(options.engine).await?,
        set: options.set.clone(),
        binary,
    };
    let row = options.row_duration();
    let operations = options.operations();
    let server = setup.start()?;
    say("making users");
    let mut world = World::create(&server, &operations, row).await?;
    say("measuring the floors");
    let describe = Operation::DescribeUserPool.plan(&world, row)?;
    let floors =
        Floors::measure(directory.path(), options.engine, &options.connections, &describe, row).await?;
    let mut rows = Vec::new();
    for operation in operations {
        for &connections in &options.connections {
            rows.push(measure_row(&server, &mut world, &floors, operation, connections, row).await?);
        }
    }
    say("starts and memory");
    let life = life::measure(&setup, &mut world, server, options.soak_requests()).await?;
    let (machine, engine) = (process::machine(), options.engine.as_str());
    Ok(Report { machine, engine, row_seconds: row.as_secs_f64(), floors, rows, life })
}

async fn measure_row(
    server: &Running,
    world: &mut World,
    floors: &Floors,
    operation: Operation,
    connections: u16,
    duration: Duration,
) -> Result<Row, Failure> {
    operation.prepare(world, server, duration).await?;
    let plan = operation.plan(world, duration)?;
    let measured = drive(server.address, server.pid(), connections.into(), &plan)
        .await
        .map_err(|error| format!("{} at {connections} connections: {error}", operation.as_str()))?;
    operation.check(world, server, &plan, &measured).await?;
    server.settle().await?;
    let floor = floors.of(operation, connections);
    let cpu_ms = measured.server_ms();
    say(format_args!(
        "{:<22}{connections:>4} connections {:>9.0}/s  p50 {:>7.2} ms  p99 {:>7.2} ms  CPU {cpu_ms:.4} ms  {:.2} x floor",
        operation.as_str(),
        measured.per_second(),
        measured.percentile_ms(50),
        measured.percentile_ms(99),
        cpu_ms / floor.cpu_ms
    ));
    Ok(Row {
        operation: operation.as_str(),
        connections,
        requests: measured.requests,
        per_second: measured.per_second(),
        p50_ms: measured.percentile_ms(50),
        p99_ms: measured.percentile_ms(99),
        cpu_ms,
        load_cpu_ms: measured.load_ms(),
        others: measured.others,
        ratio: cpu_ms / floor.cpu_ms,
        floor,
    })
}

/// The URL of an empty database on a throw-away PostgreSQL.
async fn store_url(engine: Engine) -> Result<Option<String>, Failure> {
    match engine {
        Engine::Sqlite => Ok(None),
        Engine::Postgres => {
            let database = cenote_store::testing::postgres::empty_database().await;
            Ok(Some(database.ok_or("PostgreSQL is not installed")?.url))
        }
    }
}
