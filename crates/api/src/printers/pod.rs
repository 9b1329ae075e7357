//! Pods (`printPod`).

use crate::pod::phase::is_terminal;
use jiff::Timestamp;
use machinery::{
    meta,
    table::{AGE, Column, NAME, NONE, Printer, age, condition, items, number, or_none, since, timestamp},
};
use serde_json::{Value, json};

/// Reason of the status of a pod whose node is gone.
const NODE_LOST: &str = "NodeLost";

pub const POD: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Ready", "How many of the pod's containers are ready for traffic."),
        Column::text("Status", "What the containers of the pod are doing, in one word."),
        Column::text("Restarts", "How often containers of the pod were restarted, and when last."),
        AGE,
        Column::wide("IP", "The address of the pod."),
        Column::wide("Node", "The node that the pod runs on."),
        Column::wide("Nominated Node", "The node where room is being made for the pod."),
        Column::wide("Readiness Gates", "How many of the pod's readiness gates are open."),
    ],
    cells,
};

fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let summary = Summary::of(pod);
    let status = &pod["status"];
    let restarts = match summary.last_restart.filter(|_| summary.restarts != 0) {
        Some(time) => format!("{} ({} ago)", summary.restarts, since(&json!(time.to_string()), now)),
        None => summary.restarts.to_string(),
    };
    vec![
        meta::name(pod).into(),
        format!("{}/{}", summary.ready, summary.total).into(),
        summary.reason.into(),
        restarts.into(),
        age(pod, now),
        or_none(&status["podIPs"][0]["ip"]).into(),
        or_none(&pod["spec"]["nodeName"]).into(),
        or_none(&status["nominatedNodeName"]).into(),
        readiness_gates(pod).into(),
    ]
}

fn readiness_gates(pod: &Value) -> String {
    let gates = items(&pod["spec"]["readinessGates"]);
    let open = |gate: &&Value| gate["conditionType"].as_str().is_some_and(|kind| condition(pod, kind));
    if gates.is_empty() { NONE.to_owned() } else { format!("{}/{}", gates.iter().filter(open).count(), gates.len()) }
}

/// A pod in a few words.
struct Summary {
    ready: usize,
    total: usize,
    reason: String,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

impl Summary {
    fn of(pod: &Value) -> Self {
        let (spec, status) = (&pod["spec"], &pod["status"]);
        let mut summary = Self {
            ready: 0,
            total: items(&spec["containers"]).len()
                + items(&spec["initContainers"]).iter().filter(|container| is_sidecar(container)).count(),
            reason: first_reason(pod),
            restarts: 0,
            last_restart: None,
        };
        let mut of_sidecars = (0, None);
        let initializing = summary.add_init_containers(pod, &mut of_sidecars);
        if !initializing || condition(pod, "Initialized") {
            (summary.restarts, summary.last_restart) = of_sidecars;
            summary.add_containers(pod);
        }
        let ended = is_terminal(status["phase"].as_str());
        if meta::deletion_timestamp(pod).is_some() {
            if status["reason"] == NODE_LOST {
                "Unknown".clone_into(&mut summary.reason);
            } else if !ended {
                "Terminating".clone_into(&mut summary.reason);
            }
        }
        summary
    }

    /// Adds the init containers up to the first that is not through; returns whether there is one.
    fn add_init_containers(&mut self, pod: &Value, of_sidecars: &mut (i64, Option<Timestamp>)) -> bool {
        let containers = items(&pod["spec"]["initContainers"]);
        for (index, container) in items(&pod["status"]["initContainerStatuses"]).iter().enumerate() {
            let beside = containers
                .iter()
                .filter(|container| is_sidecar(container))
                .any(|known| known["name"] == container["name"]);
            count_restarts(container, &mut self.restarts, &mut self.last_restart);
            if beside {
                count_restarts(container, &mut of_sidecars.0, &mut of_sidecars.1);
            }
            let (terminated, waiting) = (&container["state"]["terminated"], &container["state"]["waiting"]);
            if terminated.is_object() && number(&terminated["exitCode"]) == 0 {
                continue;
            }
            if beside && container["started"] == true {
                self.ready += usize::from(container["ready"] == true);
                continue;
            }
            let waiting_for = waiting["reason"].as_str().filter(|reason| !matches!(*reason, "" | "PodInitializing"));
            self.reason = if terminated.is_object() {
                format!("Init:{}", why_terminated(terminated))
            } else if let Some(reason) = waiting_for {
                format!("Init:{reason}")
            } else {
                format!("Init:{index}/{}", containers.len())
            };
            return true;
        }
        false
    }

    /// Adds the containers; the reason of the first that is not running stands for the pod.
    fn add_containers(&mut self, pod: &Value) {
        let mut any_running = false;
        for container in items(&pod["status"]["containerStatuses"]).iter().rev() {
            count_restarts(container, &mut self.restarts, &mut self.last_restart);
            let state = &container["state"];
            if let Some(reason) = state["waiting"]["reason"].as_str().filter(|reason| !reason.is_empty()) {
                reason.clone_into(&mut self.reason);
            } else if state["terminated"].is_object() {
                self.reason = why_terminated(&state["terminated"]);
            } else if container["ready"] == true && state["running"].is_object() {
                any_running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" && any_running {
            if condition(pod, "Ready") { "Running" } else { "NotReady" }.clone_into(&mut self.reason);
        }
    }
}

fn first_reason(pod: &Value) -> String {
    let status = &pod["status"];
    let gated = |condition: &Value| condition["type"] == "PodScheduled" && condition["reason"] == "SchedulingGated";
    if items(&status["conditions"]).iter().any(gated) {
        return "SchedulingGated".to_owned();
    }
    let reason = status["reason"].as_str().filter(|reason| !reason.is_empty());
    reason.or(status["phase"].as_str()).unwrap_or_default().to_owned()
}

fn is_sidecar(container: &Value) -> bool {
    container["restartPolicy"] == "Always"
}

fn count_restarts(container: &Value, restarts: &mut i64, last: &mut Option<Timestamp>) {
    *restarts += number(&container["restartCount"]);
    *last = (*last).max(timestamp(&container["lastState"]["terminated"]["finishedAt"]));
}

fn why_terminated(terminated: &Value) -> String {
    match (terminated["reason"].as_str().unwrap_or_default(), number(&terminated["signal"])) {
        ("", 0) => format!("ExitCode:{}", number(&terminated["exitCode"])),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}
