//! Deployments and the other controllers of long-running pods.

use machinery::{
    meta,
    table::{
        AGE, CONTAINERS, Column, IMAGES, NAME, Printer, SELECTOR, age, containers, items, labels, number, selector,
    },
};
use serde_json::Value;

const DESIRED: Column<'static> = Column::number("Desired", "How many pods there shall be.");
const CURRENT: Column<'static> = Column::number("Current", "How many pods there are.");
const READY: Column<'static> = Column::number("Ready", "How many pods are ready.");
const UP_TO_DATE: Column<'static> = Column::number("Up-to-date", "How many pods are made from the current template.");
const AVAILABLE: Column<'static> = Column::number("Available", "How many pods have been ready for long enough.");
const READY_OF: Column<'static> = Column::text("Ready", "How many pods are ready, of how many there shall be.");

pub const DEPLOYMENT: Printer = Printer::Code {
    columns: &[NAME, READY_OF, UP_TO_DATE, AVAILABLE, AGE, CONTAINERS, IMAGES, SELECTOR],
    cells: |object, now| {
        let (spec, status) = (&object["spec"], &object["status"]);
        let [names, images] = containers(spec);
        vec![
            meta::name(object).into(),
            ready_of(object).into(),
            number(&status["updatedReplicas"]).into(),
            number(&status["availableReplicas"]).into(),
            age(object, now),
            names,
            images,
            selector(&spec["selector"]).into(),
        ]
    },
};

pub const SCALE: Printer = Printer::Code {
    columns: &[NAME, DESIRED, AVAILABLE, AGE],
    cells: |object, now| {
        vec![
            meta::name(object).into(),
            number(&object["spec"]["replicas"]).into(),
            number(&object["status"]["replicas"]).into(),
            age(object, now),
        ]
    },
};

pub const REPLICA_SET: Printer = Printer::Code {
    columns: &[NAME, DESIRED, CURRENT, READY, AGE, CONTAINERS, IMAGES, SELECTOR],
    cells: |object, now| {
        let (spec, status) = (&object["spec"], &object["status"]);
        let [names, images] = containers(spec);
        vec![
            meta::name(object).into(),
            number(&spec["replicas"]).into(),
            number(&status["replicas"]).into(),
            number(&status["readyReplicas"]).into(),
            age(object, now),
            names,
            images,
            selector(&spec["selector"]).into(),
        ]
    },
};

pub const DAEMON_SET: Printer = Printer::Code {
    columns: &[
        NAME,
        DESIRED,
        CURRENT,
        READY,
        UP_TO_DATE,
        AVAILABLE,
        Column::text("Node Selector", "The nodes that get a pod."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |object, now| {
        let (spec, status) = (&object["spec"], &object["status"]);
        let [names, images] = containers(spec);
        let numbers = [
            "desiredNumberScheduled",
            "currentNumberScheduled",
            "numberReady",
            "updatedNumberScheduled",
            "numberAvailable",
        ];
        let mut cells: Vec<Value> = vec![meta::name(object).into()];
        cells.extend(numbers.map(|field| number(&status[field]).into()));
        cells.push(labels(&spec["template"]["spec"]["nodeSelector"]).into());
        cells.extend([age(object, now), names, images, selector(&spec["selector"]).into()]);
        cells
    },
};

pub const STATEFUL_SET: Printer = Printer::Code {
    columns: &[NAME, READY_OF, AGE, CONTAINERS, IMAGES],
    cells: |object, now| {
        let [names, images] = containers(&object["spec"]);
        vec![meta::name(object).into(), ready_of(object).into(), age(object, now), names, images]
    },
};

pub const CONTROLLER_REVISION: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Controller", "Whose revision it is."),
        Column::text("Revision", "The number of the revision."),
        AGE,
    ],
    cells: |object, now| {
        let mut owners = items(&object["metadata"]["ownerReferences"]).iter();
        let controller = owners.find(|owner| owner["controller"] == true).map_or_else(
            || "<none>".to_owned(),
            |owner| {
                let text = |field: &str| owner[field].as_str().unwrap_or_default();
                let (kind, name) = (text("kind").to_lowercase(), text("name"));
                match text("apiVersion").split_once('/') {
                    Some((group, _)) => format!("{kind}.{group}/{name}"),
                    None => format!("{kind}/{name}"),
                }
            },
        );
        vec![meta::name(object).into(), controller.into(), object["revision"].clone(), age(object, now)]
    },
};

pub const HORIZONTAL_POD_AUTOSCALER: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Reference", "What is scaled."),
        Column::text("MinPods", "The fewest pods."),
        Column::text("MaxPods", "The most pods."),
        Column::text("Replicas", "How many pods there are."),
        AGE,
    ],
    cells: |object, now| {
        let (spec, status) = (&object["spec"], &object["status"]);
        let target = &spec["scaleTargetRef"];
        let text = |field: &str| target[field].as_str().unwrap_or_default();
        vec![
            meta::name(object).into(),
            format!("{}/{}", text("kind"), text("name")).into(),
            spec["minReplicas"].as_i64().map_or_else(|| "<unset>".into(), |number| number.to_string().into()),
            number(&spec["maxReplicas"]).into(),
            number(&status["currentReplicas"]).into(),
            age(object, now),
        ]
    },
};

pub const POD_DISRUPTION_BUDGET: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Min Available", "How many pods must stay."),
        Column::text("Max Unavailable", "How many pods may be gone."),
        Column::number("Allowed Disruptions", "How many pods may be evicted now."),
        AGE,
    ],
    cells: |object, now| {
        let amount = |field: &str| match &object["spec"][field] {
            Value::Null => "N/A".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        vec![
            meta::name(object).into(),
            amount("minAvailable").into(),
            amount("maxUnavailable").into(),
            number(&object["status"]["disruptionsAllowed"]).into(),
            age(object, now),
        ]
    },
};

fn ready_of(object: &Value) -> String {
    format!("{}/{}", number(&object["status"]["readyReplicas"]), number(&object["spec"]["replicas"]))
}
