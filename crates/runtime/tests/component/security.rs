//! What a container may not do, and the holes that other runtimes had.

use crate::{
    containers::{changed, shell},
    fixture::{Fixture, trial},
    spec::{kubernetes, parse},
};
use libtest_mimic::Trial;
use runtime::{Error, RootFilesystem};
use rustix::thread::CapabilitySet;
use serde_json::{Value, json};
use std::{fs, os::unix::fs::symlink};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a read-only root cannot be written to", read_only_root),
        trial("masked and read-only paths are", masks),
        trial("capabilities, no_new_privs and seccomp are as specified", capabilities),
        trial("capabilities that the machine does not give are left out", missing_capabilities),
        trial("ambient capabilities reach another user's program", ambient),
        trial("the default seccomp profile forbids namespaces and mounts", seccomp),
        trial("devices that were not allowed can be made but not opened", devices),
        trial("a read-only volume is", read_only_volume),
        trial("CVE-2019-5736: the program that runs containers is on a read-only mount", host_binary),
        trial("CVE-2019-5736: a container with the machine's processes cannot open our program", host_processes),
        trial("CVE-2021-30465: a mount target that is a link stays inside", linked_target),
        trial("CVE-2022-0492: cgroups are mounted read-only", cgroups),
        trial("CVE-2024-21626: no descriptor is leaked into a container", descriptors),
        trial("CVE-2024-21626: a working directory outside is refused", working_directory),
        trial("CVE-2025-31133: masks use the machine's null device", null_device),
        trial("CVE-2025-52881: an image whose /proc is a link is refused", linked_proc),
    ]
}

async fn read_only_root(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let spec = changed(&fixture, "touch /new 2>&1; touch /dev/shm/new && echo done", "/root/readonly", json!(true));
    let (output, _) = fixture.run(&sandbox, "c", spec).await;
    assert_eq!(output, "touch: /new: Read-only file system\ndone\n");
    sandbox.stop().await.unwrap();
}

async fn masks(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "cat /proc/keys /proc/timer_list | wc -c; ls /sys/firmware | wc -l; stat -c %t:%T /proc/keys; \
                  echo 1 > /proc/sys/vm/drop_caches; touch /proc/irq/new";
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, script)).await;
    assert!(output.contains("0\n0\n1:3\n"), "{output}");
    assert!(output.contains("/proc/sys/vm/drop_caches: Read-only file system"), "{output}");
    sandbox.stop().await.unwrap();
}

const STATUS: &str = "grep -E 'Cap|NoNewPrivs|Seccomp:' /proc/self/status | tr -d '\\t' | tr '\\n' ' '; echo";

async fn capabilities(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, STATUS)).await;
    let expected = "CapInh:0000000000000000 CapPrm:00000000a80425fb CapEff:00000000a80425fb CapBnd:00000000a80425fb \
                    CapAmb:0000000000000000 NoNewPrivs:1 Seccomp:2 \n";
    assert_eq!(output, expected);
    let mut spec = kubernetes(&["sh", "-c", STATUS], &sandbox.shm());
    spec["process"]["noNewPrivileges"] = json!(false);
    spec["process"]["capabilities"] = Value::Null;
    let (output, _) = fixture.run(&sandbox, "none", parse(spec)).await;
    assert!(output.contains("CapEff:0000000000000000 CapBnd:0000000000000000"), "{output}");
    assert!(output.contains("NoNewPrivs:0 Seccomp:2"), "{output}");
    sandbox.stop().await.unwrap();
}

async fn missing_capabilities(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let mut spec = kubernetes(&["sh", "-c", STATUS], &sandbox.shm());
    let all: Value = CapabilitySet::all().iter_names().map(|(name, _)| json!(format!("CAP_{name}"))).collect();
    spec["process"]["capabilities"] = json!({"bounding": all, "permitted": all, "effective": all});
    let (output, _) = fixture.run(&sandbox, "c", parse(spec)).await;
    let own = fs::read_to_string("/proc/self/status").unwrap();
    let own = own.lines().find(|line| line.starts_with("CapPrm:")).unwrap().replace('\t', "");
    assert!(output.contains(&own), "{output} is not {own}");
    sandbox.stop().await.unwrap();
}

