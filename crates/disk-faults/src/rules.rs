//! What goes wrong: a small text, a rule a line.
//!
//! ```text
//! write error=28 after=65536        a full disk, once 64 KiB were written
//! sync error=5 times=1              one flush fails
//! sync delay=20                     every flush takes 20 ms longer
//! sync hang                         flushes wait until the rules change
//! open,write,truncate,unlink,rename error=30
//! write error=5 file=-wal           only files whose name ends so
//! ```

use std::time::Duration;

/// What a program asks of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Opening for writing, and creating.
    Open,
    Write,
    Sync,
    Truncate,
    Unlink,
    Rename,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Truncate => "truncate",
            Self::Unlink => "unlink",
            Self::Rename => "rename",
        }
    }
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// So many bytes of it.
    Allow(usize),
    Fail(i32),
    /// To be asked again after a while.
    Wait,
}

#[derive(Debug, Default)]
struct Rule {
    operations: Vec<String>,
    error: Option<i32>,
    /// Bytes that may be written before it fails.
    after: u64,
    /// How often it fails; for ever if it is `None`.
    times: Option<u64>,
    delay: Duration,
    hang: bool,
    file: String,
}

#[derive(Debug, Default)]
pub(crate) struct Rules {
    text: String,
    rules: Vec<Rule>,
}

impl Rules {
    /// Takes new rules; the same text again changes nothing. What is no rule is left out: the test sees that nothing fails.
    pub(crate) fn update(&mut self, text: &str) {
        if text != self.text {
            self.rules = text.lines().map(parse).collect();
            text.clone_into(&mut self.text);
        }
    }

    /// What becomes of an operation on so many bytes, and how long it takes beforehand.
    pub(crate) fn judge(&mut self, operation: Operation, file: &str, length: usize) -> (Verdict, Duration) {
        let mut delay = Duration::ZERO;
        for rule in &mut self.rules {
            if !rule.operations.iter().any(|name| name == operation.name()) || !file.ends_with(&rule.file) {
                continue;
            }
            if rule.hang {
                return (Verdict::Wait, Duration::ZERO);
            }
            delay += rule.delay;
            let Some(error) = rule.error else { continue };
            if rule.times == Some(0) {
                continue;
            }
            if operation == Operation::Write && rule.after > 0 {
                let allowed = usize::try_from(rule.after).unwrap_or(usize::MAX).min(length);
                rule.after -= allowed as u64;
                return (Verdict::Allow(allowed), delay);
            }
            rule.times = rule.times.map(|times| times - 1);
            return (Verdict::Fail(error), delay);
        }
        (Verdict::Allow(length), delay)
    }
}

fn parse(line: &str) -> Rule {
    let mut words = line.split_whitespace();
    let mut rule = Rule::default();
    rule.operations.extend(words.next().unwrap_or_default().split(',').map(str::to_owned));
    for word in words {
        match word.split_once('=') {
            Some(("error", number)) => rule.error = number.parse().ok(),
            Some(("after", number)) => rule.after = number.parse().unwrap_or_default(),
            Some(("times", number)) => rule.times = number.parse().ok(),
            Some(("delay", number)) => rule.delay = Duration::from_millis(number.parse().unwrap_or_default()),
            Some(("file", name)) => name.clone_into(&mut rule.file),
            _ => rule.hang |= word == "hang",
        }
    }
    rule
}
