//! `autoscaling`.

use super::conversion;
use crate::{defaults, printers};
use machinery::behaviour::{Behaviour, StatusBehaviour};

/// Seen through the subresource of what it scales.
pub static SCALE: Behaviour = Behaviour { printer: printers::workload::SCALE, ..Behaviour::PLAIN };

pub static HORIZONTAL_POD_AUTOSCALER: Behaviour = Behaviour {
    defaults: defaults::workload::horizontal_pod_autoscaler,
    status: StatusBehaviour::WITH_METADATA,
    printer: printers::workload::HORIZONTAL_POD_AUTOSCALER,
    convert: conversion::autoscaler,
    ..Behaviour::PLAIN
};
