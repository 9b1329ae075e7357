//! Which of the node's answers a request means (`pkg/kubelet/server/server.go`).

use http::Method;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    Healthz,
    Metrics,
    Pods,
    ContainerLogs { namespace: &'a str, pod: &'a str, container: &'a str },
    Exec(InContainer<'a>),
    Attach(InContainer<'a>),
    PortForward { namespace: &'a str, pod: &'a str, uid: &'a str },
    MethodNotAllowed,
    NotFound,
}

/// A container; the uid of its pod may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InContainer<'a> {
    pub namespace: &'a str,
    pub pod: &'a str,
    pub uid: &'a str,
    pub container: &'a str,
}

impl<'a> Route<'a> {
    pub fn of(method: &Method, path: &'a str) -> Self {
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let route = match segments.as_slice() {
            ["healthz"] => Self::Healthz,
            ["metrics"] => Self::Metrics,
            ["pods"] => Self::Pods,
            ["containerLogs", namespace, pod, container] => Self::ContainerLogs { namespace, pod, container },
            ["exec", rest @ ..] => InContainer::of(rest).map_or(Self::NotFound, Self::Exec),
            ["attach", rest @ ..] => InContainer::of(rest).map_or(Self::NotFound, Self::Attach),
            ["portForward", namespace, pod] => Self::PortForward { namespace, pod, uid: "" },
            ["portForward", namespace, pod, uid] => Self::PortForward { namespace, pod, uid },
            _ => Self::NotFound,
        };
        let is_allowed = *method == Method::GET || (*method == Method::POST && route.is_way_in());
        if is_allowed { route } else { Self::MethodNotAllowed }
    }

    /// Whether a request for it becomes a connection with streams, for which some clients POST.
    fn is_way_in(self) -> bool {
        matches!(self, Self::Exec(_) | Self::Attach(_) | Self::PortForward { .. })
    }
}

impl<'a> InContainer<'a> {
    fn of(segments: &[&'a str]) -> Option<Self> {
        match segments {
            [namespace, pod, container] => Some(Self { namespace, pod, uid: "", container }),
            [namespace, pod, uid, container] => Some(Self { namespace, pod, uid, container }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        let logs = Route::ContainerLogs { namespace: "shop", pod: "web", container: "server" };
        let container = |uid| InContainer { namespace: "shop", pod: "web", uid, container: "server" };
        let ports = |uid| Route::PortForward { namespace: "shop", pod: "web", uid };
        for (method, path, expected) in [
            (Method::GET, "/healthz", Route::Healthz),
            (Method::GET, "/metrics", Route::Metrics),
            (Method::GET, "/pods/", Route::Pods),
            (Method::GET, "/containerLogs/shop/web/server", logs),
            (Method::GET, "/containerLogs/shop/web", Route::NotFound),
            (Method::GET, "/exec/shop/web/server", Route::Exec(container(""))),
            (Method::POST, "/exec/shop/web/1-2/server", Route::Exec(container("1-2"))),
            (Method::POST, "/attach/shop/web/server", Route::Attach(container(""))),
            (Method::POST, "/portForward/shop/web", ports("")),
            (Method::GET, "/portForward/shop/web/1-2", ports("1-2")),
            (Method::GET, "/exec/shop/web", Route::NotFound),
            (Method::GET, "/", Route::NotFound),
            (Method::PUT, "/pods", Route::MethodNotAllowed),
            (Method::POST, "/containerLogs/shop/web/server", Route::MethodNotAllowed),
            (Method::PUT, "/exec/shop/web/server", Route::MethodNotAllowed),
        ] {
            assert_eq!(Route::of(&method, path), expected, "{method} {path}");
        }
    }
}
