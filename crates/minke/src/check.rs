//! `minke check`: what this machine lacks to run pods.

use anyhow::{Result, bail};
use network::check::Feature;
use runtime::check::Finding;
use std::process::ExitCode;

/// Refuses to go on where containers could not run. Takes less than a millisecond; what the network needs is found out
/// when the network is brought up.
pub fn require() -> Result<()> {
    let findings = runtime::check::run();
    match findings.iter().find(|finding| !finding.ok && !finding.optional) {
        Some(lacking) => bail!("this machine lacks {}: {} (`minke check` looks at all)", lacking.what, lacking.remedy),
        None => Ok(()),
    }
}

/// Prints each finding; fails if something that pods need is missing.
pub fn check() -> ExitCode {
    let mut findings = runtime::check::run();
    findings.extend(network::check::features().iter().map(finding));
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

fn finding(feature: &Feature) -> Finding {
    let remedy = match &feature.outcome {
        Ok(()) => String::new(),
        Err(network::Error::NotPermitted { .. }) => "run it as root".into(),
        Err(network::Error::Unsupported { .. }) => {
            format!("load the kernel modules (modprobe -a {}) or use a kernel that has them", feature.modules)
        }
        Err(error) => error.to_string(),
    };
    Finding { what: feature.name.into(), ok: feature.outcome.is_ok(), optional: false, remedy }
}
