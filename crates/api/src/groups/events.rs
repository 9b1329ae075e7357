//! `events.k8s.io`, whose events are those of the core group under other names.

use super::conversion;
use crate::{
    printers,
    validation::{event, typed},
};
use machinery::{behaviour::Behaviour, format, selectable::SelectableField};
use std::borrow::Cow::Borrowed;

/// Of events in the core group.
pub(super) const EVENT_BEHAVIOUR: Behaviour = Behaviour {
    names: format::path_segment,
    validate: |object| typed(object, event::validate),
    creates_on_update: true,
    printer: printers::event::EVENT,
    selectable: Some(Borrowed(&FIELDS)),
    convert: conversion::event,
    ..Behaviour::PLAIN
};

pub static EVENT: Behaviour = Behaviour { selectable: Some(Borrowed(&BOTH_FIELDS)), ..EVENT_BEHAVIOUR };

const REASON: SelectableField = SelectableField::at("reason");
const TYPE: SelectableField = SelectableField::at("type");
const COMPONENT: SelectableField = SelectableField::at("reportingComponent");
const SOURCE: SelectableField = SelectableField {
    name: Borrowed("source"),
    path: Borrowed("source.component"),
    otherwise: "reportingComponent",
    default: "",
};

static FIELDS: [SelectableField; 11] = [
    SelectableField::at("involvedObject.kind"),
    SelectableField::at("involvedObject.namespace"),
    SelectableField::at("involvedObject.name"),
    SelectableField::at("involvedObject.uid"),
    SelectableField::at("involvedObject.apiVersion"),
    SelectableField::at("involvedObject.resourceVersion"),
    SelectableField::at("involvedObject.fieldPath"),
    REASON,
    COMPONENT,
    SOURCE,
    TYPE,
];

/// The names of this group, with those of the core group as Kubernetes takes them too. What is stored has the fields of
/// the core group.
static BOTH_FIELDS: [SelectableField; 19] = [
    SelectableField::named("regarding.kind", "involvedObject.kind"),
    SelectableField::named("regarding.namespace", "involvedObject.namespace"),
    SelectableField::named("regarding.name", "involvedObject.name"),
    SelectableField::named("regarding.uid", "involvedObject.uid"),
    SelectableField::named("regarding.apiVersion", "involvedObject.apiVersion"),
    SelectableField::named("regarding.resourceVersion", "involvedObject.resourceVersion"),
    SelectableField::named("regarding.fieldPath", "involvedObject.fieldPath"),
    SelectableField::named("reportingController", "reportingComponent"),
    SelectableField::at("involvedObject.kind"),
    SelectableField::at("involvedObject.namespace"),
    SelectableField::at("involvedObject.name"),
    SelectableField::at("involvedObject.uid"),
    SelectableField::at("involvedObject.apiVersion"),
    SelectableField::at("involvedObject.resourceVersion"),
    SelectableField::at("involvedObject.fieldPath"),
    REASON,
    COMPONENT,
    SOURCE,
    TYPE,
];
