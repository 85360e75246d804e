//! `cenote-durability`: kills the server again and again while many write, and looks for everything it had acknowledged.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use cenote_durability::load::{Load, Retired};
use cenote_durability::postgres::Database;
use cenote_durability::random::Random;
use cenote_durability::server::{self, Setup};
use cenote_durability::{Failure, server::directory};
use clap::{Parser, ValueEnum};

/// Starts the server, lets many write, kills it with SIGKILL at a random moment, starts it on the same data, and checks
/// everything that was acknowledged. What was not answered must be there as a whole or not at all.
#[derive(Debug, Parser)]
#[command(
    name = "cenote-durability",
    after_help = "Example:\n  cargo build --release -p cenote -p cenote-durability\n  \
                  CENOTE_BINARY=target/release/cenote target/release/cenote-durability --engine sqlite --kills 20"
)]
struct Options {
    /// One engine only.
    #[arg(long, value_enum)]
    engine: Option<Engine>,
    /// How often the server is killed, for each engine.
    #[arg(long, default_value_t = 4)]
    kills: u64,
    /// How many writes are acknowledged at least, for each engine.
    #[arg(long, default_value_t = 1500)]
    writes: u64,
    /// How many write at the same time.
    #[arg(long, default_value_t = 16)]
    hands: usize,
    /// After so many requests a person is left in peace, and another one comes.
    #[arg(long, default_value_t = 40)]
    career: u32,
    /// Makes the same choices as the run that printed it; what the server was doing when it was killed is never the same.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("\ncenote-durability: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// Nobody is left to hear about it if this fails.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn run(options: &Options) -> Result<(), Failure> {
    let binary = std::fs::canonicalize(server::binary()?)?;
    let seed = match options.seed {
        Some(seed) => seed,
        None => std::io::Read::bytes(std::fs::File::open("/dev/urandom")?)
            .take(6)
            .try_fold(0, |seed, byte| byte.map(|byte| seed << 8 | u64::from(byte)))?,
    };
    say(&format!("seed {seed}"));
    for engine in Engine::value_variants() {
        if options.engine.is_none_or(|only| only == *engine) {
            torture(*engine, options, binary.clone(), Random::new(seed))?;
        }
    }
    Ok(())
}

fn torture(engine: Engine, options: &Options, binary: PathBuf, mut random: Random) -> Result<(), Failure> {
    let directory = directory(&binary)?;
    let database = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Database::create()?),
    };
    let store_url = database.as_ref().map(|database| database.url().to_owned());
    let setup = Setup { binary, directory: directory.path().to_owned(), store_url, environment: Vec::new() };
    let started = Instant::now();
    let outcome = rounds(engine, options, &setup, database.as_ref(), &mut random, started);
    outcome.map_err(|failure| {
        let kept = directory.keep();
        format!("{engine:?}: {failure}\nthe data and the log are in {}", kept.display()).into()
    })
}

fn rounds(
    engine: Engine,
    options: &Options,
    setup: &Setup,
    database: Option<&Database>,
    random: &mut Random,
    started: Instant,
) -> Result<(), Failure> {
    let mut server = setup.start()?;
    let mut load = Load::create(&server, options.hands, options.career, random)?;
    let share = (options.writes / options.kills.max(1)).max(1);
    let mut early = 0;
    for kill in 1..=options.kills {
        // On average a share; in the last round what is missing.
        let drawn = if kill == options.kills {
            options.writes.saturating_sub(load.ledger.acknowledged())
        } else {
            1 + random.below(2 * share)
        };
        // Not always just after an answer.
        let longer = Duration::from_micros(random.below(20_000));
        load.run(server, drawn, longer, |server| server.kill())?;
        if random.percent(30) {
            // Once more before it has really started.
            let mut child = setup.spawn()?;
            std::thread::park_timeout(Duration::from_millis(random.below(60)));
            child.kill()?;
            child.wait()?;
            early += 1;
        }
        database.map_or(Ok(()), Database::settle)?;
        server = setup.start()?;
        let retired = if kill == options.kills { Retired::All } else { Retired::Few };
        load.check(&server, retired)?;
        let log = setup.log();
        if let Some(line) = log.lines().find(|line| line.contains("panicked") || line.contains("ERROR")) {
            return Err(format!("in the log: {line}").into());
        }
        let (done, seconds) = (load.ledger.acknowledged(), started.elapsed().as_secs());
        progress(&format!(
            "{engine:?}: kill {kill}/{}, {done} acknowledged writes of {} persons checked, {seconds} s",
            options.kills,
            load.persons()
        ))?;
    }
    let ended = server.stop()?;
    if !ended.success() {
        return Err(format!("the last stop: {ended}").into());
    }
    if engine == Engine::Sqlite {
        verify_backup(setup)?;
    }
    say(&format!(
        "\n{engine:?}: nothing lost, nothing by half: {} kills, {early} more while it started, {} acknowledged writes, {:.0} s",
        options.kills,
        load.ledger.acknowledged(),
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// On a terminal it stays in its line.
fn progress(text: &str) -> Result<(), Failure> {
    use std::io::IsTerminal as _;
    let mut output = std::io::stderr();
    if output.is_terminal() {
        write!(output, "\r\x1b[K{text}")?;
    } else {
        writeln!(output, "{text}")?;
    }
    Ok(output.flush()?)
}

/// SQLite's own check of every table and index.
fn verify_backup(setup: &Setup) -> Result<(), Failure> {
    let mut command: Command =
        setup.command(&["backup", "--data-dir", "data", "--out", "backup.db", "--verify"])?;
    let status = command.stdout(std::process::Stdio::null()).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("a backup of the end can't be verified:\n{}", setup.log()).into())
    }
}
