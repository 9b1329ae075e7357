//! Holes that other runtimes had, each with what an attacker did. More of them are in `security`, beside what they are
//! about, and in `shared_processes`; those of images are in the tests of layers and users.

use crate::{
    containers::{changed, shell},
    fixture::{Fixture, trial},
    spec::{kubernetes, parse},
};
use libtest_mimic::Trial;
use oci_spec::runtime::Spec;
use runtime::{ContainerConfig, Error, Ipc, Network, RootFilesystem, Sandbox, SandboxConfig};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("CVE-2020-15257: there is no abstract socket", abstract_socket),
        trial("CVE-2022-0811: a kernel parameter's value sets nothing else", smuggled_parameter),
        trial("CVE-2022-1708: output without an end takes no memory", endless_output),
        trial("CVE-2022-23648: an image's volume stays inside", volume_outside),
        trial("CVE-2024-25621: bundles are nobody's business but root's", modes),
        trial("CVE-2024-45310: nothing is made where a volume's link leads", linked_volume),
        trial("CVE-2025-9566: a file that is mounted over a link leaves its target alone", linked_file),
        trial(
            "CVE-2025-31133: whoever may change a masked file does not change the machine's null device",
            null_device,
        ),
        trial("CVE-2025-52565: an image's /dev/console that is a link gets no terminal", linked_console),
        trial("CVE-2025-54867: an image whose /sys is a link is refused", linked_sys),
        trial("runc: an image's /dev may be a link", linked_dev),
        trial("Podman: a working directory behind a link is made inside", linked_working_directory),
        trial("links of the image that lead nowhere get their targets", dangling_links),
        trial("nothing is mounted over /proc but what runc allows", over_proc),
        trial("an image's volume is a directory that can be written to", volume),
        trial("an image's volume that is a link to /proc, /sys or / takes nothing off", linked_volume_of_image),
        trial("a layer may come twice", repeated_layer),
        trial("arguments that are too long are refused", long_arguments),
    ]
}

/// An image layer with links, above busybox'.
fn with_links(fixture: &Fixture, id: &str, spec: Spec, links: &[(&str, &str)]) -> ContainerConfig {
    let layer = fixture.root.join(format!("layer-{id}"));
    for (path, target) in links {
        let path = layer.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }
    fs::create_dir_all(&layer).unwrap();
    ContainerConfig {
        root: RootFilesystem { lower: vec![fixture.root.join("busybox"), layer] },
        ..fixture.config(id, spec)
    }
}

fn outside(fixture: &Fixture) -> (PathBuf, String) {
    let outside = fixture.root.join("outside");
    fs::create_dir_all(&outside).unwrap();
    let name = outside.to_str().unwrap().to_owned();
    (outside, name)
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().count() == 0
}

fn with_mount(fixture: &Fixture, script: &str, mount: serde_json::Value) -> Spec {
    let mut spec = kubernetes(&["sh", "-c", script], &fixture.directory().join("shm"));
    spec["mounts"].as_array_mut().unwrap().push(mount);
    parse(spec)
}

async fn run(fixture: &mut Fixture, sandbox: &Sandbox, config: ContainerConfig) -> String {
    let id = config.id.clone();
    sandbox.start_container(config).await.unwrap();
    fixture.exit(&id).await;
    fixture.output(&id)
}

async fn abstract_socket(mut fixture: Fixture) {
    let config = SandboxConfig { network: Network::Host, ipc: Ipc::Host, ..fixture.sandbox_config() };
    let sandbox = fixture.runtime.run_sandbox(config).await.unwrap();
    let spec = changed(
        &fixture,
        "cat /proc/net/unix",
        "/mounts",
        json!([{"destination": "/proc", "type": "proc", "source": "proc"}]),
    );
    let (output, _) = fixture.run(&sandbox, "c", spec).await;
    let names: Vec<&str> = output.lines().filter_map(|line| line.split_whitespace().nth(7)).collect();
    assert!(names.iter().any(|name| name.ends_with("/supervisor.sock")), "{output}");
    assert!(!names.iter().any(|name| name.starts_with('@') && (name.contains("minke") || name.contains("supervisor"))));
    sandbox.stop().await.unwrap();
}

async fn smuggled_parameter(fixture: Fixture) {
    let core_pattern = || fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let before = core_pattern();
    for value in ["1+kernel.core_pattern=|/evil", "1\nkernel.core_pattern=|/evil", "1;kernel.core_pattern=|/evil"] {
        for name in ["kernel.shm_rmid_forced", "net.ipv4.ip_unprivileged_port_start"] {
            let sysctls = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            let config = SandboxConfig { sysctls, ..fixture.sandbox_config() };
            if let Ok(sandbox) = fixture.runtime.run_sandbox(config).await {
                sandbox.stop().await.unwrap();
            }
            assert_eq!(core_pattern(), before, "{name}={value:?}");
        }
    }
}

