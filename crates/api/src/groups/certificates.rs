//! `certificates.k8s.io`.

use crate::printers;
use machinery::{
    behaviour::{Behaviour, StatusBehaviour},
    format,
    selectable::SelectableField,
};
use std::borrow::Cow::Borrowed;

const SIGNER_NAME: SelectableField = SelectableField::at("spec.signerName");

pub static CERTIFICATE_SIGNING_REQUEST: Behaviour = Behaviour {
    status: StatusBehaviour::WITH_METADATA,
    printer: printers::cluster::CERTIFICATE_SIGNING_REQUEST,
    selectable: Some(Borrowed(&[SIGNER_NAME])),
    ..Behaviour::PLAIN
};

pub static CLUSTER_TRUST_BUNDLE: Behaviour =
    Behaviour { names: format::path_segment, selectable: Some(Borrowed(&[SIGNER_NAME])), ..Behaviour::PLAIN };

pub static POD_CERTIFICATE_REQUEST: Behaviour = Behaviour {
    selectable: Some(Borrowed(&[
        SIGNER_NAME,
        SelectableField::at("spec.podName"),
        SelectableField::at("spec.nodeName"),
    ])),
    ..Behaviour::PLAIN
};
