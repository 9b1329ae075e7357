//! `node.k8s.io`.

use crate::printers;
use machinery::behaviour::Behaviour;

pub static RUNTIME_CLASS: Behaviour = Behaviour { printer: printers::cluster::RUNTIME_CLASS, ..Behaviour::PLAIN };
