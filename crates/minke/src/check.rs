//! `minke check`: what this machine lacks to run pods.

use anyhow::{Result, bail};
use std::process::ExitCode;

/// Refuses to go on where pods could not run. Takes less than a millisecond.
pub fn require() -> Result<()> {
    let findings = runtime::check::run();
    match findings.iter().find(|finding| !finding.ok && !finding.optional) {
        Some(lacking) => bail!("this machine lacks {}: {} (`minke check` looks at all)", lacking.what, lacking.remedy),
        None => Ok(()),
    }
}

/// Prints each finding; fails if something that pods need is missing.
pub fn check() -> ExitCode {
    let findings = runtime::check::run();
    for finding in &findings {
        let mark = match (finding.ok, finding.optional) {
            (true, _) => "ok     ",
            (false, true) => "warning",
            (false, false) => "missing",
        };
        println!("{mark}  {}", finding.what);
        if !finding.ok {
            println!("         {}", finding.remedy);
        }
    }
    if findings.iter().all(|finding| finding.ok || finding.optional) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
