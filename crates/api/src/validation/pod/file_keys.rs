//! Variables from files: the files lie in a directory that the pod's containers share (KEP-3721).

use super::visit::visit;
use k8s_openapi::api::core::v1::PodSpec;
use machinery::field::{Error, ErrorList, Path};

/// The volumes that variables of containers of all sorts come from.
pub fn file_keys(spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let volumes = spec.volumes.as_deref().unwrap_or_default();
    for container in visit(spec, path) {
        for (index, variable) in container.env.iter().enumerate() {
            let Some(key) = variable.value_from.as_ref().and_then(|source| source.file_key_ref.as_ref()) else {
                continue;
            };
            let path = container.path.child("env").index(index).child("valueFrom").child("fileKeyRef");
            let path = path.child("volumeName");
            let name = key.volume_name.as_str();
            match volumes.iter().rfind(|volume| volume.name == name) {
                None => errors.push(Error::not_found(&path, name)),
                Some(volume) if volume.empty_dir.is_none() => {
                    errors.push(Error::invalid(&path, name, "referenced volume must be of type emptyDir"));
                }
                Some(_) => {}
            }
        }
    }
    errors
}
