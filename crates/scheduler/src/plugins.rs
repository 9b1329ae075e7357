//! The plugins of kube-scheduler's default profile, in its order and with its weights
//! (`pkg/scheduler/apis/config/v1/default_plugins.go`). A new one is a module and a row.

mod image_locality;
mod node_affinity;
mod node_ports;
mod node_resources_balanced_allocation;
mod node_resources_fit;
mod node_unschedulable;
mod taint_toleration;
pub(crate) mod volume_binding;
mod volume_restrictions;
mod volume_zone;

use crate::framework::Plugin;

pub(crate) const PLUGINS: &[Plugin] = &[
    node_unschedulable::PLUGIN,
    taint_toleration::PLUGIN,
    node_affinity::PLUGIN,
    node_ports::PLUGIN,
    node_resources_fit::PLUGIN,
    volume_restrictions::PLUGIN,
    volume_binding::PLUGIN,
    volume_zone::PLUGIN,
    node_resources_balanced_allocation::PLUGIN,
    image_locality::PLUGIN,
];

#[cfg(test)]
mod tests {
    use super::PLUGINS;
    use std::collections::BTreeSet;

    #[test]
    fn every_module_has_its_row() {
        let modules = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/plugins")).unwrap();
        let modules: BTreeSet<_> = modules
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().replace('_', ""))
            .collect();
        let rows: BTreeSet<_> = PLUGINS.iter().map(|plugin| plugin.name.to_lowercase()).collect();
        assert_eq!(modules, rows);
    }
}
