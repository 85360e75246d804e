//! The binary under test.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::connection::Connection;

/// Limits that would stop the load.
const LIMITS: [&str; 10] = [
    "recovery_requests_per_hour",
    "recovery_attempts_per_hour",
    "confirm_sign_up_attempts_per_hour",
    "resend_codes_per_hour",
    "attribute_codes_per_hour",
    "attribute_attempts_per_hour",
    "change_password_per_hour",
    "password_attempts",
    "mfa_codes_per_hour",
    "mfa_code_attempts",
];

/// How long anything that has to come may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How the server is started, each time on the same data.
#[derive(Clone, Debug)]
pub struct Setup {
    pub binary: PathBuf,
    /// Holds the data and the log, and has an absolute path without links.
    pub directory: PathBuf,
    /// Of PostgreSQL; else it keeps a SQLite file in its directory.
    pub store_url: Option<String>,
    /// Variables of the environment.
    pub environment: Vec<(&'static str, PathBuf)>,
}

/// A process that listens; killed with SIGKILL when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    pub address: SocketAddr,
}

impl Setup {
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// What it has said, over all starts.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// A command of the program, with its errors in the log.
    ///
    /// # Errors
    /// When there can be no log.
    pub fn command(&self, arguments: &[&str]) -> Result<Command, Failure> {
        let log = std::fs::File::options().create(true).append(true).open(self.directory.join("log"))?;
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.directory).args(arguments);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CENOTE_"))
        {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        Ok(command)
    }

    /// Starts the server and does not wait for it.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn spawn(&self) -> Result<Child, Failure> {
        let mut command = self.command(&["dev", "--listen", "127.0.0.1:0", "--log", "text", "--data-dir"])?;
        command.arg(self.data());
        // Part of every token, so it must not change with the port of each start.
        command.args(["--set", "server.public_url=http://localhost:7665", "--set", "log.level=warn"]);
        for limit in LIMITS {
            command.arg("--set").arg(format!("limits.{limit}=0"));
        }
        if let Some(url) = &self.store_url {
            command.arg("--set").arg(format!("store.url={url}"));
        }
        Ok(command.spawn()?)
    }

    /// Starts the server. What comes out if it does not start is how it ended.
    ///
    /// # Errors
    /// When it neither starts nor ends.
    pub fn try_start(&self) -> Result<Result<Running, ExitStatus>, Failure> {
        let mut child = self.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        match line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok()) {
            Some(address) => Ok(Ok(Running { child, address })),
            None => Ok(Err(child.wait()?)),
        }
    }

    /// Starts the server.
    ///
    /// # Errors
    /// When it does not start, with its log.
    pub fn start(&self) -> Result<Running, Failure> {
        self.try_start()?
            .map_err(|status| format!("the server did not start, {status}:\n{}", self.log()).into())
    }
}

impl Running {
    #[must_use]
    pub fn connect(&self) -> Connection {
        Connection::new(self.address)
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// When it can't be waited for.
    pub fn kill(mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When it can't be asked.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        Ok(self.child.try_wait()?)
    }

    /// Ends it the polite way.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(mut self) -> Result<ExitStatus, Failure> {
        self.tell("-TERM")?;
        Ok(self.child.wait()?)
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When it can't be sent.
    pub fn tell(&self, signal: &str) -> Result<(), Failure> {
        tell(&self.child, signal)
    }

    /// Waits until every message is delivered.
    ///
    /// # Errors
    /// When they are not.
    pub fn settle(&self) -> Result<(), Failure> {
        let mut connection = self.connect();
        wait_for("the messages are not delivered", || {
            let (_, metrics) = connection.get("/_cenote/metrics").map_err(|refusal| refusal.to_string())?;
            Ok(metrics.lines().any(|line| line == "cenote_outbox_pending 0").then_some(()))
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process.
///
/// # Errors
/// When it can't be sent.
pub fn tell(child: &Child, signal: &str) -> Result<(), Failure> {
    let told = Command::new("kill").args([signal, &child.id().to_string()]).status()?;
    if told.success() { Ok(()) } else { Err("the server can't be sent a signal".into()) }
}

/// Asks again and again until there is something.
///
/// # Errors
/// When there is nothing in time, with `what`; those of `find`.
pub fn wait_for<T>(what: &str, mut find: impl FnMut() -> Result<Option<T>, Failure>) -> Result<T, Failure> {
    let limit = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = find()? {
            return Ok(found);
        }
        if Instant::now() > limit {
            return Err(what.into());
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Where the program was built: `CENOTE_BINARY`.
///
/// # Errors
/// When it is not named.
pub fn binary() -> Result<PathBuf, Failure> {
    named("CENOTE_BINARY")
}

/// The file that a variable of the environment names.
///
/// # Errors
/// When it is not set or names no file.
pub fn named(variable: &str) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(std::env::var_os(variable).ok_or_else(|| format!("{variable} is not set"))?);
    if path.is_file() { Ok(path) } else { Err(format!("{variable}: there is no {}", path.display()).into()) }
}

/// A directory for one run, beside the binary: one for temporary files may be in memory.
///
/// # Errors
/// When it can't be made.
pub fn directory(binary: &Path) -> Result<tempfile::TempDir, Failure> {
    let beside = std::fs::canonicalize(binary.parent().unwrap_or(Path::new(".")))?;
    Ok(tempfile::Builder::new().prefix("durability-").tempdir_in(beside)?)
}
