//! A request as authorizers see it.

use crate::{action::Action, request_info::RequestInfo};
use api::authorization::Attributes;
use machinery::selector::{FieldRequirement, field_requirements};

/// What authorizers decide about, with all that it borrows from.
pub struct Request<'a> {
    info: &'a RequestInfo,
    /// What will be done; `None` if that is nothing, as what is asked for is not served.
    action: Option<&'a Action>,
    fields: Vec<FieldRequirement>,
}

impl<'a> Request<'a> {
    /// The request of that path. What is decided about is what will be done.
    pub fn new(info: &'a RequestInfo, action: Option<&'a Action>) -> Self {
        let fields = field_requirements(&info.field_selector).unwrap_or_default();
        Self { info, action, fields }
    }

    /// As authorizers see it.
    pub fn attributes(&self) -> Attributes<'_> {
        let RequestInfo { verb, group, version, namespace, resource, subresource, .. } = self.info;
        let attributes = Attributes { verb, group, version, namespace, fields: &self.fields, ..Attributes::default() };
        if !self.info.is_resource() {
            return Attributes { path: Some(&self.info.path), ..attributes };
        }
        let (verb, subresource) =
            self.action.map_or((verb.as_str(), subresource.as_str()), |action| (action.verb.name(), action.part()));
        Attributes { verb, resource, subresource, name: self.name(), ..attributes }
    }

    /// The object's name: that of the path, or the only one that a list or watch selects.
    fn name(&self) -> &str {
        if !self.info.name.is_empty() || !matches!(self.info.verb.as_str(), "list" | "watch") {
            return &self.info.name;
        }
        let selected = self.fields.iter().find(|requirement| requirement.equal && requirement.field == "metadata.name");
        selected.map(|requirement| requirement.value.as_str()).filter(|name| is_path_segment(name)).unwrap_or_default()
    }
}

/// `IsPathSegmentName` of `k8s.io/apimachinery/pkg/api/validation/path/name.go`.
fn is_path_segment(name: &str) -> bool {
    !matches!(name, "." | "..") && !name.contains(['/', '%'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_info::parse;
    use api::kinds;

    /// Method, path and query; verb, resource, subresource, namespace, name, path.
    const CASES: &[(&str, &str, [&str; 6])] = &[
        ("GET", "/api/v1/pods", ["list", "pods", "", "", "", ""]),
        ("GET", "/api/v1/namespaces/a/pods/b", ["get", "pods", "", "a", "b", ""]),
        ("GET", "/api/v1/namespaces/a/pods/b/log", ["get", "pods", "log", "a", "b", ""]),
        ("GET", "/api/v1/namespaces/a", ["get", "namespaces", "", "a", "a", ""]),
        ("GET", "/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Db", ["list", "pods", "", "a", "b", ""]),
        (
            "GET",
            "/api/v1/namespaces/a/pods?watch=1&fieldSelector=metadata.name%3Db",
            ["watch", "pods", "", "a", "b", ""],
        ),
        ("GET", "/api/v1/namespaces/a/pods?fieldSelector=metadata.name!%3Db", ["list", "pods", "", "a", "", ""]),
        ("GET", "/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Db%2Fc", ["list", "pods", "", "a", "", ""]),
        (
            "DELETE",
            "/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Db",
            ["deletecollection", "pods", "", "a", "", ""],
        ),
        ("GET", "/api/v1/namespaces/a/widgets/b", ["get", "widgets", "", "a", "b", ""]),
        ("GET", "/version", ["get", "", "", "", "", "/version"]),
        ("POST", "/apis/apps", ["post", "", "", "", "", "/apis/apps"]),
    ];

    #[test]
    fn what_is_decided_about_is_what_will_be_done() {
        let catalog = kinds::served_by_default();
        for (method, path, expected) in CASES {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let info = parse(&method.parse().unwrap(), path, query);
            let action = Action::resolve(&info, &catalog).ok();
            let request = Request::new(&info, action.as_ref());
            let Attributes { verb, resource, subresource, namespace, name, path: of, .. } = request.attributes();
            let got = [verb, resource, subresource, namespace, name, of.unwrap_or_default()];
            assert_eq!(&got, expected, "{method} {path}");
        }
    }

    #[test]
    fn selectors_are_seen() {
        let query = "fieldSelector=spec.nodeName%3Dn1,status.phase!%3DFailed";
        let info = parse(&http::Method::GET, "/api/v1/pods", query);
        let request = Request::new(&info, None);
        let attributes = request.attributes();
        assert!(attributes.is_limited_to("spec.nodeName", "n1") && !attributes.is_limited_to("spec.nodeName", "n2"));
        assert!(!attributes.is_limited_to("status.phase", "Failed"));
        let legacy = parse(&http::Method::GET, "/api/v1/watch/pods", query);
        assert!(Request::new(&legacy, None).attributes().fields.is_empty());
    }
}
