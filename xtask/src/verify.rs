//! Everything that `cargo test` does not prove, because it needs more than Rust.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::clients;
use crate::needs::{Need, cargo_deny, chromium, postgres_programs};
use crate::process::{Extent, Outcome, Workspace, complain, run as run_program, say};

/// A part that can be run alone.
struct Part {
    name: &'static str,
    proves: &'static str,
    needs: &'static [Need],
    run: fn(&Workspace) -> Outcome,
    /// Why it is run only when it is named, if so.
    only_by_name: Option<&'static str>,
}

/// `cargo test` has these tests too: alone they are quicker.
const IN_POSTGRES: Option<&str> = Some("a part of `postgres`");

const PARTS: &[Part] = &[
    Part {
        name: "postgres",
        proves: "what `cargo test` proves, with PostgreSQL required",
        needs: &[Need::Postgres],
        run: postgres,
        only_by_name: None,
    },
    Part { name: "rust", proves: "the AWS SDK for Rust", needs: &[], run: rust, only_by_name: IN_POSTGRES },
    Part {
        name: "python",
        proves: "boto3, the AWS CLI, pycognito, a real mail server, Lambda triggers, access keys",
        needs: &[Need::Python, Need::Postgres, Need::Curl],
        run: python,
        only_by_name: None,
    },
    Part {
        name: "crash",
        proves: "nothing acknowledged is lost when the process is killed, on both engines",
        needs: &[Need::Postgres],
        run: crash,
        only_by_name: None,
    },
    Part {
        name: "disk",
        proves: "nothing acknowledged is lost when the disk fills or fails or the power goes",
        needs: &[],
        run: disk,
        only_by_name: None,
    },
    Part {
        name: "instances",
        proves: "three instances over one PostgreSQL, one after the other replaced; its fail-over to a standby",
        needs: &[Need::Python, Need::Postgres],
        run: instances,
        only_by_name: None,
    },
    Part {
        name: "timing",
        proves: "where users are hidden, neither answers nor their time tell who exists",
        needs: &[Need::Python, Need::Postgres],
        run: timing,
        only_by_name: None,
    },
    Part {
        name: "fuzz",
        proves: "no input breaks a decoder of outside bytes, as far as the time goes",
        needs: &[Need::CompilerOfCpp],
        run: fuzz,
        only_by_name: None,
    },
    Part {
        name: "siege",
        proves: "floods and slow clients take bounded memory, and others are served meanwhile",
        needs: &[],
        run: siege,
        only_by_name: IN_POSTGRES,
    },
    Part {
        name: "javascript",
        proves: "the AWS SDK for JavaScript, aws-jwt-verify, amazon-cognito-identity-js, Amplify",
        needs: &[Need::Node],
        run: javascript,
        only_by_name: None,
    },
    Part {
        name: "browser",
        proves: "the inbox page, Amplify, passkeys and calls from web pages, in headless Chromium",
        needs: &[Need::Node, Need::Chromium],
        run: browser,
        only_by_name: None,
    },
    Part {
        name: "advisories",
        proves: "no dependency has a known vulnerability, is unmaintained or was withdrawn",
        needs: &[Need::CargoDeny],
        run: advisories,
        only_by_name: Some("fetches the database of RustSec"),
    },
];

/// Says which parts there are and what each needs.
pub(crate) fn list() {
    for part in PARTS {
        say(&format!("{:<12}{}", part.name, part.proves));
        if let Some(reason) = part.only_by_name {
            say(&format!("{:<12}  only when it is named: {reason}", ""));
        }
        for need in part.needs {
            let state = if need.is_met() {
                "there".to_owned()
            } else {
                format!("MISSING, install it with: {}", need.command())
            };
            say(&format!("{:<12}  needs {}: {state}", "", need.what()));
        }
    }
}

