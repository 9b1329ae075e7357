//! What administrators set up: who may do what, priorities, runtimes, certificates.

use machinery::{
    meta,
    table::{AGE, Column, NAME, NONE, Printer, age, condition, human_duration, items},
};
use serde_json::Value;

pub const ROLE_BINDING: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Role", "What the subjects may do."),
        AGE,
        Column::wide("Users", "The users it is for."),
        Column::wide("Groups", "The groups it is for."),
        Column::wide("ServiceAccounts", "The service accounts it is for."),
    ],
    cells: |object, now| {
        let role = &object["roleRef"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let subjects = |kind: &str| {
            let name = |subject: &Value| match subject["namespace"].as_str() {
                Some(namespace) => format!("{namespace}/{}", text(&subject["name"])),
                None => text(&subject["name"]),
            };
            let subjects = items(&object["subjects"]).iter().filter(|subject| subject["kind"] == kind);
            Value::from(subjects.map(name).collect::<Vec<_>>().join(", "))
        };
        vec![
            meta::name(object).into(),
            format!("{}/{}", text(&role["kind"]), text(&role["name"])).into(),
            age(object, now),
            subjects("User"),
            subjects("Group"),
            subjects("ServiceAccount"),
        ]
    },
};

pub const PRIORITY_CLASS: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::number("Value", "The priority of the class's pods."),
        Column { r#type: "boolean", ..Column::text("Global-Default", "Whether it is for pods that name no class.") },
        AGE,
        Column::text("PreemptionPolicy", "Whether others make room for the class's pods."),
    ],
    cells: |object, now| {
        vec![
            meta::name(object).into(),
            object["value"].clone(),
            (object["globalDefault"] == true).into(),
            age(object, now),
            object["preemptionPolicy"].as_str().unwrap_or_default().into(),
        ]
    },
};

pub const RUNTIME_CLASS: Printer = Printer::Code {
    columns: &[NAME, Column::text("Handler", "What runs the containers."), AGE],
    cells: |object, now| {
        vec![meta::name(object).into(), object["handler"].as_str().unwrap_or_default().into(), age(object, now)]
    },
};

pub const CERTIFICATE_SIGNING_REQUEST: Printer = Printer::Code {
    columns: &[
        NAME,
        AGE,
        Column::text("SignerName", "Who shall sign."),
        Column::text("Requestor", "Who asks."),
        Column::text("RequestedDuration", "For how long."),
        Column::text("Condition", "What became of the request."),
    ],
    cells: |object, now| {
        let spec = &object["spec"];
        let has = |kind: &str| items(&object["status"]["conditions"]).iter().any(|found| found["type"] == kind);
        let mut state = if has("Denied") {
            "Denied"
        } else if has("Approved") {
            "Approved"
        } else {
            "Pending"
        }
        .to_owned();
        if condition(object, "Failed") {
            state.push_str(",Failed");
        }
        if object["status"]["certificate"].as_str().is_some_and(|certificate| !certificate.is_empty()) {
            state.push_str(",Issued");
        }
        let seconds = spec["expirationSeconds"].as_i64();
        vec![
            meta::name(object).into(),
            age(object, now),
            spec["signerName"].as_str().unwrap_or(NONE).into(),
            spec["username"].as_str().unwrap_or_default().into(),
            seconds.map_or_else(|| NONE.into(), |seconds| human_duration(seconds).into()),
            state.into(),
        ]
    },
};
