//! `certificates.k8s.io`.

use crate::{
    defaults, prepare, printers,
    validation::{certificate, pod_certificate, trust_bundle},
};
use machinery::{
    behaviour::{Behaviour, PartBehaviour, StatusBehaviour},
    selectable::SelectableField,
};
use std::borrow::Cow::Borrowed;

const SIGNER_NAME: SelectableField = SelectableField::at("spec.signerName");

pub static CERTIFICATE_SIGNING_REQUEST: Behaviour = Behaviour {
    names: |_| Vec::new(),
    prepare_for_create: prepare::certificate::begin,
    prepare_for_update: prepare::certificate::keep_all,
    validate: certificate::request,
    validate_update: certificate::update,
    status: StatusBehaviour {
        prepare: prepare::certificate::keep_decisions,
        validate: certificate::status,
        ..StatusBehaviour::WITH_METADATA
    },
    parts: &[PartBehaviour {
        name: "approval",
        keeps: &[],
        prepare: prepare::certificate::keep_all_but_conditions,
        validate: certificate::approval,
    }],
    printer: printers::cluster::CERTIFICATE_SIGNING_REQUEST,
    selectable: Some(Borrowed(&[SIGNER_NAME])),
    ..Behaviour::PLAIN
};

pub static CLUSTER_TRUST_BUNDLE: Behaviour = Behaviour {
    // It depends on the signer.
    names: |_| Vec::new(),
    validate: trust_bundle::bundle,
    validate_update: trust_bundle::update,
    selectable: Some(Borrowed(&[SIGNER_NAME])),
    ..Behaviour::PLAIN
};

pub static POD_CERTIFICATE_REQUEST: Behaviour = Behaviour {
    defaults: defaults::cluster::pod_certificate_request,
    validate_create: pod_certificate::request,
    validate_update: pod_certificate::update,
    status: StatusBehaviour { validate: pod_certificate::status, ..StatusBehaviour::PLAIN },
    selectable: Some(Borrowed(&[
        SIGNER_NAME,
        SelectableField::at("spec.podName"),
        SelectableField::at("spec.nodeName"),
    ])),
    ..Behaviour::PLAIN
};
