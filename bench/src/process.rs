//! What the system says of a process.

use std::time::Duration;

use crate::Failure;

/// What one tick of `/proc/PID/stat` is, on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// The processor time a process has used so far, in all its threads, in user space and in the kernel.
pub fn processor_time(pid: u32) -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name before it may hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/PID/stat has no name")?;
    let mut times = fields.split_whitespace().skip(11);
    let mut next =
        || times.next().and_then(|field| field.parse::<u32>().ok()).ok_or("/proc/PID/stat has no times");
    Ok(TICK * (next()? + next()?))
}

/// The processor time that everything on the machine has used so far, and what a hypervisor kept from it.
pub fn machine_time() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let line =
        stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).ok_or("/proc/stat has no cpu")?;
    // user nice system idle iowait irq softirq steal guest…: a guest's time is in its user's already.
    let ticks = line.split_whitespace().take(8).enumerate().filter(|(column, _)| !matches!(column, 3 | 4));
    let sum: u64 = ticks.filter_map(|(_, ticks)| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(sum * 10))
}

/// Memory of a process in MiB: all that is resident, and the part that is no file.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Memory {
    pub resident_mib: f64,
    pub anonymous_mib: f64,
}

pub fn memory(pid: u32) -> Result<Memory, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| format!("/proc/PID/status has no {name}"))
    };
    Ok(Memory { resident_mib: mib("VmRSS:")?, anonymous_mib: mib("RssAnon:")? })
}

/// The processors' name and how many there are.
pub fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    format!("{} x {}", processors(), name.map_or("unknown processor", |(_, name)| name))
}

pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
