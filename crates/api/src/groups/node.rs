//! `node.k8s.io`.

use crate::{behaviour::Behaviour, printers};

pub static RUNTIME_CLASS: Behaviour = Behaviour { printer: printers::cluster::RUNTIME_CLASS, ..Behaviour::PLAIN };
