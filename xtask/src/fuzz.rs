//! Fuzzing: builds the targets of `fuzz/` with coverage and runs each for a bounded time, two at once on two processors.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::process::{Extent, Outcome, Workspace, complain, output, run, say};

/// What a change must pass, and what a release must pass.
const SHORT: Duration = Duration::from_secs(6);
const LONG: Duration = Duration::from_secs(3600);

/// Runs the named targets, or all.
///
/// The corpus of each is kept under `target/fuzzing/corpus`, so time adds up. An input that breaks something is kept under
/// `target/fuzzing/found`, and the end of what libFuzzer said is printed.
pub(crate) fn fuzz(workspace: &Workspace, seconds: Option<u64>, names: &[&str]) -> Outcome {
    let time =
        seconds.map_or(if workspace.extent() == Extent::Long { LONG } else { SHORT }, Duration::from_secs);
    // Optimised code is worth its compilation when the run is long.
    let profile = if time > Duration::from_secs(60) { "fuzz" } else { "dev" };
    let binary = build(workspace, profile)?;
    let targets = choose(&list(&binary)?, names)?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let rounds = targets.len().div_ceil(processors);
    say(&format!(
        "{} targets, {} s each, {processors} at once: {} s",
        targets.len(),
        time.as_secs(),
        rounds as u64 * time.as_secs()
    ));
    let mut failed = Vec::new();
    for (round, some) in targets.chunks(processors).enumerate() {
        let started: Vec<Running> = some
            .iter()
            .map(|target| Running::start(workspace, &binary, target, time))
            .collect::<Result<_, _>>()?;
        for running in started {
            if let Err(message) = running.finish(round + 1, rounds) {
                complain(&message);
                failed.push(message);
            }
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("{} of {} targets failed", failed.len(), targets.len()))
    }
}

/// The instrumented binary. The wrapper is for the crates of the workspace only: what they depend on is compiled as ever.
fn build(workspace: &Workspace, profile: &str) -> Result<PathBuf, String> {
    let mut cargo = workspace.cargo();
    cargo
        .args([
            "build",
            "--quiet",
            "--package",
            "cenote-fuzz",
            "--features",
            "libfuzzer",
            "--bin",
            "cenote-fuzz",
        ])
        .args(["--profile", profile])
        .env("RUSTC_WORKSPACE_WRAPPER", workspace.root.join("fuzz/instrument"));
    run(&mut cargo)?;
    let folder = if profile == "dev" { "debug" } else { profile };
    let built = workspace.target.join(folder).join("cenote-fuzz");
    // A later build without the wrapper would put another binary there.
    let kept = workspace.target.join("fuzzing").join(format!("cenote-fuzz-{folder}"));
    create(&workspace.target.join("fuzzing"))?;
    std::fs::copy(&built, &kept).map_err(|error| format!("{}: {error}", built.display()))?;
    Ok(kept)
}

/// The names of all targets.
fn list(binary: &Path) -> Result<Vec<String>, String> {
    let names = output(Command::new(binary).env("CENOTE_FUZZ_TARGET", "list"))?;
    Ok(names.lines().map(str::to_owned).collect())
}

fn choose(targets: &[String], names: &[&str]) -> Result<Vec<String>, String> {
    if let Some(unknown) = names.iter().find(|name| !targets.iter().any(|target| target == *name)) {
        return Err(format!("there is no target `{unknown}`; there are: {}", targets.join(", ")));
    }
    let chosen = |target: &&String| names.is_empty() || names.contains(&target.as_str());
    Ok(targets.iter().filter(chosen).cloned().collect())
}

fn create(folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// A target that is being run.
struct Running {
    target: String,
    log: PathBuf,
    child: Child,
}

impl Running {
    fn start(workspace: &Workspace, binary: &Path, target: &str, time: Duration) -> Result<Self, String> {
        let folder = workspace.target.join("fuzzing");
        let (corpus, found) = (folder.join("corpus").join(target), folder.join("found").join(target));
        create(&corpus)?;
        create(&found)?;
        let log = folder.join(format!("{target}.log"));
        let file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let mut command = Command::new(binary);
        command
            .env("CENOTE_FUZZ_TARGET", target)
            .env("CENOTE_FUZZ_CORPUS", &corpus)
            .arg(&corpus)
            .arg(format!("-artifact_prefix={}/", found.display()))
            .arg(format!("-max_total_time={}", time.as_secs()))
            .args(["-max_len=65536", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file);
        let child = command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
        Ok(Self { target: target.to_owned(), log, child })
    }

    fn finish(mut self, round: usize, rounds: usize) -> Outcome {
        let status = self.child.wait().map_err(|error| format!("{}: {error}", self.target))?;
        let log = std::fs::read(&self.log).map_err(|error| format!("{}: {error}", self.log.display()))?;
        let log = String::from_utf8_lossy(&log);
        if !status.success() {
            let lines: Vec<&str> = log.lines().collect();
            let end = lines.get(lines.len().saturating_sub(60)..).unwrap_or_default();
            return Err(format!("{} FAILED ({status})\n{}", self.target, end.join("\n")));
        }
        say(&format!(
            "{round:>3}/{rounds} {:<16}{:>12} inputs, {:>6} features covered, {:>5} MB",
            self.target,
            statistic(&log, "stat::number_of_executed_units:"),
            features(&log),
            statistic(&log, "stat::peak_rss_mb:"),
        ));
        Ok(())
    }
}

fn statistic<'a>(log: &'a str, name: &str) -> &'a str {
    log.lines().rev().find_map(|line| line.strip_prefix(name)).map_or("?", str::trim)
}

/// What libFuzzer calls `ft`: edges with how often they were taken.
fn features(log: &str) -> &str {
    log.lines().rev().find_map(|line| line.split_once(" ft: ")?.1.split(' ').next()).unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_chosen_by_name() {
        let all = ["a".to_owned(), "b".to_owned()];
        assert_eq!(choose(&all, &[]).unwrap(), all);
        assert_eq!(choose(&all, &["b"]).unwrap(), ["b"]);
        assert!(choose(&all, &["b", "c"]).unwrap_err().contains("no target `c`"));
    }

    #[test]
    fn figures_are_read_from_the_end_of_a_log() {
        let log = "#2\tINITED cov: 5 ft: 6 corp: 1/1b\n#9\tDONE   cov: 17 ft: 42 corp: 3/9b\n\
                   stat::number_of_executed_units: 99\nstat::peak_rss_mb:    77\n";
        assert_eq!(features(log), "42");
        assert_eq!(statistic(log, "stat::number_of_executed_units:"), "99");
        assert_eq!(statistic(log, "stat::peak_rss_mb:"), "77");
        assert_eq!(statistic("", "stat::peak_rss_mb:"), "?");
    }
}
