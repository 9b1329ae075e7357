//! Which of the node's answers a request means (`pkg/kubelet/server/server.go`).

use http::Method;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    Healthz,
    Metrics,
    Pods,
    ContainerLogs { namespace: &'a str, pod: &'a str, container: &'a str },
    MethodNotAllowed,
    NotFound,
}

impl<'a> Route<'a> {
    pub fn of(method: &Method, path: &'a str) -> Self {
        if method != Method::GET {
            return Self::MethodNotAllowed;
        }
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            ["healthz"] => Self::Healthz,
            ["metrics"] => Self::Metrics,
            ["pods"] => Self::Pods,
            ["containerLogs", namespace, pod, container] => Self::ContainerLogs { namespace, pod, container },
            _ => Self::NotFound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        let logs = Route::ContainerLogs { namespace: "shop", pod: "web", container: "server" };
        for (method, path, expected) in [
            (Method::GET, "/healthz", Route::Healthz),
            (Method::GET, "/metrics", Route::Metrics),
            (Method::GET, "/pods/", Route::Pods),
            (Method::GET, "/containerLogs/shop/web/server", logs),
            (Method::GET, "/containerLogs/shop/web", Route::NotFound),
            (Method::GET, "/", Route::NotFound),
            (Method::PUT, "/pods", Route::MethodNotAllowed),
        ] {
            assert_eq!(Route::of(&method, path), expected, "{method} {path}");
        }
    }
}
