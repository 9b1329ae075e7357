//! `resource.k8s.io`.

use super::conversion;
use machinery::{behaviour::Behaviour, selectable::SelectableField, strategy::is_desired_otherwise};
use std::borrow::Cow::Borrowed;

pub static DEVICE_TAINT_RULE: Behaviour =
    Behaviour { is_new_generation: Some(is_desired_otherwise), ..Behaviour::PLAIN };

/// Of claims and of their templates.
pub static RESOURCE_CLAIM: Behaviour = Behaviour { convert: conversion::devices, ..Behaviour::PLAIN };

pub static RESOURCE_SLICE: Behaviour = Behaviour {
    selectable: Some(Borrowed(&[SelectableField::at("spec.nodeName"), SelectableField::at("spec.driver")])),
    convert: conversion::devices,
    ..Behaviour::PLAIN
};
