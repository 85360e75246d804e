//! A server on a disk of its own.

use cenote_durability::connection::{Connection, Refusal};
use cenote_durability::disk::Disk;
use cenote_durability::server::{self, Running, Setup, wait_for};
use serde_json::{Value, json};
use tempfile::TempDir;

pub struct Site {
    pub directory: TempDir,
    pub setup: Setup,
    pub disk: Disk,
}

/// A disk, and a server that is not started.
pub fn site() -> Site {
    let binary = std::fs::canonicalize(server::binary().unwrap()).unwrap();
    let directory = server::directory(&binary).unwrap();
    let mut setup =
        Setup { binary, directory: directory.path().to_owned(), store_url: None, environment: Vec::new() };
    let disk = Disk::under(&mut setup).unwrap();
    Site { directory, setup, disk }
}

impl Site {
    /// How many flushes have begun, and how many have ended.
    pub fn flushes(&self) -> (usize, usize) {
        // Before the first there is no journal.
        let journal = self.disk.journal().unwrap_or_default();
        let count = |letter| journal.iter().filter(|record| record.what == letter).count();
        (count(b'b'), count(b'e') + count(b'f'))
    }

    /// Everything that was acknowledged is there after the next start, on a disk that works again.
    pub fn check_after_start(&self, groups: &mut Groups) {
        self.disk.recovers().unwrap();
        let server = self.setup.start().unwrap();
        groups.reconnect(&server);
        groups.check();
        assert!(server.stop().unwrap().success());
    }

    /// Waits until somebody waits for a flush.
    pub fn wait_for_a_flush(&self) {
        wait_for("no flush begins", || {
            let (begun, ended) = self.flushes();
            Ok((begun > ended).then_some(()))
        })
        .unwrap();
    }
}

impl Drop for Site {
    /// Whatever happened: the program did not panic.
    fn drop(&mut self) {
        let log = self.setup.log();
        if std::thread::panicking() {
            eprintln!("the log:\n{log}");
        } else {
            assert!(!log.contains("panicked"), "{log}");
        }
    }
}

/// A pool, and groups in it that are made one after the other.
pub struct Groups {
    pub connection: Connection,
    pub pool_id: String,
    /// What was acknowledged.
    pub made: Vec<String>,
    next: usize,
}

impl Groups {
    pub fn create(server: &Running) -> Self {
        let mut connection = server.connect();
        let pool = connection.call("CreateUserPool", &json!({ "PoolName": "disk" })).unwrap();
        let pool_id = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
        Self { connection, pool_id, made: Vec::new(), next: 0 }
    }

    /// After a new start.
    pub fn reconnect(&mut self, server: &Running) {
        self.connection = server.connect();
    }

    /// The next group, as a request.
    pub fn next(&mut self) -> (String, Value) {
        self.next += 1;
        let name = format!("group-{:05}", self.next);
        // A few pages each.
        let description = "x".repeat(2000);
        let body = json!({ "UserPoolId": self.pool_id, "GroupName": name, "Description": description });
        (name, body)
    }

    pub fn make(&mut self) -> Result<(), Refusal> {
        let (name, body) = self.next();
        self.connection.call("CreateGroup", &body)?;
        self.made.push(name);
        Ok(())
    }

    /// Makes groups until one is refused, and says how.
    pub fn make_until_refused(&mut self) -> Refusal {
        for _ in 0..1000 {
            if let Err(refusal) = self.make() {
                return refusal;
            }
        }
        panic!("nothing is refused");
    }

    /// The groups that are there, in the order in which they were made.
    pub fn list(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        let mut body = json!({ "UserPoolId": self.pool_id, "Limit": 60 });
        loop {
            let page = self.connection.call("ListGroups", &body).unwrap();
            let groups = page["Groups"].as_array().unwrap();
            names.extend(groups.iter().map(|group| group["GroupName"].as_str().unwrap().to_owned()));
            match &page["NextToken"] {
                Value::String(token) => body["NextToken"] = token.clone().into(),
                _ => break,
            }
        }
        names.sort();
        names
    }

    /// Everything that was acknowledged is there.
    pub fn check(&mut self) {
        let found = self.list();
        for name in &self.made {
            assert!(found.contains(name), "{name} was acknowledged and is lost");
        }
    }

    pub fn ready(&mut self) -> (u16, String) {
        self.connection.get("/_cenote/ready").unwrap()
    }
}

/// That it is the error for our own faults, which clients try again.
pub fn is_internal(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Refused { status: 500, code, .. } if code == "InternalErrorException")
}
