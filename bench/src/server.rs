//! The server under test.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Failure;
use crate::connection::Connection;
use crate::request::Request;

/// The code in every message.
pub const CODE: &str = "123456";

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

/// How the server is started, each time the same.
#[derive(Debug)]
pub struct Setup {
    pub binary: PathBuf,
    pub directory: PathBuf,
    /// Of PostgreSQL; else it keeps a SQLite file in its directory.
    pub store_url: Option<String>,
    pub set: Vec<String>,
}

/// A process that listens; killed with SIGKILL when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    pub address: SocketAddr,
    pub started: Instant,
}

impl Setup {
    /// Starts the server. Its log goes nowhere, but is written.
    pub fn start(&self) -> Result<Running, Failure> {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.directory);
        command.args([
            "dev",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
            "data",
            "--fixed-code",
            CODE,
            "--clock",
        ]);
        // Part of every token, so it must not change with the port of each start.
        command.args(["--set", "server.public_url=http://localhost:7665"]);
        for limit in LIMITS {
            command.arg("--set").arg(format!("limits.{limit}=0"));
        }
        if let Some(url) = &self.store_url {
            command.arg("--set").arg(format!("store.url={url}"));
        }
        for assignment in &self.set {
            command.arg("--set").arg(assignment);
        }
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        Running::start(&mut command)
    }
}

fn is_setting(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("CENOTE_")
}

impl Running {
    /// Starts a program that prints `listening on http://ADDRESS` as its first line.
    pub fn start(command: &mut Command) -> Result<Self, Failure> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let started = Instant::now();
        let mut child = command.spawn()?;
        let mut line = String::new();
        let output = child.stdout.take().ok_or("no output")?;
        BufReader::new(output).read_line(&mut line)?;
        match line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok()) {
            Some(address) => Ok(Self { child, address, started }),
            None => {
                child.kill()?;
                child.wait()?;
                Err(format!("{:?} did not start: {line:?}", command.get_program()).into())
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end, and says whether it ended well.
    pub fn wait(&mut self) -> Result<bool, Failure> {
        Ok(self.child.wait()?.success())
    }

    /// Status and body of the answer to one request on a connection of its own.
    pub async fn send(&self, request: &Request) -> Result<(u16, String), Failure> {
        let mut connection = Connection::open(self.address).await?;
        let answer = connection.call(&request.bytes).await?;
        Ok((answer.status, String::from_utf8(answer.body.to_vec())?))
    }

    /// The answer of an operation, which must do what it is asked for.
    pub async fn call(&self, operation: &str, body: &Value) -> Result<Value, Failure> {
        match self.send(&Request::api(operation, body)).await? {
            (200, answer) => Ok(serde_json::from_str(&answer)?),
            (status, answer) => Err(format!("{operation}: status {status}, {answer}").into()),
        }
    }

    pub async fn get(&self, path: &str) -> Result<String, Failure> {
        Ok(self.send(&Request::get(path)).await?.1)
    }

    /// Moves the server's clock on; what time it is then, in seconds.
    pub async fn advance(&self, seconds: u64) -> Result<u64, Failure> {
        let request = Request::post("/_cenote/clock", &json!({ "advance_seconds": seconds }));
        let now: Value = serde_json::from_str(&self.send(&request).await?.1)?;
        now.get("now").and_then(Value::as_u64).ok_or_else(|| "the server does not say what time it is".into())
    }

    /// Waits until every message is delivered, a minute at most: what one row leaves behind must not slow the next.
    pub async fn settle(&self) -> Result<(), Failure> {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            let metrics = self.get("/_cenote/metrics").await?;
            let pending = metrics.lines().find_map(|line| line.strip_prefix("cenote_outbox_pending "));
            match pending.ok_or("the metrics do not say how many messages wait")? {
                "0" => return Ok(()),
                _ if Instant::now() > limit => return Err("the messages are not delivered".into()),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The release binary beside this program, built if it is not there or not up to date.
pub fn release_binary() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?;
    let directory = own.parent().ok_or("this program is in no directory")?;
    if directory.file_name() != Some(OsStr::new("release")) {
        return Err("run it with --release: the load and the floors have to be fast too".into());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let workspace = manifest.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    let built = Command::new(cargo)
        .args(["build", "--release", "-p", "cenote"])
        .current_dir(workspace)
        .stdout(Stdio::null())
        .status()?;
    let binary = directory.join("cenote");
    if built.success() && binary.is_file() { Ok(binary) } else { Err("the server was not built".into()) }
}
