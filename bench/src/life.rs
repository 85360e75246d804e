//! Starting, resting, and lasting: how long until the first answer, how much memory, and whether it grows.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;

use crate::Failure;
use crate::process::{Memory, memory, processor_time};
use crate::server::{Running, Setup};
use crate::soak::Soak;
use crate::world::World;
use crate::written;

/// How often a start is measured.
const STARTS: usize = 7;

#[derive(Debug, Serialize)]
pub struct Life {
    /// Milliseconds from the start of the process on existing data to the first answer, in order.
    pub starts_after_kill_ms: Vec<f64>,
    pub starts_after_stop_ms: Vec<f64>,
    pub idle: Memory,
    /// Memory after so many requests of the soak.
    pub soak: Vec<(u64, Memory)>,
    pub binary_mib: f64,
    /// How many acknowledged effects of each kind were looked for after the kill, and found.
    pub found_after_kill: BTreeMap<&'static str, usize>,
}

/// Kills the server and goes on with its data.
pub async fn measure(
    setup: &Setup,
    world: &mut World,
    server: Running,
    requests: u64,
) -> Result<Life, Failure> {
    drop(server);
    let (mut after_kill, mut after_stop) = (Vec::new(), Vec::new());
    let mut found_after_kill = BTreeMap::new();
    for number in 0..STARTS {
        let (running, ms) = start(setup, world).await?;
        if number == 0 {
            found_after_kill = written::check(world, &running).await?;
        }
        after_kill.push(ms);
    }
    stop(start(setup, world).await?.0)?;
    for _ in 0..STARTS {
        let (running, ms) = start(setup, world).await?;
        after_stop.push(ms);
        stop(running)?;
    }
    let (running, _) = start(setup, world).await?;
    rest(running.pid()).await?;
    let idle = memory(running.pid())?;
    let mut memories = Vec::new();
    if requests > 0 {
        let mut soak = Soak::prepare(world, &running, requests).await?;
        for part in [requests / 10, requests / 2, requests] {
            soak.run(&running, part).await?;
            memories.push((part, memory(running.pid())?));
        }
    }
    after_kill.sort_by(f64::total_cmp);
    after_stop.sort_by(f64::total_cmp);
    Ok(Life {
        starts_after_kill_ms: after_kill,
        starts_after_stop_ms: after_stop,
        idle,
        soak: memories,
        binary_mib: std::fs::metadata(&setup.binary)?.len() as f64 / 1_048_576.0,
        found_after_kill,
    })
}

/// Starts the server and asks until it answers. Also says how many milliseconds that took.
async fn start(setup: &Setup, world: &World) -> Result<(Running, f64), Failure> {
    let running = setup.start()?;
    running.call("DescribeUserPool", &json!({ "UserPoolId": world.pool_id })).await?;
    let ms = running.started.elapsed().as_secs_f64() * 1000.0;
    Ok((running, ms))
}

/// Asks the server to stop, and waits until it did.
fn stop(mut running: Running) -> Result<(), Failure> {
    Command::new("kill").arg("-TERM").arg(running.pid().to_string()).status()?;
    if running.wait()? { Ok(()) } else { Err("the server did not stop well".into()) }
}

/// Waits until the process uses no processor for five seconds: until what it does some time after its start is done.
async fn rest(pid: u32) -> Result<(), Failure> {
    let limit = Instant::now() + Duration::from_secs(60);
    let mut before = processor_time(pid)?;
    while Instant::now() < limit {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let now = processor_time(pid)?;
        if now == before {
            break;
        }
        before = now;
    }
    Ok(())
}
