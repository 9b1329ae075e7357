//! What nodes may do: each with what belongs to its own pods (`plugin/pkg/auth/authorizer/node`).

mod graph;

pub use graph::{Graph, Vertex};

use crate::{authorization::Attributes, rbac::Rule};

/// Where nodes keep their leases.
const LEASES: &str = "kube-node-lease";

/// Why not; may be empty.
type Decision = Result<(), String>;

/// The node that a user of this name and these groups is (`pkg/auth/nodeidentifier`).
#[must_use]
pub fn node_name<'a>(user: &'a str, groups: &[String]) -> Option<&'a str> {
    let name = user.strip_prefix("system:node:")?;
    groups.iter().any(|group| group == "system:nodes").then_some(name)
}

/// Whether a node may do something. `rules` are those that all nodes have, about what is nobody's own.
pub fn decide(node: &str, request: &Attributes<'_>, rules: &[Rule], graph: &Graph) -> Decision {
    if node.is_empty() {
        return Err("unknown node for user \"system:node:\"".into());
    }
    let asked = Asked { node, request, graph };
    match (request.is_resource(), request.group, request.resource) {
        (true, "", "secrets") => asked.read(Vertex::Secret),
        (true, "", "configmaps") => asked.read(Vertex::ConfigMap),
        (true, "", "persistentvolumeclaims") if request.subresource == "status" => asked.claim_status(),
        (true, "", "persistentvolumeclaims") => asked.get(Vertex::VolumeClaim),
        (true, "", "persistentvolumes") => asked.get(Vertex::Volume),
        (true, "resource.k8s.io", "resourceclaims") => asked.get(Vertex::ResourceClaim),
        (true, "storage.k8s.io", "volumeattachments") => asked.get(Vertex::VolumeAttachment),
        (true, "", "serviceaccounts") => asked.service_account(),
        (true, "coordination.k8s.io", "leases") => asked.lease(),
        (true, "storage.k8s.io", "csinodes") => asked.csi_node(),
        (true, "resource.k8s.io", "resourceslices") => asked.resource_slice(),
        (true, "", "nodes") => asked.node(),
        (true, "", "pods") => asked.pod(),
        (true, "certificates.k8s.io", "podcertificaterequests") => asked.certificate_request(),
        _ => allow_if(rules.iter().any(|rule| rule.allows(request)), ""),
    }
}

/// A request of a node.
struct Asked<'a> {
    node: &'a str,
    request: &'a Attributes<'a>,
    graph: &'a Graph,
}

