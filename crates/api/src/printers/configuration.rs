//! Namespaces, configuration, service accounts, leases and quotas.

use jiff::Timestamp;
use machinery::{
    meta,
    table::{AGE, Column, NAME, Printer, age, count, items},
};
use serde_json::Value;

pub const NAMESPACE: Printer = Printer::Code {
    columns: &[NAME, Column::text("Status", "Whether the namespace is in use or being deleted."), AGE],
    cells: |object, now| row(object, object["status"]["phase"].clone(), now),
};

pub const CONFIG_MAP: Printer = Printer::Code {
    columns: &[NAME, Column::text("Data", "How many keys there are."), AGE],
    cells: |object, now| row(object, (count(&object["data"]) + count(&object["binaryData"])).into(), now),
};

pub const SECRET: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Type", "What the Secret is for."),
        Column::text("Data", "How many keys there are."),
        AGE,
    ],
    cells: |object, now| {
        vec![meta::name(object).into(), object["type"].clone(), count(&object["data"]).into(), age(object, now)]
    },
};

pub const SERVICE_ACCOUNT: Printer = Printer::Code {
    columns: &[NAME, Column::text("Secrets", "How many Secrets pods of the account may use."), AGE],
    cells: |object, now| row(object, items(&object["secrets"]).len().into(), now),
};

pub const LEASE: Printer = Printer::Code {
    columns: &[NAME, Column::text("Holder", "Who has the lease."), AGE],
    cells: |object, now| {
        let holder = object["spec"]["holderIdentity"].as_str().unwrap_or_default();
        row(object, holder.into(), now)
    },
};

pub const RESOURCE_QUOTA: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Request", "How much is requested, of how much."),
        Column::text("Limit", "How far limits go, of how far."),
        AGE,
    ],
    cells: |object, now| {
        let (mut requests, mut limits) = (Vec::new(), Vec::new());
        for (name, hard) in object["spec"]["hard"].as_object().into_iter().flatten() {
            let used = object["status"]["used"][name].as_str().unwrap_or("0");
            let text = format!("{name}: {used}/{}", hard.as_str().unwrap_or_default());
            if name.starts_with("limits.") { limits.push(text) } else { requests.push(text) }
        }
        vec![meta::name(object).into(), requests.join(", ").into(), limits.join(", ").into(), age(object, now)]
    },
};

fn row(object: &Value, cell: Value, now: Timestamp) -> Vec<Value> {
    vec![meta::name(object).into(), cell, age(object, now)]
}
