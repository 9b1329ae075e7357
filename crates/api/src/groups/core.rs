//! The core group.

use super::templates::{CONTROLLER, REPLICAS};
use crate::{
    defaults, prepare, printers,
    validation::{
        claim::persistent_volume_claim,
        configuration, namespace, node,
        pod::{self, pod_template},
        pod_warnings, service, template_warnings, typed, typed_update, workload,
    },
};
use machinery::{
    behaviour::{Behaviour, DeletionBehaviour, PartBehaviour, StatusBehaviour},
    format,
    restore::{put_back, put_back_in},
    selectable::SelectableField,
    strategy::is_desired_otherwise,
};
use serde_json::Value;
use std::borrow::Cow::Borrowed;

pub static CONFIG_MAP: Behaviour = Behaviour {
    defaults: defaults::cluster::config_map,
    validate: |object| typed(object, configuration::config_map),
    validate_update: |new, old| typed_update(new, old, configuration::config_map_update),
    printer: printers::configuration::CONFIG_MAP,
    ..Behaviour::PLAIN
};

pub static ENDPOINTS: Behaviour = Behaviour {
    defaults: defaults::service::endpoints,
    creates_on_update: true,
    printer: printers::network::ENDPOINTS,
    ..Behaviour::PLAIN
};

pub static EVENT: Behaviour = super::events::EVENT_BEHAVIOUR;

pub static LIMIT_RANGE: Behaviour =
    Behaviour { defaults: defaults::cluster::limit_range, creates_on_update: true, ..Behaviour::PLAIN };

pub static NAMESPACE: Behaviour = Behaviour {
    defaults: defaults::cluster::namespace,
    names: format::dns1123_label,
    prepare_for_create: prepare::namespace::prepare_for_create,
    prepare_for_update: |new, old| put_back_in(new, old, "spec", "finalizers"),
    validate: |object| typed(object, namespace::validate),
    status: StatusBehaviour { validate: |new, _| typed(new, namespace::status), ..StatusBehaviour::WITH_METADATA },
    parts: &[PartBehaviour {
        name: "finalize",
        keeps: StatusBehaviour::PLAIN.keeps,
        prepare: |new, old| put_back(new, old, "status"),
        validate: |new, _| typed(new, namespace::finalize),
    }],
    deletion: DeletionBehaviour {
        finalizers: Some("/spec/finalizers"),
        mark: |object| object["status"]["phase"] = "Terminating".into(),
        ..DeletionBehaviour::ANSWERED
    },
    printer: printers::configuration::NAMESPACE,
    selectable: Some(Borrowed(&[SelectableField::at("status.phase"), SelectableField::named("name", "metadata.name")])),
    ..Behaviour::PLAIN
};

pub static NODE: Behaviour = Behaviour {
    defaults: defaults::cluster::node,
    validate: |object| typed(object, node::validate),
    validate_update: |new, old| typed_update(new, old, node::validate_update),
    // A node's status comes with the node: the kubelet registers both at once.
    status: StatusBehaviour {
        comes_with_object: true,
        validate: |new, old| typed_update(new, old, node::validate_update),
        ..StatusBehaviour::WITH_METADATA
    },
    printer: printers::node::NODE,
    selectable: Some(Borrowed(&[SelectableField::or("spec.unschedulable", "false")])),
    ..Behaviour::PLAIN
};

pub static PERSISTENT_VOLUME: Behaviour = Behaviour {
    defaults: defaults::volume::persistent_volume,
    status: StatusBehaviour::WITH_METADATA,
    deletion: DeletionBehaviour::ANSWERED,
    printer: printers::storage::PERSISTENT_VOLUME,
    ..Behaviour::PLAIN
};

pub static PERSISTENT_VOLUME_CLAIM: Behaviour = Behaviour {
    defaults: defaults::volume::persistent_volume_claim,
    validate: |object| typed(object, persistent_volume_claim),
    status: StatusBehaviour::WITH_METADATA,
    deletion: DeletionBehaviour::ANSWERED,
    printer: printers::storage::PERSISTENT_VOLUME_CLAIM,
    ..Behaviour::PLAIN
};