async fn ambient(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let mut spec = kubernetes(&["sh", "-c", STATUS], &sandbox.shm());
    let set = json!(["CAP_NET_BIND_SERVICE"]);
    spec["process"]["user"] = json!({"uid": 1000, "gid": 1000});
    spec["process"]["capabilities"] =
        json!({"bounding": set, "permitted": set, "effective": set, "inheritable": set, "ambient": set});
    let (output, _) = fixture.run(&sandbox, "c", parse(spec)).await;
    let all = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(|name| format!("{name}:0000000000000400 "));
    assert!(output.starts_with(&all.concat()), "{output}");
    sandbox.stop().await.unwrap();
}

async fn seccomp(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "unshare -U true; mount -t tmpfs none /tmp; echo end";
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, script)).await;
    let refused = output.to_lowercase().matches("operation not permitted").count()
        + output.to_lowercase().matches("permission denied").count();
    assert_eq!(refused, 2, "{output}");
    sandbox.stop().await.unwrap();
}

async fn devices(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script =
        "head -c 2 /dev/zero | wc -c; mknod /dev/memory c 1 1 && head -c 1 /dev/memory; ls /dev | tr '\\n' ' '";
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, script)).await;
    assert!(output.starts_with("2\n"), "{output}");
    assert!(output.contains("head: /dev/memory: Operation not permitted"), "{output}");
    assert!(
        output.contains("core fd full memory mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero"),
        "{output}"
    );
    let mut spec = kubernetes(
        &["sh", "-c", "stat -c '%F %a %u %g %t:%T' /dev/dir/mine; : < /dev/dir/mine && echo opened"],
        &sandbox.shm(),
    );
    spec["linux"]["devices"] = json!([{"path": "/dev/dir/mine", "type": "c", "major": 10, "minor": 229, "fileMode": 0o600,
        "uid": 0, "gid": 7}]);
    spec["linux"]["resources"]["devices"] =
        json!([{"allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"}]);
    let (output, _) = fixture.run(&sandbox, "own", parse(spec)).await;
    assert_eq!(output, "character special file 600 0 7 a:e5\nopened\n");
    sandbox.stop().await.unwrap();
}

async fn read_only_volume(mut fixture: Fixture) {
    let volume = fixture.root.join("volume");
    fs::create_dir(&volume).unwrap();
    fs::write(volume.join("file"), "content\n").unwrap();
    let sandbox = fixture.sandbox().await;
    let mut spec = kubernetes(&["sh", "-c", "cat /data/file; echo x > /data/file; touch /one/file"], &sandbox.shm());
    let mounts = spec["mounts"].as_array_mut().unwrap();
    mounts.push(json!({"destination": "/data", "type": "bind", "source": volume, "options": ["rbind", "ro"]}));
    mounts.push(
        json!({"destination": "/one/file", "type": "bind", "source": volume.join("file"), "options": ["bind", "ro"]}),
    );
    let (output, _) = fixture.run(&sandbox, "c", parse(spec)).await;
    assert!(output.starts_with("content\n"), "{output}");
    assert_eq!(output.matches("Read-only file system").count(), 2, "{output}");
    sandbox.stop().await.unwrap();
}

async fn host_binary(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let status = rustix::fs::statvfs(format!("/proc/{}/exe", sandbox.pid())).unwrap();
    assert!(status.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY));
    sandbox.stop().await.unwrap();
}

async fn host_processes(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = format!(
        "cat /proc/{0}/exe | wc -c; cat /proc/{0}/environ; cat /proc/{0}/maps; cat /proc/{0}/comm",
        sandbox.pid()
    );
    let spec = changed(&fixture, &script, "/linux/namespaces", json!([{"type": "mount"}]));
    let (output, _) = fixture.run(&sandbox, "c", spec).await;
    assert!(output.contains("minke-pod\n"), "{output}");
    assert_eq!(output.matches("Permission denied").count(), 3, "{output}");
    sandbox.stop().await.unwrap();
}

