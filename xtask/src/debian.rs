//! Debian's packages: installing programs that are missing, and unpacking packages without installing them.

use crate::process::{command, is_there, output, run};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Installs the packages of those programs that are missing: `(program, package)`.
pub fn install(wanted: &[(&str, &str)]) -> Result<()> {
    let missing = wanted.iter().filter(|(program, _)| !is_there(program));
    let packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    if !is_root() {
        bail!("programs are missing; install them with: sudo apt-get install {}", packages.join(" "));
    }
    update_lists()?;
    let arguments = ["install", "--yes", "--no-install-recommends", "--quiet"].into_iter().chain(packages);
    run(command("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Packages unpacked side by side into one folder, and the names of their files, which say their versions.
pub struct Unpacked {
    pub root: PathBuf,
    pub packages: Vec<String>,
}

/// Unpacks a package and the libraries it names as dependencies; installs nothing, needs no root, starts no service.
///
/// What was fetched is kept in `cache` and used from there, so that a second call needs no network.
pub fn unpack(package: &str, cache: &Path) -> Result<Unpacked> {
    let cache = cache.join(package);
    let root = cache.join("root");
    let finished = cache.join("packages");
    if let Ok(list) = fs::read_to_string(&finished) {
        return Ok(Unpacked { root, packages: list.lines().map(str::to_owned).collect() });
    }
    if !is_there("apt-get") || !is_there("dpkg-deb") {
        bail!(
            "the images are made of Debian packages: apt-get and dpkg-deb are missing, so make them on Debian or Ubuntu"
        );
    }
    if cache.exists() {
        fs::remove_dir_all(&cache).with_context(|| format!("cannot remove {}", cache.display()))?;
    }
    fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
    download(&[package], &cache)?;
    let libraries = libraries(&output(&mut command("dpkg-deb", ["--field", &deb(&cache, package)?, "Depends"]))?);
    if !libraries.is_empty() {
        download(&libraries.iter().map(String::as_str).collect::<Vec<_>>(), &cache)?;
    }
    let mut packages = Vec::new();
    for name in [package].into_iter().chain(libraries.iter().map(String::as_str)) {
        let file = deb(&cache, name)?;
        output(command("dpkg-deb", ["--extract", &file]).arg(&root))?;
        packages.extend(Path::new(&file).file_name().map(|name| name.to_string_lossy().into_owned()));
    }
    // Written last: without it the next run starts over.
    fs::write(&finished, packages.join("\n")).with_context(|| format!("cannot write {}", finished.display()))?;
    Ok(Unpacked { root, packages })
}

fn download(packages: &[&str], into: &Path) -> Result<()> {
    let fetch = || {
        // As root, apt would hand the download to a user who cannot write here.
        let arguments = ["--option", "APT::Sandbox::User=root", "--quiet", "download"].into_iter();
        output(command("apt-get", arguments.chain(packages.iter().copied())).current_dir(into))
    };
    match fetch() {
        Ok(_) => Ok(()),
        Err(_) if is_root() => {
            update_lists()?;
            fetch().map(|_| ())
        }
        Err(error) => Err(error.context("if the package lists are old or missing: sudo apt-get update")),
    }
}

fn update_lists() -> Result<()> {
    run(&mut command("apt-get", ["update", "--quiet", "--quiet"]))
}

/// The file of a package that was downloaded, `NAME_VERSION_ARCHITECTURE.deb`.
fn deb(folder: &Path, package: &str) -> Result<String> {
    let prefix = format!("{package}_");
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            return Ok(entry.path().to_string_lossy().into_owned());
        }
    }
    bail!("apt-get downloaded no package {package} into {}", folder.display())
}

/// The libraries in a Depends field; of alternatives the first, without versions, each once.
fn libraries(depends: &str) -> Vec<String> {
    let names = depends.split(',').filter_map(|dependency| dependency.split_whitespace().next());
    let mut libraries: Vec<String> =
        names.filter(|name| name.starts_with("lib") || name.starts_with("zlib")).map(str::to_owned).collect();
    libraries.sort();
    libraries.dedup();
    libraries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_told_from_programs() {
        let depends = "libc6 (>= 2.34), libssl3 (>= 3.0.0) | libssl4, zlib1g (>= 1:1.1.4), iproute2, libc6 (<< 9), \
                       nginx-common (= 1.22)\n";
        assert_eq!(libraries(depends), ["libc6", "libssl3", "zlib1g"]);
        assert_eq!(libraries("\n"), [] as [&str; 0]);
    }
}