pub static POD: Behaviour = Behaviour {
    defaults: defaults::pod::pod,
    prepare_for_create: prepare::pod::prepare_for_create,
    prepare_for_update: prepare::pod::prepare_for_update,
    is_new_generation: Some(is_desired_otherwise),
    validate_create: |object| typed(object, pod::validate_create),
    validate_update: |new, old| typed_update(new, old, pod::validate_update),
    warnings: pod_warnings,
    // A pod cannot change in what there are warnings for.
    warns_on_update: false,
    status: StatusBehaviour {
        // Old kubelets garbled the references.
        keeps: &["ownerReferences"],
        prepare: prepare::pod::prepare_status_update,
        validate: |new, old| typed_update(new, old, pod::validate_status_update),
        ..StatusBehaviour::PLAIN
    },
    parts: &[PartBehaviour {
        name: "ephemeralcontainers",
        keeps: StatusBehaviour::PLAIN.keeps,
        prepare: prepare::pod::keep_all_but_ephemeral_containers,
        validate: |new, old| typed_update(new, old, pod::validate_ephemeral_containers_update),
    }],
    deletion: DeletionBehaviour {
        grace_period: Some(prepare::pod::deletion_grace_period),
        ..DeletionBehaviour::ANSWERED
    },
    printer: printers::pod::POD,
    selectable: Some(Borrowed(&[
        SelectableField::at("spec.nodeName"),
        SelectableField::at("spec.restartPolicy"),
        SelectableField::at("spec.schedulerName"),
        SelectableField::at("spec.serviceAccountName"),
        SelectableField::or("spec.hostNetwork", "false"),
        SelectableField::at("status.phase"),
        SelectableField::at("status.podIP"),
        SelectableField::at("status.podIPs"),
        SelectableField::at("status.nominatedNodeName"),
    ])),
    ..Behaviour::PLAIN
};

pub static POD_TEMPLATE: Behaviour = Behaviour {
    defaults: defaults::pod::pod_template,
    prepare_for_create: |new| prepare::pod::drop_disabled_at("/template/spec", new, &Value::Null),
    prepare_for_update: |new, old| prepare::pod::drop_disabled_at("/template/spec", new, old),
    validate: |object| typed(object, pod_template),
    warnings: |object| template_warnings("template", object),
    deletion: DeletionBehaviour::ANSWERED,
    ..Behaviour::PLAIN
};

pub static REPLICATION_CONTROLLER: Behaviour = Behaviour {
    defaults: defaults::workload::replication_controller,
    validate: |object| typed(object, workload::replication_controller),
    scale: Some(REPLICAS),
    printer: printers::workload::REPLICA_SET,
    selectable: Some(Borrowed(&[SelectableField::or("status.replicas", "0")])),
    ..CONTROLLER
};

pub static RESOURCE_QUOTA: Behaviour = Behaviour {
    status: StatusBehaviour::WITH_METADATA,
    deletion: DeletionBehaviour::ANSWERED,
    creates_on_update: true,
    printer: printers::configuration::RESOURCE_QUOTA,
    ..Behaviour::PLAIN
};

pub static SECRET: Behaviour = Behaviour {
    defaults: defaults::cluster::secret,
    validate: |object| typed(object, configuration::secret),
    validate_update: |new, old| typed_update(new, old, configuration::secret_update),
    printer: printers::configuration::SECRET,
    selectable: Some(Borrowed(&[SelectableField::at("type")])),
    ..Behaviour::PLAIN
};

pub static SERVICE: Behaviour = Behaviour {
    defaults: defaults::service::service,
    names: format::dns1035_label,
    prepare_for_create: prepare::service::prepare_for_create,
    prepare_for_update: prepare::service::prepare_for_update,
    validate: |object| typed(object, service::service),
    validate_update: |new, old| typed_update(new, old, service::service_update),
    status: StatusBehaviour::WITH_METADATA,
    deletion: DeletionBehaviour::ANSWERED,
    creates_on_update: true,
    printer: printers::network::SERVICE,
    selectable: Some(Borrowed(&[SelectableField::at("spec.clusterIP"), SelectableField::at("spec.type")])),
    ..Behaviour::PLAIN
};

pub static SERVICE_ACCOUNT: Behaviour = Behaviour {
    deletion: DeletionBehaviour::ANSWERED,
    printer: printers::configuration::SERVICE_ACCOUNT,
    ..Behaviour::PLAIN
};