/// Runs the named parts, or all but those that have to be named. Every part is tried; the outcome names the ones that failed.
pub(crate) fn run(workspace: &Workspace, extent: Extent, names: &[&str]) -> Outcome {
    let workspace = &workspace.clone().with(extent);
    let parts = choose(names)?;
    ensure_met(&parts)?;
    let mut failed = Vec::new();
    let mut lines = Vec::new();
    for part in &parts {
        say(&format!("\n=== {}: {}", part.name, part.proves));
        let started = Instant::now();
        let outcome = (part.run)(workspace);
        let verdict = if outcome.is_ok() { "passed" } else { "FAILED" };
        lines.push(format!("{:<12}{verdict:<8}{}", part.name, seconds(started.elapsed())));
        if let Err(message) = outcome {
            complain(&message);
            failed.push(part.name);
        }
    }
    say(&format!("\n{}", lines.join("\n")));
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn choose(names: &[&str]) -> Result<Vec<&'static Part>, String> {
    if names.is_empty() {
        return Ok(PARTS.iter().filter(|part| part.only_by_name.is_none()).collect());
    }
    let find = |name: &&str| {
        PARTS.iter().find(|part| part.name == *name).ok_or_else(|| {
            let known: Vec<_> = PARTS.iter().map(|part| part.name).collect();
            format!("there is no part `{name}`; there are: {}", known.join(", "))
        })
    };
    names.iter().map(find).collect()
}

