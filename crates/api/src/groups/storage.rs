//! `storage.k8s.io`.

use crate::{defaults, printers};
use machinery::behaviour::Behaviour;

pub static CSI_DRIVER: Behaviour = Behaviour { defaults: defaults::cluster::csi_driver, ..Behaviour::PLAIN };

pub static STORAGE_CLASS: Behaviour = Behaviour {
    defaults: defaults::cluster::storage_class,
    printer: printers::storage::STORAGE_CLASS,
    ..Behaviour::PLAIN
};
