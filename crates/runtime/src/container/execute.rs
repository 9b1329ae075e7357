//! Finds and executes the container's program, and says what is wrong with it in runc's words.

use super::failure::Result;
use crate::{error::reason, kernel, protocol::Failure};
use oci_spec::runtime::Process;
use rustix::fs::{Access, AtFlags, CWD, FileType};
use std::{
    ffi::{CString, OsStr},
    io::{self, ErrorKind},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

/// The path that Docker and containerd give a program without `PATH`; runc looks there, too.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program that is ready to be executed.
pub struct Program {
    path: PathBuf,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

impl Program {
    /// Looks for the program as the process that will execute it.
    pub fn find(process: &Process) -> Result<Self> {
        let strings = |strings: &Option<Vec<String>>| {
            let strings = strings.iter().flatten().map(|string| CString::new(string.as_bytes()));
            strings.collect::<std::result::Result<Vec<_>, _>>()
        };
        let nul = |_| Failure::Create("arguments and environment must not contain NUL".to_owned());
        let arguments = strings(process.args()).map_err(nul)?;
        let environment = strings(process.env()).map_err(nul)?;
        let name = process.args().iter().flatten().next();
        let name = name.ok_or_else(|| Failure::Create("process.args must not be empty".to_owned()))?;
        let search = process.env().iter().flatten().rev().find_map(|variable| variable.strip_prefix("PATH="));
        let path = look_up(name, search.unwrap_or(DEFAULT_PATH), &executable).map_err(Failure::Start)?;
        Ok(Self { path, arguments, environment })
    }

    /// Becomes the program. Returns, with the reason, only when that fails.
    pub fn execute(&self) -> String {
        let error = match CString::new(self.path.as_os_str().as_bytes()) {
            Ok(path) => kernel::execute(&path, &self.arguments, &self.environment),
            Err(error) => io::Error::other(error),
        };
        format!("exec {}: {}", self.path.display(), reason(&error))
    }
}

/// What Go's `exec.LookPath` finds and says, whose texts runc's users know.
fn look_up(
    name: &str,
    search: &str,
    executable: &dyn Fn(&Path) -> std::result::Result<(), String>,
) -> std::result::Result<PathBuf, String> {
    if name.contains('/') {
        return executable(Path::new(name))
            .map(|()| PathBuf::from(name))
            .map_err(|why| format!("exec: {name:?}: {why}"));
    }
    let candidates =
        search.split(':').map(|directory| Path::new(if directory.is_empty() { "." } else { directory }).join(name));
    let found = candidates.into_iter().find(|candidate| !name.is_empty() && executable(candidate).is_ok());
    found.ok_or_else(|| format!("exec: {name:?}: executable file not found in $PATH"))
}

fn executable(path: &Path) -> std::result::Result<(), String> {
    let status = rustix::fs::stat(path).map_err(|error| format!("stat {}: {}", path.display(), reason(&error)))?;
    if FileType::from_raw_mode(status.st_mode) == FileType::Directory {
        return Err("is a directory".to_owned());
    }
    rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).map_err(|error| reason(&error))
}

/// Goes to the working directory and makes sure that it is inside the container: a descriptor of a directory of the
/// machine, leaked into the container, can be named by `/proc/self/fd/N` (CVE-2024-21626).
pub fn change_directory(directory: &Path) -> Result<()> {
    let failed = |why: &str| {
        Failure::Create(format!(
            "chdir to cwd ({:?}) set in config.json failed: {why}",
            directory.display().to_string()
        ))
    };
    rustix::process::chdir(directory).map_err(|error| failed(&reason(&error)))?;
    let current = rustix::process::getcwd(Vec::new()).map_err(|error| match error.kind() {
        ErrorKind::NotFound => failed("current working directory is outside of container mount namespace root"),
        _ => failed(&reason(&error)),
    })?;
    if OsStr::from_bytes(current.as_bytes()).as_bytes().starts_with(b"/") {
        Ok(())
    } else {
        Err(failed("current working directory is outside of container mount namespace root"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_looked_up_as_go_does() {
        let executable = |path: &Path| match path.to_str().unwrap() {
            "/bin/sh" | "/opt/sh" => Ok(()),
            "/etc/passwd" => Err("permission denied".to_owned()),
            other => Err(format!("stat {other}: no such file or directory")),
        };
        let cases = [
            ("sh", "/usr/bin:/bin:/opt", Ok("/bin/sh")),
            ("/opt/sh", "", Ok("/opt/sh")),
            ("nosuch", "/bin", Err(r#"exec: "nosuch": executable file not found in $PATH"#)),
            ("", "/bin", Err(r#"exec: "": executable file not found in $PATH"#)),
            ("/nosuch", "/bin", Err(r#"exec: "/nosuch": stat /nosuch: no such file or directory"#)),
            ("/etc/passwd", "/bin", Err(r#"exec: "/etc/passwd": permission denied"#)),
        ];
        for (name, search, expected) in cases {
            let expected = expected.map(PathBuf::from).map_err(str::to_owned);
            assert_eq!(look_up(name, search, &executable), expected, "{name}");
        }
    }
}
