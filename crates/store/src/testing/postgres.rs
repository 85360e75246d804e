//! PostgreSQL for tests: the server that `CENOTE_TEST_POSTGRES_URL` names, else one that is started from the installed
//! programs, once per test process, and ends with it. Its data is not flushed and not kept.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_postgres::{Config, NoTls};

use super::{Place, TemporaryStore};
use crate::{MigrationMode, PostgresOptions, Store};

/// The user that owns everything on a server started here.
const OWNER: &str = "cenote";

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

struct Server {
    url: String,
    /// A shell that stops the server once its input ends: when this process does, however that happens.
    _keeper: Option<Child>,
}

/// A database of its own on the tests' PostgreSQL, with the current schema. `None`, and a line on standard error, when there
/// is no server and `CENOTE_REQUIRE_POSTGRES` is not `1`.
///
/// # Panics
/// When there is a server and it does not work, or when there must be one.
pub async fn temporary_postgres() -> Option<TemporaryStore> {
    let options = temporary_database(true).await?;
    let store = Store::open_postgres(options.clone()).await.unwrap_or_else(|error| fail(&error));
    Some(TemporaryStore { store, place: Place::Postgres(options) })
}

/// As [`temporary_postgres`], but only the way to an empty database, without a schema.
///
/// # Panics
/// As [`temporary_postgres`].
pub async fn empty_database() -> Option<PostgresOptions> {
    temporary_database(false).await
}

async fn temporary_database(with_schema: bool) -> Option<PostgresOptions> {
    let url = server_url()?;
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let name = format!("cenote_test_{}_{number}", std::process::id());
    let template =
        if with_schema { TEMPLATE.get_or_init(|| make_template(url)).await.as_str() } else { "template0" };
    create_database(url, &name, template).await;
    Some(options(url, &name))
}

async fn make_template(url: &str) -> String {
    let name = format!("cenote_template_{}", std::process::id());
    create_database(url, &name, "template0").await;
    let store = Store::open_postgres(options(url, &name)).await.unwrap_or_else(|error| fail(&error));
    store.close().await;
    // The server may need a moment to notice, and copies no database that is in use.
    drop(store);
    let disconnect = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = ";
    administer(url, &[format!("{disconnect}'{name}'")]).await;
    name
}

async fn create_database(url: &str, name: &str, template: &str) {
    administer(
        url,
        &[format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name} TEMPLATE {template}")],
    )
    .await;
}

/// Runs statements of administration, each on its own.
///
/// # Panics
/// When one fails.
async fn administer(url: &str, statements: &[String]) {
    let config: Config = url.parse().unwrap_or_else(|error| fail(&error));
    let (client, connection) = config.connect(NoTls).await.unwrap_or_else(|error| fail(&error));
    let connection = tokio::spawn(connection);
    for statement in statements {
        client.batch_execute(statement).await.unwrap_or_else(|error| fail(&error));
    }
    drop(client);
    let _ = connection.await;
}

fn options(url: &str, database: &str) -> PostgresOptions {
    // The last parameter of a name wins in a URL, so the server's own database need not be cut out.
    let separator = if url.contains('?') { '&' } else { '?' };
    PostgresOptions {
        url: format!("{url}{separator}dbname={database}"),
        max_connections: 8,
        patience: Duration::from_secs(15),
        failover_wait: Duration::ZERO,
        ca_file: None,
        migrations: MigrationMode::Apply,
    }
}

/// The URL of the tests' server, its database for administration.
fn server_url() -> Option<&'static str> {
    let server = SERVER.get_or_init(|| match std::env::var("CENOTE_TEST_POSTGRES_URL") {
        Ok(url) => Ok(Server { url, _keeper: None }),
        Err(_) => start(),
    });
    match server {
        Ok(server) => Some(&server.url),
        Err(reason) if std::env::var("CENOTE_REQUIRE_POSTGRES").is_ok_and(|required| required == "1") => {
            fail(reason)
        }
        Err(reason) => {
            skip(reason);
            None
        }
    }
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests must see that some did not")]
fn skip(reason: &str) {
    eprintln!("skipped: no PostgreSQL for tests: {reason}");
}

#[expect(clippy::panic, reason = "for tests, which fail by panicking")]
fn fail(reason: &dyn std::fmt::Display) -> ! {
    panic!("PostgreSQL for tests: {reason}")
}

/// Starts a server that listens on a socket in its own directory and nowhere else.
fn start() -> Result<Server, String> {
    let programs = programs().ok_or("it is not installed")?;
    let directory = tempfile::Builder::new()
        .prefix("cenote-postgres-")
        .tempdir()
        .map_err(|error| error.to_string())?
        .keep();
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", SCRIPT, "postgres"])
        .args([&programs, &directory])
        .arg(OWNER)
        .current_dir(&directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    become_unprivileged(&mut command, &directory)?;
    let mut keeper = command.spawn().map_err(|error| error.to_string())?;
    let output = keeper.stdout.take().ok_or("it has no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
    if line.trim() != "ready" {
        return Err("it did not start".into());
    }
    let socket = directory.to_string_lossy().replace('/', "%2F");
    Ok(Server { url: format!("postgres://{OWNER}@{socket}/postgres"), _keeper: Some(keeper) })
}

/// `$1` programs, `$2` directory, `$3` owner. Ignores the signals that end the tests from the terminal, to clean up after them.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
"$1/initdb" -D "$2/data" -U "$3" -A trust -E UTF8 --locale=C --no-sync >"$2/log" 2>&1 &&
"$1/pg_ctl" start -w -D "$2/data" -l "$2/log" -o "-k '$2' -c listen_addresses= -c fsync=off \
    -c synchronous_commit=off -c full_page_writes=off -c max_connections=400 -c deadlock_timeout=100ms" \
    >>"$2/log" 2>&1 </dev/null && echo ready && cat >/dev/null
"$1/pg_ctl" stop -m immediate -D "$2/data" >/dev/null 2>&1
rm -rf "$2"
"#;

/// PostgreSQL does not run as root: then its own user does it, or nobody.
fn become_unprivileged(command: &mut Command, directory: &Path) -> Result<(), String> {
    let owner = std::fs::metadata(directory).map_err(|error| error.to_string())?.uid();
    if owner != 0 {
        return Ok(());
    }
    let users = std::fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
    let find = |wanted: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let found = fields.next()? == wanted;
            let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            found.then_some((user, group))
        })
    };
    let (user, group): (u32, u32) =
        find("postgres").or_else(|| find("nobody")).ok_or("there is no user to run it as")?;
    chown(directory, Some(user), Some(group)).map_err(|error| error.to_string())?;
    command.uid(user).gid(group);
    Ok(())
}

/// Where the server's programs are: the latest of Debian's, or on the path.
fn programs() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let latest = installed
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .max()
        .map(|(_, path)| path);
    let path = std::env::var_os("PATH").unwrap_or_default();
    latest
        .into_iter()
        .chain(std::env::split_paths(&path))
        .find(|directory| ["initdb", "pg_ctl", "postgres"].iter().all(|name| directory.join(name).is_file()))
}