/// Nothing is skipped: a part that can't run is a failure, said before anything has run.
fn ensure_met(parts: &[&Part]) -> Outcome {
    let mut missing: Vec<(Need, Vec<&str>)> = Vec::new();
    for part in parts {
        for need in part.needs.iter().filter(|need| !need.is_met()) {
            match missing.iter_mut().find(|(known, _)| known == need) {
                Some((_, names)) => names.push(part.name),
                None => missing.push((*need, vec![part.name])),
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = missing
        .iter()
        .map(|(need, names)| {
            format!("- {}, for {}\n  install it with: {}", need.what(), names.join(", "), need.command())
        })
        .collect();
    Err(format!("this machine lacks:\n{}", lines.join("\n")))
}

fn seconds(time: Duration) -> String {
    format!("{:.0} s", time.as_secs_f64())
}

/// All of `cargo test`, so that nothing is compiled with other features than there.
fn postgres(workspace: &Workspace) -> Outcome {
    run_program(workspace.cargo().args(["test", "--quiet"]).env("CENOTE_REQUIRE_POSTGRES", "1"))
}

fn rust(workspace: &Workspace) -> Outcome {
    run_program(workspace.cargo().args(["test", "--quiet", "--package", "cenote-sdk-tests"]))
}

fn python(workspace: &Workspace) -> Outcome {
    pytest(workspace, &["--ignore=test_failover.py", "--ignore=test_instances.py", "--ignore=test_timing.py"])
}

/// What is not optimised takes other times.
fn timing(workspace: &Workspace) -> Outcome {
    let binary = build_release(workspace, &["--package", "cenote"])?.join("cenote");
    pytest_of(workspace, binary, &["--capture=no", "test_timing.py"])
}

fn instances(workspace: &Workspace) -> Outcome {
    pytest(workspace, &["test_failover.py", "test_instances.py"])
}

fn pytest(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    pytest_of(workspace, build(workspace)?, arguments)
}

fn pytest_of(workspace: &Workspace, binary: PathBuf, arguments: &[&str]) -> Outcome {
    let python = clients::python(workspace)?;
    let mut command = workspace.command(&python);
    command
        .args(["-m", "pytest", "-p", "no:cacheprovider"])
        .args(arguments)
        .current_dir(workspace.root.join("clients/python"))
        .env("CENOTE_BINARY", binary)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(programs) = postgres_programs() {
        command.env("CENOTE_POSTGRES_PROGRAMS", programs);
    }
    run_program(&mut command)
}

/// What is known changes without us: a failure that a change did not bring is mended by `cargo update`, or by an entry in
/// `deny.toml` with a reason.
fn advisories(workspace: &Workspace) -> Outcome {
    let deny = cargo_deny().ok_or("there is no cargo-deny")?;
    run_program(workspace.command(deny).args(["--locked", "check", "advisories"]))
}

fn siege(workspace: &Workspace) -> Outcome {
    run_program(workspace.cargo().args(["test", "--quiet", "--package", "cenote", "--test", "it", "siege::"]))
}

/// The long form: a hundred kills and a hundred thousand acknowledged writes on each engine.
fn crash(workspace: &Workspace) -> Outcome {
    let built = build_packages(workspace, &["--package", "cenote", "--package", "cenote-durability"])?;
    let long = workspace.extent() == Extent::Long;
    let (kills, writes, career) = if long { ("100", "100000", "40") } else { ("4", "800", "8") };
    let mut command = workspace.command(built.join("cenote-durability"));
    command
        .args(["--kills", kills, "--writes", writes, "--career", career])
        .env("CENOTE_BINARY", built.join("cenote"));
    run_program(&mut command)
}

fn disk(workspace: &Workspace) -> Outcome {
    if cfg!(not(target_os = "linux")) {
        return Err("the failing disk needs Linux".into());
    }
    let binary = build(workspace)?;
    run_program(workspace.cargo().args(["build", "--quiet", "--package", "cenote-disk-faults"]))?;
    let mut command = workspace.cargo();
    command
        .args(["test", "--quiet", "--package", "cenote-durability"])
        .env("CENOTE_BINARY", binary)
        .env("CENOTE_DISK_FAULTS", workspace.target.join("debug/libcenote_disk_faults.so"));
    run_program(&mut command)
}

fn fuzz(workspace: &Workspace) -> Outcome {
    crate::fuzz::fuzz(workspace, None, &[])
}

fn javascript(workspace: &Workspace) -> Outcome {
    node(workspace, "test/clients", |_| {})
}

fn browser(workspace: &Workspace) -> Outcome {
    node(workspace, "test/browser", |command| {
        if let Some(chromium) = chromium() {
            command.env("CENOTE_CHROMIUM", chromium);
        }
    })
}

fn node(workspace: &Workspace, folder: &str, prepare: impl FnOnce(&mut Command)) -> Outcome {
    let binary = build(workspace)?;
    let packages = clients::javascript(workspace)?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(packages.join(folder))
        .map_err(|error| format!("{folder}: {error}"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".test.js"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("{folder} has no tests"));
    }
    let mut command = workspace.command("node");
    command
        .args(["--test", "--test-reporter=spec"])
        .args(files)
        .current_dir(packages)
        .env("CENOTE_BINARY", binary)
        // Says at every start that later versions will want a newer Node.
        .env("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED", "true");
    prepare(&mut command);
    run_program(&mut command)
}

/// The binary under test, built from the checkout: for the long forms as it is released.
fn build(workspace: &Workspace) -> Result<PathBuf, String> {
    build_packages(workspace, &["--package", "cenote"]).map(|built| built.join("cenote"))
}

/// Where the packages are built.
fn build_packages(workspace: &Workspace, packages: &[&str]) -> Result<PathBuf, String> {
    if workspace.extent() == Extent::Long {
        return build_release(workspace, packages);
    }
    run_program(workspace.cargo().args(["build", "--quiet"]).args(packages))?;
    Ok(workspace.target.join("debug"))
}

fn build_release(workspace: &Workspace, packages: &[&str]) -> Result<PathBuf, String> {
    run_program(workspace.cargo().args(["build", "--quiet", "--release"]).args(packages))?;
    Ok(workspace.target.join("release"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_by_name_and_unknown_names_are_refused() {
        let chosen = choose(&["crash", "postgres"]).unwrap();
        assert_eq!(chosen.iter().map(|part| part.name).collect::<Vec<_>>(), ["crash", "postgres"]);
        let all = choose(&[]).unwrap();
        assert!(all.iter().all(|part| part.only_by_name.is_none()) && all.len() + 3 == PARTS.len());
        assert_eq!(choose(&["advisories"]).unwrap().len(), 1);
        assert!(choose(&["crash", "nothing"]).err().unwrap().contains("no part `nothing`"));
    }
}
