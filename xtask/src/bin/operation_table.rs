//! Prints the operation table as Markdown, for `docs/compatibility.md`.

use std::io::Write as _;

use cenote_core::operations::is_built;
use cenote_model::{Authentication, Operation};

fn main() -> std::io::Result<()> {
    let built = Operation::ALL.iter().filter(|operation| is_built(**operation)).count();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{built} of {} operations are built.\n", Operation::ALL.len())?;
    writeln!(out, "| operation | authentication | built |\n| --- | --- | --- |")?;
    for operation in Operation::ALL {
        let authentication = match operation.authentication() {
            Authentication::None => "none",
            Authentication::AccessToken => "access token",
            Authentication::SigV4 => "signature",
            Authentication::Client => "client secret",
        };
        let built = if is_built(*operation) { "yes" } else { "no" };
        writeln!(out, "| {operation} | {authentication} | {built} |")?;
    }
    out.flush()
}
