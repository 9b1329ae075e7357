//! Volumes whose files are made from objects of the API: config maps, secrets, tokens, the pod itself.

use super::{
    atomic_writer,
    medium::Medium,
    ownership::{GroupAccess, give_to_group},
    payload::Payload,
    plugin::{Plugin, Request},
};
use crate::{Error, blocking, container::VolumeOnNode};

/// Brings the volume to these files, all at once.
pub async fn write(
    request: &Request<'_>,
    plugin: &impl Plugin,
    medium: Medium,
    payload: Payload<'_>,
) -> Result<VolumeOnNode, Error> {
    let (path, group, files) = (request.path(plugin), request.fs_group(), payload.into_files());
    let stamp = request.clock.now().strftime("%Y_%m_%d_%H_%M_%S.%9f").to_string();
    let write = move || {
        medium.make(&path, None)?;
        atomic_writer::write(&path, &files, &stamp)?;
        if let Some(group) = group {
            give_to_group(&path, group, GroupAccess::Read)?;
        }
        Ok(VolumeOnNode { path, read_only: true })
    };
    blocking::run(write).await
}
