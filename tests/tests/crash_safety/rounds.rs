//! The server is killed again and again, in the middle of whatever it does. What it had acknowledged holds, what ran
//! goes on, what was begun is finished, and what was half-made goes.

use crate::{
    pods::{Identity, count_to, counted, counting, is_running, run, statuses},
    random::Random,
};
use anyhow::{Context, Result, anyhow};
use futures::future::join_all;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, PostParams},
};
use rustix::process::Pid;
use serde_json::{Value, json};
use std::{path::Path, process::Stdio, thread, time::Duration};
use tests::{Instance, Machine, Server, block_on, kill_and_wait, load_images};

/// How many pods are created or deleted at once.
const MANY: usize = 6;

/// What the server is doing when it is killed.
trait Work {
    /// What has to be there before.
    fn prepare(&self, _server: &Server, _names: &[String]) -> Result<()> {
        Ok(())
    }

    /// Goes on until it is done or the server is dead; returns the names that the server acknowledged.
    fn work(&self, server: &Server, names: &[String]) -> Result<Vec<String>>;

    /// Fails unless the next server makes true what was acknowledged.
    fn holds(&self, server: &Server, acknowledged: &[String]) -> Result<()>;
}

/// Kills the server at a random moment of this work, several times. A pod that ran before goes on all the while.
fn survive(rounds: usize, work: &impl Work) -> Result<()> {
    let machine = Machine::new()?;
    let mut server = Server::start(&machine)?;
    let mut random = Random::new();
    let survivor = Identity::of(&run(&server, &counting("survivor"))?);
    let undisturbed = Instance::of(server.data_dir()).traces();
    for round in 0..rounds {
        let names: Vec<_> = (0..MANY).map(|number| format!("round-{round}-{number}")).collect();
        work.prepare(&server, &names)?;
        let last = counted(&server, "survivor", "first")?;
        let moment = random.moment(0..500);
        let victim = Pid::from_raw(server.pid().cast_signed()).context("no server")?;
        let killer = thread::spawn(move || {
            thread::sleep(moment);
            kill_and_wait(victim)
        });
        let acknowledged = work.work(&server, &names);
        killer.join().map_err(|_| anyhow!("the killer panicked"))??;
        let acknowledged = acknowledged?;
        println!("round {round}: killed after {moment:?}, {} acknowledged", acknowledged.len());
        let data_dir = server.kill()?;
        start_in_vain(&machine, &data_dir, random.moment(0..300))?;
        server = Server::start_in(&machine, data_dir, &[])?;

        work.holds(&server, &acknowledged)?;
        count_to(&server, "survivor", "first", last + 5)?;
        assert_eq!(Identity::of(&server.wait_for_pod("survivor", is_running)?), survivor);
        server.kubectl().run(&["delete", "pods", "--selector", "brief"])?;
        assert_eq!(Instance::of(server.data_dir()).traces(), undisturbed);
    }
    Ok(())
}

/// Starts a server and kills it while it finds its way.
fn start_in_vain(machine: &Machine, data_dir: &Path, moment: Duration) -> Result<()> {
    let mut vain = Server::command(machine, data_dir)?.stdout(Stdio::null()).spawn()?;
    thread::sleep(moment);
    vain.kill()?;
    vain.wait()?;
    println!("the next one killed after {moment:?}");
    Ok(())
}

struct Nothing;

impl Work for Nothing {
    fn work(&self, _: &Server, _: &[String]) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn holds(&self, _: &Server, _: &[String]) -> Result<()> {
        Ok(())
    }
}

struct CreatePods;

impl Work for CreatePods {
    fn work(&self, server: &Server, names: &[String]) -> Result<Vec<String>> {
        block_on(async {
            let pods: &Api<Pod> = &Api::default_namespaced(server.client().await?);
            let created = join_all(names.iter().map(async |name| {
                let pod = serde_json::from_value(brief(name)).ok()?;
                pods.create(&PostParams::default(), &pod).await.ok()
            }));
            Ok(created.await.into_iter().flatten().map(|pod| pod.name_any()).collect())
        })
    }

