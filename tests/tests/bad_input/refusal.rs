//! How the program says no.

use std::process::Output;

/// The one line on standard error of a command that has failed.
pub fn refusal(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.starts_with("minke: ") && told.trim_end().lines().count() == 1, "not one clear line: {told}");
    told.trim_end().to_owned()
}
