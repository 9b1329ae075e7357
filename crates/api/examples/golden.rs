//! Holds the object model against Kubernetes' golden objects: `cargo run -p api --example golden -- DIRECTORY...`
//! reads each `*.pb` in the directories (k8s.io/api `testdata/HEAD`, k8s.io/apiextensions-apiserver
//! `pkg/apis/testdata/HEAD`), decodes it as a strict server does, and expects the text of the `*.json` beside it, byte
//! for byte but for spaces. `cargo xtask golden` fetches them.

use api::TABLES;
use machinery::{protobuf, serializer};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    let (mut checked, mut unknown, mut faults) = (0, 0, 0);
    for path in env::args().skip(1).flat_map(|directory| objects(Path::new(&directory))) {
        match check(&path) {
            Ok(true) => checked += 1,
            Ok(false) => unknown += 1,
            Err(fault) => {
                faults += 1;
                println!("{}: {fault}", path.display());
            }
        }
    }
    println!("{checked} objects are right, {faults} wrong, {unknown} of kinds that are not served");
    if faults == 0 && checked > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn objects(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pb"));
    paths.sort();
    paths
}

/// Whether the object is of a kind that is served; the error is what is wrong with it.
fn check(path: &Path) -> Result<bool, String> {
    let read = |path: &Path| fs::read(path).map_err(|error| error.to_string());
    let expected = compact(&read(&path.with_extension("json"))?);
    let object: Value = serde_json::from_slice(&expected).map_err(|error| error.to_string())?;
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    let (group, version) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
    let Some(definition) = TABLES.identified(group, version, text("kind")) else { return Ok(false) };
    let mut decoded = protobuf::decode(&TABLES, &read(path)?).map_err(|status| status.message)?;
    serializer::conform(&mut decoded, definition)?;
    let found = serializer::to_json(&TABLES, &decoded);
    if found == expected {
        return Ok(true);
    }
    let same = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    let excerpt =
        |text: &[u8]| String::from_utf8_lossy(&text[same.saturating_sub(60)..text.len().min(same + 60)]).into_owned();
    Err(format!("byte {same}:\n  found    {}\n  expected {}", excerpt(&found), excerpt(&expected)))
}

/// JSON without the spaces outside its strings.
fn compact(json: &[u8]) -> Vec<u8> {
    let (mut inside, mut escaped) = (false, false);
    let mut text = Vec::with_capacity(json.len());
    for byte in json {
        if inside || !byte.is_ascii_whitespace() {
            text.push(*byte);
        }
        inside ^= *byte == b'"' && !escaped;
        escaped = inside && *byte == b'\\' && !escaped;
    }
    // Go escapes what HTML would take for its own.
    let text = String::from_utf8_lossy(&text);
    [("\\u003c", "<"), ("\\u003e", ">"), ("\\u0026", "&")]
        .iter()
        .fold(text.into_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
        .into_bytes()
}