impl Asked<'_> {
    fn does(&self, verbs: &[&str]) -> bool {
        verbs.contains(&self.request.verb)
    }

    fn is_part(&self) -> bool {
        !self.request.subresource.is_empty()
    }

    /// The object belongs to the node.
    fn own(&self, kind: Vertex) -> Decision {
        let Attributes { namespace, name, .. } = *self.request;
        if name.is_empty() {
            return Err("No Object name found".into());
        }
        let reason = format!("no relationship found between node '{}' and this object", self.node);
        allow_if(self.graph.belongs(kind, namespace, name, self.node), &reason)
    }

    fn get(&self, kind: Vertex) -> Decision {
        allow_if(self.does(&["get"]), "can only get individual resources of this type")?;
        allow_if(!self.is_part(), "cannot get subresource")?;
        self.own(kind)
    }

    fn read(&self, kind: Vertex) -> Decision {
        allow_if(self.does(&["get", "list", "watch"]), "can only read resources of this type")?;
        allow_if(!self.is_part(), "cannot read subresource")?;
        allow_if(!self.request.namespace.is_empty(), "can only read namespaced object of this type")?;
        self.own(kind)
    }

    fn claim_status(&self) -> Decision {
        allow_if(self.does(&["update", "patch"]), "can only get/update/patch this type")?;
        self.own(Vertex::VolumeClaim)
    }

    fn service_account(&self) -> Decision {
        if self.does(&["get"]) && !self.is_part() {
            return self.read(Vertex::ServiceAccount);
        }
        let individual = self.does(&["create"]) && !self.request.name.is_empty();
        allow_if(individual, "can only create tokens for individual service accounts")?;
        let is_token = self.request.subresource == "token";
        allow_if(is_token, "can only create token subresource of serviceaccount")?;
        self.own(Vertex::ServiceAccount)
    }

    /// What is made is judged by admission: its name is not known here.
    fn is_made_or_own(&self) -> bool {
        self.does(&["create"]) || self.request.name == self.node
    }

    fn lease(&self) -> Decision {
        let writes = self.does(&["get", "create", "update", "patch", "delete"]);
        allow_if(writes, "can only get, create, update, patch, or delete a node lease")?;
        let reason = format!("can only access leases in the {LEASES:?} system namespace");
        allow_if(self.request.namespace == LEASES, &reason)?;
        allow_if(self.is_made_or_own(), "can only access node lease with the same name as the requesting node")
    }

    fn csi_node(&self) -> Decision {
        allow_if(!self.is_part(), "cannot authorize CSINode subresources")?;
        let writes = self.does(&["get", "create", "update", "patch", "delete"]);
        allow_if(writes, "can only get, create, update, patch, or delete a CSINode")?;
        allow_if(self.is_made_or_own(), "can only access CSINode with the same name as the requesting node")
    }

    fn resource_slice(&self) -> Decision {
        allow_if(!self.is_part(), "cannot authorize ResourceSlice subresources")?;
        match self.request.verb {
            "create" => Ok(()),
            "get" | "update" | "patch" | "delete" => self.own(Vertex::ResourceSlice),
            "watch" | "list" | "deletecollection" => allow_if(
                self.request.is_limited_to("spec.nodeName", self.node),
                "can only list/watch/deletecollection resourceslices with nodeName field selector",
            ),
            _ => Err("only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection".into()),
        }
    }

    fn node(&self) -> Decision {
        let Attributes { subresource, verb, name, .. } = *self.request;
        let node = self.node;
        match (subresource, verb) {
            ("", "create" | "update" | "patch") | ("status", "update" | "patch") => Ok(()),
            ("", "get" | "list" | "watch") if name == node => Ok(()),
            ("", "get" | "list" | "watch") if name.is_empty() => {
                Err(format!("node '{node}' cannot read all nodes, only its own Node object"))
            }
            ("", "get" | "list" | "watch") => {
                Err(format!("node '{node}' cannot read '{name}', only its own Node object"))
            }
            _ => Err(String::new()),
        }
    }

    fn pod(&self) -> Decision {
        match (self.request.subresource, self.request.verb) {
            ("", "get") => self.get(Vertex::Pod),
            ("", "list" | "watch") if self.request.is_limited_to("spec.nodeName", self.node) => Ok(()),
            ("", "list" | "watch") if !self.request.name.is_empty() => self.own(Vertex::Pod),
            ("", "list" | "watch") => Err("can only list/watch pods with spec.nodeName field selector".into()),
            ("", "create" | "delete") | ("status", "update" | "patch") | ("eviction", "create") => Ok(()),
            _ => Err(String::new()),
        }
    }

    fn certificate_request(&self) -> Decision {
        let reason = "nodes may not access the status subresource of PodCertificateRequests";
        allow_if(!self.is_part(), reason)?;
        match self.request.verb {
            "create" => Ok(()),
            "get" => self.own(Vertex::CertificateRequest),
            "list" | "watch" => allow_if(
                self.request.is_limited_to("spec.nodeName", self.node),
                "can only list/watch podcertificaterequests with nodeName field selector",
            ),
            verb => Err(format!("nodes may not {verb} podcertificaterequests")),
        }
    }
}

fn allow_if(holds: bool, reason: &str) -> Decision {
    if holds { Ok(()) } else { Err(reason.to_owned()) }
}

#[cfg(test)]
mod tests;
