//! How the node authorizer's graph follows the objects that it is made of.

use crate::cache::{Follow, Object};
use api::{
    kinds::{PERSISTENT_VOLUME, POD, POD_CERTIFICATE_REQUEST, RESOURCE_SLICE, VOLUME_ATTACHMENT},
    node_authorizer::{Graph, Vertex},
};
use machinery::kind::Kind;

/// What it is made of.
pub const KINDS: &[Kind] = &[POD, PERSISTENT_VOLUME, VOLUME_ATTACHMENT, RESOURCE_SLICE, POD_CERTIFICATE_REQUEST];

/// Objects that name their node themselves, and where.
static OWN: [(Kind, Vertex, &str); 3] = [
    (VOLUME_ATTACHMENT, Vertex::VolumeAttachment, "/spec/nodeName"),
    (RESOURCE_SLICE, Vertex::ResourceSlice, "/spec/nodeName"),
    (POD_CERTIFICATE_REQUEST, Vertex::CertificateRequest, "/spec/nodeName"),
];

impl Follow for Graph {
    fn follow(&mut self, kind: &Kind, before: Option<&Object>, after: Option<&Object>) {
        let own = OWN.iter().find(|(own, ..)| own == kind);
        let vertex = match own {
            Some((_, vertex, _)) => *vertex,
            None if *kind == POD => Vertex::Pod,
            None => Vertex::Volume,
        };
        match (before, after.map(Object::value), own) {
            (_, Some(object), Some((_, vertex, node))) => self.put_own(*vertex, &object, node),
            (_, Some(pod), None) if *kind == POD => self.put_pod(&pod),
            (_, Some(volume), None) => self.put_volume(&volume),
            (Some(gone), None, _) => self.remove(vertex, &gone.value()),
            (None, None, _) => {}
        }
    }
}