    fn holds(&self, server: &Server, created: &[String]) -> Result<()> {
        let runs_undisturbed = |pod: &Pod| is_running(pod) && statuses(pod).iter().all(|each| each.restart_count == 0);
        created.iter().try_for_each(|name| server.wait_for_pod(name, runs_undisturbed).map(drop))
    }
}

struct DeletePods;

impl Work for DeletePods {
    fn prepare(&self, server: &Server, names: &[String]) -> Result<()> {
        names.iter().try_for_each(|name| run(server, &brief(name)).map(drop))
    }

    fn work(&self, server: &Server, names: &[String]) -> Result<Vec<String>> {
        block_on(async {
            let pods: &Api<Pod> = &Api::default_namespaced(server.client().await?);
            let deleted = join_all(names.iter().map(async |name| {
                let deleted = pods.delete(name, &DeleteParams::default()).await;
                deleted.is_ok().then(|| name.clone())
            }));
            Ok(deleted.await.into_iter().flatten().collect())
        })
    }

    fn holds(&self, server: &Server, deleted: &[String]) -> Result<()> {
        let is_gone = |pods: &[Pod]| !pods.iter().any(|pod| deleted.contains(&pod.name_any()));
        server.wait_for("", is_gone).map(drop)
    }
}

struct WriteObjects;

impl Work for WriteObjects {
    fn work(&self, server: &Server, names: &[String]) -> Result<Vec<String>> {
        block_on(async {
            let objects: Api<ConfigMap> = Api::default_namespaced(server.client().await?);
            let mut written = Vec::new();
            for number in 0.. {
                let name = format!("{}-{number}", names.first().map_or("", String::as_str));
                let object = serde_json::from_value(json!({"metadata": {"name": name}}))?;
                if objects.create(&PostParams::default(), &object).await.is_err() {
                    break;
                }
                written.push(name);
            }
            Ok(written)
        })
    }

    fn holds(&self, server: &Server, written: &[String]) -> Result<()> {
        let is_there =
            |objects: &[ConfigMap]| written.iter().all(|name| objects.iter().any(|object| object.name_any() == *name));
        server.wait_for("", is_there).map(drop)
    }
}

struct LoadImages;

impl Work for LoadImages {
    fn work(&self, server: &Server, _: &[String]) -> Result<Vec<String>> {
        // The program that loads them is another one and goes on.
        load_images(server.machine(), server.data_dir())?;
        Ok(Vec::new())
    }

    fn holds(&self, server: &Server, _: &[String]) -> Result<()> {
        run(server, &brief("of-the-image")).map(drop)
    }
}

#[test]
fn kills_while_nothing_happens() -> Result<()> {
    survive(3, &Nothing)
}

#[test]
fn kills_while_pods_are_created() -> Result<()> {
    survive(5, &CreatePods)
}

#[test]
fn kills_while_pods_are_deleted() -> Result<()> {
    survive(5, &DeletePods)
}

#[test]
fn kills_while_objects_are_written() -> Result<()> {
    survive(3, &WriteObjects)
}

#[test]
fn kills_while_images_are_loaded() -> Result<()> {
    survive(2, &LoadImages)
}

/// A pod with something of everything that can be half-made.
fn brief(name: &str) -> Value {
    let mut pod = counting(name);
    pod["metadata"]["labels"] = json!({"brief": "yes"});
    pod["spec"]["terminationGracePeriodSeconds"] = 1.into();
    pod["spec"]["volumes"] =
        json!([{"name": "memory", "emptyDir": {"medium": "Memory"}}, {"name": "disk", "emptyDir": {}}]);
    let mut first = pod["spec"]["containers"][0].take();
    first["volumeMounts"] = json!([{"name": "memory", "mountPath": "/memory"}, {"name": "disk", "mountPath": "/disk"}]);
    let mut prepare = first.clone();
    prepare["name"] = "prepare".into();
    prepare["command"] = json!(["true"]);
    pod["spec"]["initContainers"] = json!([prepare]);
    pod["spec"]["containers"] = json!([first]);
    pod
}