async fn linked_target(mut fixture: Fixture) {
    let (outside, layer) = (fixture.root.join("outside"), fixture.root.join("layer"));
    fs::create_dir(&outside).unwrap();
    fs::create_dir(&layer).unwrap();
    symlink(&outside, layer.join("absolute")).unwrap();
    symlink("../../../../../../../../../../tmp", layer.join("relative")).unwrap();
    let volume = fixture.root.join("volume");
    fs::create_dir(&volume).unwrap();
    fs::write(volume.join("file"), "content\n").unwrap();
    let sandbox = fixture.sandbox().await;
    for (id, destination) in [("absolute", "/absolute/in/it"), ("relative", "/relative/in/it")] {
        let mut spec = kubernetes(&["sh", "-c", &format!("cat {destination}/file")], &sandbox.shm());
        let mount = json!({"destination": destination, "type": "bind", "source": volume, "options": ["rbind"]});
        spec["mounts"].as_array_mut().unwrap().push(mount);
        let mut config = fixture.config(id, parse(spec));
        config.root = RootFilesystem { lower: vec![fixture.root.join("busybox"), layer.clone()] };
        match sandbox.start_container(config).await {
            Ok(_) => {
                fixture.exit(id).await;
                assert_eq!(fixture.output(id), "content\n");
            }
            // The link leads to nowhere inside the container.
            Err(error) => assert!(matches!(error, Error::Create { .. }) && id == "absolute", "{error}"),
        }
    }
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!std::path::Path::new("/tmp/in").exists());
    sandbox.stop().await.unwrap();
}

async fn cgroups(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "for directory in /sys/fs/cgroup /sys/fs/cgroup/*/; do mkdir $directory/new && echo made; done; \
                  echo x > /sys/fs/cgroup/memory/release_agent; cat /proc/self/cgroup | grep -c /pod; echo end";
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, script)).await;
    assert!(!output.contains("made"), "{output}");
    assert!(output.contains("Read-only file system"), "{output}");
    assert!(output.contains("0\nend\n"), "the cgroup is the root of what the container sees: {output}");
    sandbox.stop().await.unwrap();
}

async fn descriptors(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.start(&sandbox, "other", shell(&fixture, "sleep 1000")).await.unwrap();
    // The fourth is the directory that ls itself reads.
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, "ls /proc/self/fd | tr '\\n' ' '; pwd")).await;
    assert_eq!(output, "0 1 2 3 /\n");
    sandbox.stop().await.unwrap();
}

async fn working_directory(fixture: Fixture) {
    let layer = fixture.root.join("layer");
    fs::create_dir(&layer).unwrap();
    symlink("/proc/self/fd/7", layer.join("work")).unwrap();
    let sandbox = fixture.sandbox().await;
    for directory in ["/proc/self/fd/7", "/proc/self/fd/7/../../..", "/work"] {
        let spec = changed(&fixture, "echo escaped; pwd", "/process/cwd", json!(directory));
        let mut config = fixture.config("c", spec);
        config.root = RootFilesystem { lower: vec![fixture.root.join("busybox"), layer.clone()] };
        match sandbox.start_container(config).await {
            Err(error) => assert!(matches!(error, Error::Create { .. }), "{directory}: {error}"),
            // `..` is taken from the name and not from where the link leads.
            Ok(_) => assert_eq!(directory, "/proc/self/fd/7/../../.."),
        }
    }
    sandbox.stop().await.unwrap();
}

async fn null_device(mut fixture: Fixture) {
    let layer = fixture.root.join("layer");
    fs::create_dir_all(layer.join("dev")).unwrap();
    symlink("/etc/passwd", layer.join("dev/null")).unwrap();
    symlink("/etc/passwd", layer.join("link")).unwrap();
    let sandbox = fixture.sandbox().await;
    let script = "stat -c %t:%T /proc/keys; cat /link | wc -c";
    let mut spec = kubernetes(&["sh", "-c", script], &sandbox.shm());
    // The image's own /dev, with a null device that is something else.
    spec["mounts"] = json!([{"destination": "/proc", "type": "proc", "source": "proc"}]);
    spec["linux"]["maskedPaths"] = json!(["/proc/keys", "/link", "/not/there"]);
    let mut config = fixture.config("c", parse(spec));
    config.root = RootFilesystem { lower: vec![fixture.root.join("busybox"), layer] };
    sandbox.start_container(config).await.unwrap();
    fixture.exit("c").await;
    assert_eq!(fixture.output("c"), "1:3\n0\n");
    sandbox.stop().await.unwrap();
}

async fn linked_proc(fixture: Fixture) {
    let layer = fixture.root.join("layer");
    fs::create_dir_all(layer.join("forged")).unwrap();
    symlink("forged", layer.join("proc")).unwrap();
    let sandbox = fixture.sandbox().await;
    let mut config = fixture.config("c", shell(&fixture, "true"));
    config.root = RootFilesystem { lower: vec![fixture.root.join("busybox"), layer] };
    let error = sandbox.start_container(config).await.unwrap_err();
    assert!(matches!(&error, Error::Create { message, .. } if message.contains(r#"rootfs at "/proc""#)), "{error}");
    sandbox.stop().await.unwrap();
}