async fn endless_output(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let memory = |sandbox: &Sandbox| {
        let status = fs::read_to_string(format!("/proc/{}/status", sandbox.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().to_owned();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let before = memory(&sandbox);
    fixture.run(&sandbox, "c", shell(&fixture, "head -c 30000000 /dev/zero")).await;
    let after = memory(&sandbox);
    assert!(after < before + 4096, "{before} kB before, {after} kB after");
    sandbox.stop().await.unwrap();
}

async fn volume_outside(mut fixture: Fixture) {
    let (outside, name) = outside(&fixture);
    let sandbox = fixture.sandbox().await;
    let script = format!("ls -d /etc/made /bin/made {name}/made");
    let mut config = with_links(&fixture, "c", shell(&fixture, &script), &[("link", &name)]);
    config.volumes = ["../../../../etc/made", "/a/../../bin/made", "/link/made"].map(PathBuf::from).into();
    let output = run(&mut fixture, &sandbox, config).await;
    assert_eq!(output, format!("/bin/made\n/etc/made\n{name}/made\n"));
    assert!(is_empty(&outside) && !Path::new("/etc/made").exists());
    sandbox.stop().await.unwrap();
}

async fn modes(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.start(&sandbox, "c", shell(&fixture, "sleep 1000")).await.unwrap();
    for directory in [fixture.directory(), fixture.directory().join("containers/c")] {
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700, "{}", directory.display());
    }
    sandbox.stop().await.unwrap();
}

async fn linked_volume(mut fixture: Fixture) {
    let (outside, name) = outside(&fixture);
    let volume = fixture.root.join("volume");
    fs::create_dir(&volume).unwrap();
    symlink(&outside, volume.join("absolute")).unwrap();
    symlink("../../../../../../../../../../../tmp", volume.join("upwards")).unwrap();
    let sandbox = fixture.sandbox().await;
    for (number, link) in ["absolute", "upwards"].into_iter().enumerate() {
        let mut spec = kubernetes(&["true"], &sandbox.shm());
        let file = fixture.root.join("busybox/etc/passwd");
        spec["mounts"].as_array_mut().unwrap().extend([
            json!({"destination": "/data", "type": "bind", "source": volume, "options": ["rbind"]}),
            json!({"destination": format!("/data/{link}/hole-45310"), "type": "bind", "source": file, "options": ["bind"]}),
        ]);
        fixture.run(&sandbox, &format!("c{number}"), parse(spec)).await;
    }
    assert!(is_empty(&outside), "{name}");
    assert!(!Path::new("/tmp/hole-45310").exists());
    sandbox.stop().await.unwrap();
}

async fn linked_file(mut fixture: Fixture) {
    let (outside, name) = outside(&fixture);
    fs::write(outside.join("victim"), "untouched").unwrap();
    let sandbox = fixture.sandbox().await;
    let file = fixture.root.join("file");
    fs::write(&file, "from outside\n").unwrap();
    let mount = json!({"destination": "/etc/config", "type": "bind", "source": file, "options": ["bind", "ro"]});
    let spec = with_mount(&fixture, "cat /etc/config; echo x > /etc/config", mount);
    let config = with_links(&fixture, "c", spec, &[("etc/config", &format!("{name}/victim"))]);
    let output = run(&mut fixture, &sandbox, config).await;
    assert!(output.contains("from outside\n") && output.contains("Read-only file system"), "{output}");
    assert_eq!(fs::read_to_string(outside.join("victim")).unwrap(), "untouched");
    sandbox.stop().await.unwrap();
}

async fn null_device(mut fixture: Fixture) {
    let facts = || fs::metadata("/dev/null").map(|null| (null.mode(), null.uid(), null.gid())).unwrap();
    let before = facts();
    let sandbox = fixture.sandbox().await;
    let script = "for file in /proc/keys /proc/timer_list /proc/self/fd/0; do chmod 600 $file; chown 7 $file; done
        echo x > /proc/timer_list && echo written";
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, script)).await;
    let after = facts();
    if after != before {
        fs::set_permissions("/dev/null", fs::Permissions::from_mode(before.0 & 0o7777)).unwrap();
        std::os::unix::fs::chown("/dev/null", Some(before.1), Some(before.2)).unwrap();
    }
    assert_eq!(after, before, "{output}");
    assert_eq!(output.matches("Read-only file system").count(), 6, "{output}");
    assert!(output.contains("written\n"), "it still swallows what is written: {output}");
    sandbox.stop().await.unwrap();
}

