//! What can't be gone below: measured in the same run, on the same machine.

mod commit;
mod cryptography;
mod empty;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

pub use empty::serve as serve_empty;
use serde::Serialize;

use crate::Failure;
use crate::load::{Plan, drive};
use crate::operation::Operation;
use crate::options::Engine;

/// One way of spending time, at one number of connections (or rows in a commit).
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Processor time for one.
    pub cpu_ms: f64,
}

#[derive(Debug, Serialize)]
pub struct Floors {
    /// An empty handler, by connections.
    pub empty: BTreeMap<u16, Cost>,
    /// A row's durable commit, by rows in one commit; of SQLite only.
    pub commit: BTreeMap<u16, Cost>,
    pub signature_ms: f64,
    pub power_ms: f64,
    /// The check of a proof by SRP: two powers of other bases.
    pub proof_ms: f64,
}

/// The floor of a row: what must be done for one request, and nothing else.
#[derive(Debug, Serialize)]
pub struct Floor {
    pub of: &'static str,
    pub cpu_ms: f64,
}

impl Floors {
    /// Measures them, each for as long as a row.
    pub async fn measure(
        directory: &Path,
        engine: Engine,
        connections: &[u16],
        describe: &Plan,
        row: Duration,
    ) -> Result<Self, Failure> {
        let mut floors = Self {
            empty: BTreeMap::new(),
            commit: BTreeMap::new(),
            signature_ms: cryptography::signature_ms(row)?,
            power_ms: cryptography::power_ms(row)?,
            proof_ms: cryptography::proof_ms(row)?,
        };
        let handler = empty::start()?;
        for &count in connections {
            let mut requests = describe.requests.to_vec();
            requests.iter_mut().for_each(|request| request.expected = "{}".into());
            let plan = Plan { requests: requests.into(), duration: row, ..describe.clone() };
            let measured = drive(handler.address, handler.pid(), count.into(), &plan).await?;
            let cost = Cost {
                per_second: measured.per_second(),
                p50_ms: measured.percentile_ms(50),
                p99_ms: measured.percentile_ms(99),
                cpu_ms: measured.server_ms(),
            };
            floors.empty.insert(count, cost);
        }
        drop(handler);
        if engine == Engine::Sqlite {
            for &count in connections {
                floors.commit.insert(count, commit::measure(directory, count, row)?);
            }
        }
        Ok(floors)
    }

    /// The floor of an operation at this number of connections. A write on PostgreSQL lacks the commit, whose processor time
    /// is mostly another process's.
    pub fn of(&self, operation: Operation, connections: u16) -> Floor {
        let cpu = |costs: &BTreeMap<u16, Cost>| costs.get(&connections).map_or(0.0, |cost| cost.cpu_ms);
        let (empty, commit) = (cpu(&self.empty), cpu(&self.commit));
        let commits = !self.commit.is_empty();
        let (of, cpu_ms) = match operation {
            Operation::DescribeUserPool | Operation::GetUser => ("empty", empty),
            Operation::ForgotPassword if commits => ("empty + commit", empty + commit),
            Operation::ForgotPassword => ("empty", empty),
            Operation::SignUp | Operation::ConfirmForgotPassword if commits => {
                ("empty + power + commit", empty + self.power_ms + commit)
            }
            Operation::SignUp | Operation::ConfirmForgotPassword => ("empty + power", empty + self.power_ms),
            Operation::SignIn => ("power + 2 signatures", self.power_ms + 2.0 * self.signature_ms),
            Operation::SrpStart => ("empty + power", empty + self.power_ms),
            Operation::SrpProof if commits => {
                ("proof + 2 signatures + commit", self.proof_ms + 2.0 * self.signature_ms + commit)
            }
            Operation::SrpProof => ("proof + 2 signatures", self.proof_ms + 2.0 * self.signature_ms),
            Operation::AppStart => ("empty + power", empty + self.power_ms),
            Operation::AppCode if commits => ("2 signatures + commit", 2.0 * self.signature_ms + commit),
            Operation::AppCode => ("2 signatures", 2.0 * self.signature_ms),
            Operation::Refresh => ("2 signatures", 2.0 * self.signature_ms),
        };
        Floor { of, cpu_ms }
    }
}
