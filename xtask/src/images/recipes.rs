//! What is in the images.

use super::archive::Layer;
use crate::{
    debian::Unpacked,
    process::{command, output},
};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// An image: what it is made of, what is added, how it runs.
pub struct Recipe<'a> {
    pub name: &'static str,
    pub packages: Vec<&'a Unpacked>,
    pub config: Value,
    base: &'a Unpacked,
    program: Option<(&'a Unpacked, &'static str)>,
    directories: &'static [&'static str],
    files: &'static [(&'static str, &'static str)],
}

/// Static busybox with all its applets as links.
pub fn busybox(busybox: &Unpacked) -> Recipe<'_> {
    Recipe {
        name: "busybox",
        packages: vec![busybox],
        config: json!({"Env": [PATH], "Cmd": ["sh"]}),
        base: busybox,
        program: None,
        directories: &[],
        files: &[],
    }
}

/// nginx on port 80, with its logs on stdout and stderr, on top of busybox.
pub fn nginx<'a>(busybox: &'a Unpacked, nginx: &'a Unpacked) -> Recipe<'a> {
    Recipe {
        name: "nginx",
        packages: vec![busybox, nginx],
        config: json!({
            "Env": [PATH],
            "Cmd": ["nginx", "-g", "daemon off;"],
            "ExposedPorts": {"80/tcp": {}},
            "StopSignal": "SIGQUIT",
        }),
        base: busybox,
        program: Some((nginx, "usr/sbin/nginx")),
        directories: &["etc/nginx", "usr/share/nginx", "usr/share/nginx/html", "var/lib/nginx", "var/log/nginx"],
        files: &[("etc/nginx/nginx.conf", NGINX_CONF), ("usr/share/nginx/html/index.html", NGINX_PAGE)],
    }
}

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const DIRECTORIES: &[&str] = &[
    "bin",
    "dev",
    "etc",
    "home",
    "proc",
    "root",
    "run",
    "sbin",
    "sys",
    "usr",
    "usr/bin",
    "usr/local",
    "usr/local/bin",
    "usr/local/sbin",
    "usr/sbin",
    "usr/share",
    "var",
    "var/lib",
    "var/log",
    "var/run",
    "var/spool",
];

const FILES: &[(&str, &str)] = &[
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/bin/false\n\
         nobody:x:65534:65534:nobody:/home:/bin/false\n",
    ),
    ("etc/group", "root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n"),
];

const NGINX_CONF: &str = "\
user root;
worker_processes 1;
pid /run/nginx.pid;
error_log stderr notice;
events { worker_connections 256; }
http {
    types { text/html html; text/css css; text/plain txt; application/javascript js; application/json json; }
    default_type application/octet-stream;
    access_log /dev/stdout;
    server {
        listen 80;
        root /usr/share/nginx/html;
        index index.html;
    }
}
";

const NGINX_PAGE: &str = "\
<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body><h1>Welcome to nginx!</h1></body>
</html>
";

impl Recipe<'_> {
    /// The name that a pod calls the image by.
    pub fn reference(&self) -> String {
        format!("docker.io/library/{}:latest", self.name)
    }

    pub fn layer(&self) -> Result<Layer> {
        let program = self.program.map(|(package, path)| Program::find(package, path)).transpose()?;
        let libraries = program.iter().flat_map(|program| &program.libraries);
        let parents = libraries.flat_map(|(path, _)| Path::new(path).ancestors().skip(1)).map(Path::to_string_lossy);
        let directories: BTreeSet<String> = DIRECTORIES
            .iter()
            .chain(self.directories)
            .map(|directory| (*directory).to_owned())
            .chain(parents.filter(|parent| !parent.is_empty()).map(Into::into))
            .collect();

        let mut layer = Layer::new();
        for directory in &directories {
            layer.directory(directory, 0o755)?;
        }
        layer.directory("tmp", 0o1777)?;
        for (path, content) in FILES.iter().chain(self.files) {
            layer.file(path, 0o644, content.as_bytes())?;
        }
        self.add_busybox(&mut layer)?;
        if let Some(Program { path, content, libraries }) = program {
            layer.file(path, 0o755, &content)?;
            for (path, library) in libraries {
                layer.file(&path, 0o755, &read(&library)?)?;
            }
        }
        Ok(layer)
    }

    fn add_busybox(&self, layer: &mut Layer) -> Result<()> {
        let busybox = ["bin/busybox", "usr/bin/busybox"].map(|path| self.base.root.join(path));
        let Some(busybox) = busybox.iter().find(|path| path.exists()) else { bail!("no busybox in its package") };
        layer.file("bin/busybox", 0o755, &read(busybox)?)?;
        let applets = output(command(&busybox.to_string_lossy(), ["--list"]).env_clear())?;
        for applet in applets.lines().filter(|applet| *applet != "busybox") {
            layer.link(&format!("bin/{applet}"), "busybox")?;
        }
        // Where scripts look for it.
        Ok(layer.link("usr/bin/env", "/bin/env")?)
    }
}

/// A program and the libraries it loads, by their paths in the image.
struct Program {
    path: &'static str,
    content: Vec<u8>,
    libraries: Vec<(String, PathBuf)>,
}

impl Program {
    /// Asks the package's own loader, which prints lines of `NAME => PATH (ADDRESS)`.
    fn find(package: &Unpacked, path: &'static str) -> Result<Program> {
        let program = package.root.join(path);
        let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
        let folders = ["lib", "usr/lib"].map(|lib| package.root.join(lib).join(&triplet));
        let loaders = ["lib64/ld-linux-x86-64.so.2", "usr/lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1"];
        // The loader's path is part of every program, so it stays where it is, and so does what its link leads to.
        let Some(loader) = loaders.iter().find(|loader| package.root.join(loader).symlink_metadata().is_ok()) else {
            bail!("no loader among the libraries of {path}");
        };
        let loader_file = resolve(&package.root, loader)?;
        let search = folders.iter().map(|folder| folder.to_string_lossy()).collect::<Vec<_>>().join(":");
        let listed =
            output(command(&loader_file.to_string_lossy(), ["--library-path", &search, "--list"]).arg(&program))?;
        let mut libraries = vec![(loader.trim_start_matches("usr/").to_owned(), loader_file.clone())];
        for line in listed.lines().filter_map(|line| line.split_once(" => ")) {
            let (name, rest) = line;
            let file = PathBuf::from(rest.split_whitespace().next().unwrap_or_default());
            if !file.starts_with(&package.root) {
                bail!("{path} needs {}, which is not among its packages", name.trim());
            }
            if Path::new(loader).file_name() != file.file_name() {
                libraries.push((format!("lib/{triplet}/{}", name.trim()), file));
            }
        }
        libraries.sort();
        Ok(Program { path, content: read(&program)?, libraries })
    }
}

/// The file that a path leads to, with absolute links taken to mean inside of `root`.
fn resolve(root: &Path, path: &str) -> Result<PathBuf> {
    let file = root.join(path);
    let Ok(target) = fs::read_link(&file) else { return Ok(file) };
    let inside = match target.strip_prefix("/") {
        Ok(target) => root.join(target),
        Err(_) => file.with_file_name(target),
    };
    inside.canonicalize().with_context(|| format!("cannot follow {}", file.display()))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}