async fn linked_console(mut fixture: Fixture) {
    let (outside, name) = outside(&fixture);
    fs::write(outside.join("victim"), "untouched").unwrap();
    let sandbox = fixture.sandbox().await;
    let mut spec = kubernetes(&["sh", "-c", "echo written > /dev/console; tty"], &sandbox.shm());
    // The image's own /dev.
    spec["mounts"] = json!([{"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]}]);
    spec["process"]["terminal"] = json!(true);
    let links = [("dev/console", format!("{name}/victim"))];
    let links: Vec<(&str, &str)> = links.iter().map(|(path, target)| (*path, target.as_str())).collect();
    let output = {
        let config = with_links(&fixture, "c", parse(spec), &links);
        run(&mut fixture, &sandbox, config).await
    };
    assert!(output.contains("written") && output.contains("/dev/pts/0"), "{output}");
    assert_eq!(fs::read_to_string(outside.join("victim")).unwrap(), "untouched");
    sandbox.stop().await.unwrap();
}

async fn linked_sys(fixture: Fixture) {
    let (outside, name) = outside(&fixture);
    let sandbox = fixture.sandbox().await;
    let config = with_links(&fixture, "c", shell(&fixture, "true"), &[("sys", &name)]);
    let error = sandbox.start_container(config).await.unwrap_err();
    assert!(matches!(&error, Error::Create { message, .. } if message.contains(r#"rootfs at "/sys""#)), "{error}");
    assert!(is_empty(&outside));
    sandbox.stop().await.unwrap();
}

async fn linked_dev(mut fixture: Fixture) {
    let (outside, name) = outside(&fixture);
    let sandbox = fixture.sandbox().await;
    for (id, target) in [("absolute", name.as_str()), ("upwards", "../../../../etc"), ("dangling", "not/there")] {
        let script =
            "stat -c %t:%T /dev/null; [ -e /dev/pts/ptmx ] && echo terminals; ls /dev/shm /dev/fd | wc -l > /dev/null";
        let config = with_links(&fixture, id, shell(&fixture, script), &[("dev", target)]);
        assert_eq!(run(&mut fixture, &sandbox, config).await, "1:3\nterminals\n", "{id}");
    }
    assert!(is_empty(&outside));
    sandbox.stop().await.unwrap();
}

async fn linked_working_directory(mut fixture: Fixture) {
    let (outside, name) = outside(&fixture);
    let sandbox = fixture.sandbox().await;
    for (id, directory, expected) in
        [("below", "/work/below", format!("{name}/below")), ("itself", "/work", name.clone())]
    {
        let spec = changed(&fixture, "pwd -P", "/process/cwd", json!(directory));
        let config = with_links(&fixture, id, spec, &[("work", &name)]);
        assert_eq!(run(&mut fixture, &sandbox, config).await, format!("{expected}\n"));
    }
    assert!(is_empty(&outside));
    sandbox.stop().await.unwrap();
}

async fn dangling_links(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let (file, directory) = (fixture.root.join("file"), fixture.root.join("volume"));
    fs::write(&file, "content\n").unwrap();
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("inside"), "").unwrap();
    let script = "cat /etc/resolv.conf /run/systemd/resolve/stub-resolv.conf; ls /data /srv/data; pwd -P";
    let mut spec = kubernetes(&["sh", "-c", script], &sandbox.shm());
    spec["mounts"].as_array_mut().unwrap().extend([
        json!({"destination": "/etc/resolv.conf", "type": "bind", "source": file, "options": ["bind"]}),
        json!({"destination": "/data", "type": "bind", "source": directory, "options": ["rbind"]}),
    ]);
    spec["process"]["cwd"] = json!("/app");
    let links = [
        ("etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf"),
        ("etc/hosts", "/run/hosts"),
        ("data", "srv/data"),
        ("app", "/opt/app/current"),
    ];
    let config = with_links(&fixture, "c", parse(spec), &links);
    let output = run(&mut fixture, &sandbox, config).await;
    assert_eq!(output, "content\ncontent\n/data:\ninside\n\n/srv/data:\ninside\n/opt/app/current\n");
    sandbox.stop().await.unwrap();
}

async fn over_proc(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let (file, directory) = (fixture.root.join("file"), fixture.root.join("volume"));
    fs::write(&file, "forged\n").unwrap();
    fs::create_dir(&directory).unwrap();
    let inside = |path: &str| Some(format!("{path:?} cannot be mounted because it is inside /proc"));
    let table = [
        ("/proc", &directory, Some("\"/proc\" cannot be mounted because it is not of type proc".to_owned())),
        ("/proc/", &directory, Some("\"/proc/\" cannot be mounted because it is not of type proc".to_owned())),
        ("/proc/sys", &directory, inside("/proc/sys")),
        ("/proc/1/attr", &directory, inside("/proc/1/attr")),
        ("/proc/self/attr/exec", &file, Some("rootfs at".to_owned())),
        ("/proc/version", &file, inside("/proc/version")),
        ("/linked/version", &file, inside("/linked/version")),
        ("/proc/uptime", &file, None),
        ("/proc/meminfo", &file, None),
        ("/proc", &PathBuf::from("/proc"), None),
        ("/sys", &directory, None),
        ("/sys/fs/cgroup", &directory, None),
    ];
    for (number, (destination, source, refusal)) in table.into_iter().enumerate() {
        let mount = json!({"destination": destination, "type": "bind", "source": source, "options": ["rbind"]});
        let id = format!("c{number}");
        let config = with_links(&fixture, &id, with_mount(&fixture, "true", mount), &[("linked", "proc")]);
        match (sandbox.start_container(config).await, refusal) {
            (Ok(_), None) => _ = fixture.exit(&id).await,
            (Err(error), Some(refusal)) => assert!(error.to_string().contains(&refusal), "{destination}: {error}"),
            (started, refusal) => panic!("{destination}: {started:?}, not {refusal:?}"),
        }
    }
    sandbox.stop().await.unwrap();
}

async fn volume(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    for (id, read_only) in [("writable", false), ("read-only", true)] {
        let script = "for directory in /data/new /etc; do echo x > $directory/file && cat $directory/file; done; echo x > /file; ls /mounted /data/new/mounted";
        let mut spec = kubernetes(&["sh", "-c", script], &sandbox.shm());
        spec["root"]["readonly"] = json!(read_only);
        for destination in ["/mounted", "/data/new/mounted"] {
            let mount = json!({"destination": destination, "type": "bind", "source": fixture.root.join("busybox/etc"), "options": ["bind", "ro"]});
            spec["mounts"].as_array_mut().unwrap().push(mount);
        }
        let mut config = fixture.config(id, parse(spec));
        config.volumes = ["/data/new", "/etc", "/mounted/"].map(PathBuf::from).into();
        let output = run(&mut fixture, &sandbox, config).await;
        assert!(output.contains("x\nx\n") && output.matches("passwd\n").count() == 2, "{output}");
        assert_eq!(output.contains("can't create /file: Read-only file system"), read_only, "{output}");
    }
    sandbox.stop().await.unwrap();
}

async fn linked_volume_of_image(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "for file in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /sys/kernel/uevent_seqnum; do
            [ -e $file ] && touch -c $file 2>/dev/null && echo writable: $file
        done
        for file in /new /../new; do (echo x > $file) 2>/dev/null && echo written: $file; done
        wc -c < /proc/keys; ls /sys/firmware; echo end";
    let table =
        [[("p", "/proc"), ("s", "/sys")], [("p", "proc/sys"), ("s", "sys/kernel")], [("p", "/"), ("s", "p/proc")]];
    for (number, links) in table.iter().enumerate() {
        let mut spec = kubernetes(&["sh", "-c", script], &sandbox.shm());
        spec["root"]["readonly"] = json!(true);
        let mut config = with_links(&fixture, &format!("c{number}"), parse(spec), links);
        config.volumes = ["/p", "/s"].map(PathBuf::from).into();
        assert_eq!(run(&mut fixture, &sandbox, config).await, "0\nend\n", "{links:?}");
    }
    sandbox.stop().await.unwrap();
}

async fn repeated_layer(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let layers = ["empty", "other"].map(|name| fixture.root.join(name));
    for layer in &layers {
        fs::create_dir(layer).unwrap();
    }
    fs::write(layers[1].join("other"), "other\n").unwrap();
    let [empty, other] = layers;
    let mut config = fixture.config("c", shell(&fixture, "cat /other"));
    config.root = RootFilesystem { lower: vec![fixture.root.join("busybox"), empty.clone(), other, empty] };
    assert_eq!(run(&mut fixture, &sandbox, config).await, "other\n");
    sandbox.stop().await.unwrap();
}

async fn long_arguments(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let long = "x".repeat(200_000);
    let many: Vec<String> = (0..100).map(|number| format!("V{number}={}", "x".repeat(100_000))).collect();
    for (pointer, value) in
        [("/process/args", json!(["true", long])), ("/process/env", json!([long])), ("/process/env", json!(many))]
    {
        let error = fixture.start(&sandbox, "c", changed(&fixture, "", pointer, value)).await.unwrap_err();
        assert!(
            matches!(&error, Error::Create { message, .. } if message.starts_with("argument list too long")),
            "{error}"
        );
        assert!(!fixture.directory().join("containers/c").exists(), "nothing is left");
    }
    // Within what any process may have, beyond what this one may.
    let error = fixture.start(&sandbox, "c", changed(&fixture, "", "/process/env", json!(many[..40].to_vec()))).await;
    assert!(error.unwrap_err().to_string().ends_with("argument list too long"));
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, "echo unharmed")).await;
    assert_eq!(output, "unharmed\n");
    sandbox.stop().await.unwrap();
}
