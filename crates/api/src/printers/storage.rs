//! Storage: volumes, claims and classes.

use machinery::{
    meta,
    table::{AGE, Column, NAME, Printer, age, items},
};
use serde_json::Value;

const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
const STATUS: Column<'static> = Column::text("Status", "What state the object is in.");
const CAPACITY: Column<'static> = Column::text("Capacity", "How much fits in.");
const ACCESS_MODES: Column<'static> = Column::text("Access Modes", "Who may use it at the same time.");
const CLASS: Column<'static> = Column::text("StorageClass", "The class of storage.");
const ATTRIBUTES: Column<'static> = Column::text("VolumeAttributesClass", "The class of attributes.");
const MODE: Column<'static> = Column::wide("VolumeMode", "Whether it is a file system or a block device.");

pub const PERSISTENT_VOLUME_CLAIM: Printer = Printer::Code {
    columns: &[
        NAME,
        STATUS,
        Column::text("Volume", "The volume that fulfils the claim."),
        CAPACITY,
        ACCESS_MODES,
        CLASS,
        ATTRIBUTES,
        AGE,
        MODE,
    ],
    cells: |object, now| {
        let (spec, status) = (&object["spec"], &object["status"]);
        let bound = spec["volumeName"].as_str().is_some_and(|name| !name.is_empty());
        let (capacity, modes) = if bound {
            (text(&status["capacity"]["storage"]), access_modes(&status["accessModes"]))
        } else {
            (String::new(), String::new())
        };
        vec![
            meta::name(object).into(),
            phase(object).into(),
            text(&spec["volumeName"]).into(),
            capacity.into(),
            modes.into(),
            text(&spec["storageClassName"]).into(),
            unset(&spec["volumeAttributesClassName"]).into(),
            age(object, now),
            unset(&spec["volumeMode"]).into(),
        ]
    },
};

pub const PERSISTENT_VOLUME: Printer = Printer::Code {
    columns: &[
        NAME,
        CAPACITY,
        ACCESS_MODES,
        Column::text("Reclaim Policy", "What becomes of the volume after its claim."),
        STATUS,
        Column::text("Claim", "The claim that has the volume."),
        CLASS,
        ATTRIBUTES,
        Column::text("Reason", "Why the volume is in this state."),
        AGE,
        MODE,
    ],
    cells: |object, now| {
        let spec = &object["spec"];
        let claim = &spec["claimRef"];
        let claim = match claim["name"].as_str() {
            Some(name) => format!("{}/{name}", text(&claim["namespace"])),
            None => String::new(),
        };
        vec![
            meta::name(object).into(),
            text(&spec["capacity"]["storage"]).into(),
            access_modes(&spec["accessModes"]).into(),
            text(&spec["persistentVolumeReclaimPolicy"]).into(),
            phase(object).into(),
            claim.into(),
            text(&spec["storageClassName"]).into(),
            unset(&spec["volumeAttributesClassName"]).into(),
            text(&object["status"]["reason"]).into(),
            age(object, now),
            unset(&spec["volumeMode"]).into(),
        ]
    },
};

pub const STORAGE_CLASS: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Provisioner", "What makes volumes of the class."),
        Column::text("ReclaimPolicy", "What becomes of a volume after its claim."),
        Column::text("VolumeBindingMode", "When volumes are made."),
        Column::text("AllowVolumeExpansion", "Whether volumes can grow."),
        AGE,
    ],
    cells: |object, now| {
        let is_default = meta::entries(object, "annotations").any(|entry| entry == (DEFAULT_CLASS, "true"));
        let name = meta::name(object);
        vec![
            if is_default { format!("{name} (default)").into() } else { name.into() },
            text(&object["provisioner"]).into(),
            text(&object["reclaimPolicy"]).into(),
            text(&object["volumeBindingMode"]).into(),
            (object["allowVolumeExpansion"] == true).into(),
            age(object, now),
        ]
    },
};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn unset(value: &Value) -> String {
    value.as_str().unwrap_or("<unset>").to_owned()
}

fn phase(object: &Value) -> String {
    if meta::deletion_timestamp(object).is_some() { "Terminating".to_owned() } else { text(&object["status"]["phase"]) }
}

fn access_modes(modes: &Value) -> String {
    let names =
        [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let has = |name: &str| items(modes).iter().any(|mode| mode == name);
    let short: Vec<&str> = names.iter().filter(|(name, _)| has(name)).map(|(_, short)| *short).collect();
    short.join(",")
}
