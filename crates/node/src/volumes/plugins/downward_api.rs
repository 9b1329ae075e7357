//! downwardAPI volumes: what the pod knows of itself, as files (`pkg/volume/downwardapi`).

use crate::{
    Error,
    container::{Machine, PodFacts, VolumeOnNode, field_ref},
    volumes::{
        References, files,
        keys::{default_mode, relative},
        medium::Medium,
        payload::{File, Payload},
        plugin::{Plugin, Request},
    },
};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{Container, DownwardAPIVolumeFile, DownwardAPIVolumeSource, Pod};

impl Plugin for DownwardAPIVolumeSource {
    fn name(&self) -> &'static str {
        "downward-api"
    }

    fn set_up<'a>(&'a self, request: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>> {
        async move {
            let mut payload = Payload::new(request.room);
            let (items, mode) = (self.items.as_deref().unwrap_or_default(), default_mode(self.default_mode));
            add(request.pod, request.machine, items, mode, &mut payload)?;
            files::write(request, self, Medium::Disk, payload).await
        }
        .boxed()
    }

    fn shows(&self) -> Option<References> {
        Some(References::default())
    }
}

/// Adds the files of a downward API source.
pub(super) fn add(
    pod: &Pod,
    machine: &Machine,
    items: &[DownwardAPIVolumeFile],
    mode: u32,
    payload: &mut Payload<'_>,
) -> Result<(), Error> {
    for item in items {
        let text = match (&item.field_ref, &item.resource_field_ref) {
            (Some(field), _) => field_ref::field(pod, &PodFacts::default(), &field.field_path)?,
            (None, Some(resource)) => field_ref::resource(pod, &Container::default(), resource, machine)?,
            (None, None) => continue,
        };
        let mode = item.mode.map_or(mode, |own| default_mode(Some(own)));
        payload.insert(relative(&item.path)?, File { data: text.into(), mode })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{container::CgroupVersion, volumes::payload::FileRoom};
    use serde_json::{Value, json};
    use std::{collections::BTreeMap, path::Path};

    fn files(pod: Value, items: Value) -> Result<BTreeMap<String, String>, Error> {
        let pod: Pod = serde_json::from_value(pod).unwrap();
        let items: Vec<DownwardAPIVolumeFile> = serde_json::from_value(items).unwrap();
        let machine = Machine {
            cgroup_version: CgroupVersion::V2,
            memory_capacity: 0,
            allocatable: BTreeMap::new(),
            devices: Vec::new(),
        };
        let room = FileRoom::default();
        let mut payload = Payload::new(&room);
        add(&pod, &machine, &items, 0o644, &mut payload)?;
        let text =
            |path: &Path, file: &File| (path.display().to_string(), String::from_utf8_lossy(&file.data).into_owned());
        Ok(payload.into_files().iter().map(|(path, file)| text(path, file)).collect())
    }

    #[test]
    fn metadata_and_resources_are_shown() {
        let found = files(
            json!({
                "metadata": { "name": "web", "labels": { "app": "shop", "b": "say \"hi\"" } },
                "spec": { "containers": [{ "name": "server", "resources": { "limits": { "memory": "64Mi" } } }] },
            }),
            json!([
                { "path": "labels", "fieldRef": { "fieldPath": "metadata.labels" } },
                { "path": "memory", "resourceFieldRef": { "containerName": "server", "resource": "limits.memory" } },
            ]),
        );
        let found = found.unwrap();
        assert_eq!(found["labels"], "app=\"shop\"\nb=\"say \\\"hi\\\"\"");
        assert_eq!(found["memory"], (64 << 20).to_string());
    }

    #[test]
    fn a_long_annotation_cannot_be_shown_without_end() {
        let pod = json!({ "metadata": { "annotations": { "long": "x".repeat(200_000) } } });
        let item = |index| json!({ "path": format!("f{index}"), "fieldRef": { "fieldPath": "metadata.annotations" } });
        for (count, fits) in [(10, true), (1000, false)] {
            let items: Vec<_> = (0..count).map(item).collect();
            assert_eq!(files(pod.clone(), json!(items)).is_ok(), fits, "{count}");
        }
    }
}
