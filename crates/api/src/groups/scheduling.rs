//! `scheduling.k8s.io`.

use crate::{defaults, printers};
use machinery::behaviour::Behaviour;

pub static PRIORITY_CLASS: Behaviour = Behaviour {
    defaults: defaults::cluster::priority_class,
    printer: printers::cluster::PRIORITY_CLASS,
    ..Behaviour::PLAIN
};
