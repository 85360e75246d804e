//! The result, as tables or JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::floors::{Cost, Floor, Floors};
use crate::life::Life;

#[derive(Debug, Serialize)]
pub struct Report {
    pub machine: String,
    pub engine: &'static str,
    pub row_seconds: f64,
    pub floors: Floors,
    pub rows: Vec<Row>,
    pub life: Life,
}

/// One operation at one number of connections.
#[derive(Debug, Serialize)]
pub struct Row {
    pub operation: &'static str,
    pub connections: u16,
    pub requests: u64,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// The server's processor time for a request.
    pub cpu_ms: f64,
    /// The load's own.
    pub load_cpu_ms: f64,
    /// The part of all processors that others used.
    pub others: f64,
    pub floor: Floor,
    /// The server's processor time over the floor's.
    pub ratio: f64,
}

impl Report {
    /// Tables for people, in Markdown.
    pub fn tables(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "{}, engine {}, {} s a row\n", self.machine, self.engine, self.row_seconds)?;
        writeln!(
            text,
            "| operation | connections | requests/s | p50 ms | p99 ms | CPU ms | floor CPU ms | times the floor | floor | load's CPU ms | others % |"
        )?;
        writeln!(text, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |")?;
        for row in &self.rows {
            writeln!(
                text,
                "| {} | {} | {:.0} | {:.2} | {:.2} | {:.4} | {:.4} | {:.2} | {} | {:.4} | {:.0} |",
                row.operation,
                row.connections,
                row.per_second,
                row.p50_ms,
                row.p99_ms,
                row.cpu_ms,
                row.floor.cpu_ms,
                row.ratio,
                row.floor.of,
                row.load_cpu_ms,
                row.others * 100.0
            )?;
        }
        writeln!(text, "\n| floor | at | a second | p50 ms | p99 ms | CPU ms |")?;
        writeln!(text, "| --- | ---: | ---: | ---: | ---: | ---: |")?;
        write_costs(text, "empty handler", "connections", &self.floors.empty)?;
        write_costs(text, "durable commit", "rows in one", &self.floors.commit)?;
        writeln!(text, "| RS256 signature | | | | | {:.4} |", self.floors.signature_ms)?;
        writeln!(text, "| 3072-bit power | | | | | {:.4} |", self.floors.power_ms)?;
        writeln!(text, "| check of an SRP proof | | | | | {:.4} |", self.floors.proof_ms)?;
        writeln!(text)?;
        self.write_life(text)
    }

    fn write_life(&self, text: &mut String) -> std::fmt::Result {
        let life = &self.life;
        let starts = |ms: &[f64]| {
            let at = |index: usize| ms.get(index).copied().unwrap_or_default();
            let last = ms.len().saturating_sub(1);
            format!("{:.1} / {:.1} / {:.1} ms", at(0), at(last / 2), at(last))
        };
        writeln!(text, "| | |\n| --- | ---: |")?;
        writeln!(
            text,
            "| first answer after SIGKILL (best, median, worst) | {} |",
            starts(&life.starts_after_kill_ms)
        )?;
        writeln!(
            text,
            "| first answer after a clean stop (best, median, worst) | {} |",
            starts(&life.starts_after_stop_ms)
        )?;
        let idle = (0, life.idle);
        for (requests, memory) in std::iter::once(&idle).chain(&life.soak) {
            let (resident, anonymous) = (memory.resident_mib, memory.anonymous_mib);
            writeln!(
                text,
                "| memory after {requests} requests | {resident:.1} MiB, {anonymous:.1} without files |"
            )?;
        }
        writeln!(text, "| size of the binary | {:.1} MiB |", life.binary_mib)?;
        let found: Vec<_> =
            life.found_after_kill.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let found = if found.is_empty() { "none: no row wrote".to_owned() } else { found.join(", ") };
        writeln!(text, "| acknowledged effects found after SIGKILL | {found} |")
    }
}

fn write_costs(text: &mut String, name: &str, of: &str, costs: &BTreeMap<u16, Cost>) -> std::fmt::Result {
    for (count, cost) in costs {
        let Cost { per_second, p50_ms, p99_ms, cpu_ms } = cost;
        writeln!(
            text,
            "| {name} | {count} {of} | {per_second:.0} | {p50_ms:.2} | {p99_ms:.2} | {cpu_ms:.4} |"
        )?;
    }
    Ok(())
}
