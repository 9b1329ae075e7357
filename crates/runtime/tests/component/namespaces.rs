//! What the containers of a sandbox share, and what they do not.

use crate::{
    containers::{changed, shell},
    fixture::{Fixture, trial},
};
use libtest_mimic::Trial;
use runtime::{Error, Ipc, Network};
use serde_json::json;
use std::{collections::BTreeMap, fs};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("containers share network, IPC and host name but not processes, mounts and cgroups", shared),
        trial("the sandbox has its own host name and a loopback device", own_network),
        trial("a sandbox on the machine's network has the machine's name, too", host_network),
        trial("containers share /dev/shm", shared_memory),
        trial("kernel parameters are those of the sandbox alone", sysctls),
        trial("a sandbox that cannot be set up says why and leaves nothing", broken_sandbox),
        trial("what is mounted into a shared volume is seen by the machine", propagation),
    ]
}

const NAMESPACES: &str = "for kind in net ipc uts pid mnt cgroup; do readlink /proc/self/ns/$kind; done";

async fn shared(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    // It must still be there when the other one is looked at: the numbers of namespaces are used again.
    let living = format!("{NAMESPACES}; echo end; sleep 1000");
    fixture.start(&sandbox, "one", shell(&fixture, &living)).await.unwrap();
    fixture.wait_for_output("one", "end").await;
    let one = fixture.output("one");
    let (two, _) = fixture.run(&sandbox, "two", shell(&fixture, NAMESPACES)).await;
    let (one, two): (Vec<&str>, Vec<&str>) = (one.lines().collect(), two.lines().collect());
    assert_eq!(one[..3], two[..3]);
    for kind in 3..6 {
        assert_ne!(one[kind], two[kind]);
    }
    let supervisor = fs::read_link(sandbox.network_namespace()).unwrap();
    assert_eq!(supervisor.to_str(), Some(one[0]));
    assert_ne!(fs::read_link("/proc/self/ns/net").unwrap(), supervisor);
    sandbox.stop().await.unwrap();
}

async fn own_network(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, "hostname; ip -o link; ps | wc -l")).await;
    assert!(output.starts_with("pod-name\n1: lo: <LOOPBACK,UP,LOWER_UP>"), "{output}");
    sandbox.stop().await.unwrap();
}

async fn host_network(mut fixture: Fixture) {
    let config = runtime::SandboxConfig { network: Network::Host, ipc: Ipc::Host, ..fixture.sandbox_config() };
    let sandbox = fixture.runtime.run_sandbox(config).await.unwrap();
    let mounts = json!([{"destination": "/proc", "type": "proc", "source": "proc"}]);
    let (output, _) = fixture.run(&sandbox, "c", changed(&fixture, NAMESPACES, "/mounts", mounts)).await;
    let ours = ["net", "ipc", "uts"].map(|kind| fs::read_link(format!("/proc/self/ns/{kind}")).unwrap());
    let theirs: Vec<&str> = output.lines().take(3).collect();
    assert_eq!(theirs, ours.iter().map(|link| link.to_str().unwrap()).collect::<Vec<_>>());
    assert!(!sandbox.shm().exists());
    sandbox.stop().await.unwrap();
}

async fn shared_memory(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.run(&sandbox, "writer", shell(&fixture, "echo shared > /dev/shm/note")).await;
    let (output, _) = fixture.run(&sandbox, "reader", shell(&fixture, "cat /dev/shm/note")).await;
    assert_eq!(output, "shared\n");
    sandbox.stop().await.unwrap();
}

async fn sysctls(mut fixture: Fixture) {
    let parameter = "net.ipv4.ip_unprivileged_port_start";
    let file = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
    let before = fs::read_to_string(file).unwrap();
    let config = runtime::SandboxConfig {
        sysctls: BTreeMap::from([(parameter.to_owned(), "7".to_owned())]),
        ..fixture.sandbox_config()
    };
    let sandbox = fixture.runtime.run_sandbox(config).await.unwrap();
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, &format!("cat {file}"))).await;
    assert_eq!(output, "7\n");
    assert_eq!(fs::read_to_string(file).unwrap(), before);
    sandbox.stop().await.unwrap();
}

async fn broken_sandbox(fixture: Fixture) {
    for (network, parameter, reason) in [
        (Network::Own, "net.no.such.parameter", "sysctl net.no.such.parameter=1: no such file or directory"),
        (Network::Own, "vm.swappiness", "sysctl \"vm.swappiness\" is not in a separate kernel namespace"),
        (Network::Host, "net.ipv4.ip_forward", "sysctl \"net.ipv4.ip_forward\" not allowed in host network namespace"),
    ] {
        let config = runtime::SandboxConfig {
            network,
            sysctls: BTreeMap::from([(parameter.to_owned(), "1".to_owned())]),
            ..fixture.sandbox_config()
        };
        let error = fixture.runtime.run_sandbox(config).await.err().unwrap();
        assert!(matches!(&error, Error::Sandbox { sandbox, .. } if sandbox == "pod"), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(fs::read_dir(fixture.directory()).unwrap().count(), 0);
    }
    fixture.sandbox().await.stop().await.unwrap();
}

async fn propagation(mut fixture: Fixture) {
    let volume = fixture.root.join("volume");
    fs::create_dir(&volume).unwrap();
    rustix::mount::mount_bind(&volume, &volume).unwrap();
    rustix::mount::mount_change(&volume, rustix::mount::MountPropagationFlags::SHARED).unwrap();
    let sandbox = fixture.sandbox().await;
    let everything = json!(["CAP_SYS_ADMIN"]);
    let spec = |mode: &str| {
        let script = format!("mkdir -p /data/{mode} && mount -t tmpfs none /data/{mode} && echo x > /data/{mode}/file");
        let mut spec = crate::spec::kubernetes(&["sh", "-c", &script], &sandbox.shm());
        let capabilities = json!({"bounding": everything, "effective": everything, "permitted": everything});
        spec["process"]["capabilities"] = capabilities;
        spec["linux"]["seccomp"] = serde_json::Value::Null;
        spec["linux"]["rootfsPropagation"] = json!(mode);
        let mount = json!({"destination": "/data", "type": "bind", "source": volume, "options": ["rbind", mode]});
        spec["mounts"].as_array_mut().unwrap().push(mount);
        crate::spec::parse(spec)
    };
    let specs = ["rshared", "rprivate"].map(|mode| (mode, spec(mode)));
    for (mode, spec) in specs {
        let (output, state) = fixture.run(&sandbox, mode, spec).await;
        assert_eq!((output.as_str(), state.exit_code), ("", Some(0)), "{mode}");
    }
    let seen = ["rshared", "rprivate"].map(|mode| volume.join(mode).join("file").exists());
    let _ = rustix::mount::unmount(volume.join("rshared"), rustix::mount::UnmountFlags::DETACH);
    rustix::mount::unmount(&volume, rustix::mount::UnmountFlags::DETACH).unwrap();
    assert_eq!(seen, [true, false]);
    sandbox.stop().await.unwrap();
}
