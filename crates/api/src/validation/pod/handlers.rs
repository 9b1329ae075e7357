//! Probes and lifecycle hooks, and the actions both are made of.

use super::{
    ports::{port_number, port_number_or_name},
    signals::stop_signal,
};
use crate::validation::{non_negative, one_of::OneOf, text};
use k8s_openapi::api::core::v1::{
    ExecAction, GRPCAction, HTTPGetAction, Lifecycle, LifecycleHandler, Probe, SleepAction, TCPSocketAction,
};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};

/// A liveness or startup probe: one success is enough.
pub fn liveness_or_startup_probe(found: Option<&Probe>, path: &Path) -> ErrorList {
    let Some(found) = found else { return ErrorList::new() };
    let mut errors = probe(found, path);
    let threshold = found.success_threshold.unwrap_or_default();
    if threshold != 1 {
        errors.push(Error::invalid(&path.child("successThreshold"), threshold, "must be 1"));
    }
    errors
}

/// A readiness probe: its failure ends nothing, so it has no grace period.
pub fn readiness_probe(found: Option<&Probe>, path: &Path) -> ErrorList {
    let Some(found) = found else { return ErrorList::new() };
    let mut errors = probe(found, path);
    if let Some(seconds) = found.termination_grace_period_seconds {
        let path = path.child("terminationGracePeriodSeconds");
        errors.push(Error::invalid(&path, seconds, "must not be set for readinessProbes"));
    }
    errors
}

fn probe(probe: &Probe, path: &Path) -> ErrorList {
    let mut one_of = OneOf::new(path, "handler");
    one_of.alternative("exec", probe.exec.as_ref(), exec);
    one_of.alternative("httpGet", probe.http_get.as_ref(), http_get);
    one_of.alternative("tcpSocket", probe.tcp_socket.as_ref(), tcp_socket);
    one_of.alternative("grpc", probe.grpc.as_ref(), grpc);
    let mut errors = one_of.finish();
    let numbers = [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ];
    for (name, number) in numbers {
        errors.extend(non_negative(number.unwrap_or_default().into(), &path.child(name)));
    }
    if let Some(seconds) = probe.termination_grace_period_seconds.filter(|seconds| *seconds <= 0) {
        errors.push(Error::invalid(&path.child("terminationGracePeriodSeconds"), seconds, "must be greater than 0"));
    }
    errors
}

/// `lifecycle`. A sleep may not outlast the pod's grace period; which signals there are depends on the
/// pod's operating system.
pub fn lifecycle(lifecycle: &Lifecycle, grace_period: Option<i64>, os: Option<&str>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (name, handler) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)] {
        if let Some(handler) = handler {
            errors.extend(lifecycle_handler(handler, grace_period, &path.child(name)));
        }
    }
    if let Some(signal) = &lifecycle.stop_signal {
        errors.extend(stop_signal(signal, os, &path.child("stopSignal")));
    }
    errors
}

fn lifecycle_handler(handler: &LifecycleHandler, grace_period: Option<i64>, path: &Path) -> ErrorList {
    let mut one_of = OneOf::new(path, "handler");
    one_of.alternative("exec", handler.exec.as_ref(), exec);
    one_of.alternative("httpGet", handler.http_get.as_ref(), http_get);
    one_of.alternative("tcpSocket", handler.tcp_socket.as_ref(), tcp_socket);
    one_of.alternative("sleep", handler.sleep.as_ref(), |action, path| sleep(action, grace_period, path));
    one_of.finish()
}

fn exec(action: &ExecAction, path: &Path) -> ErrorList {
    let missing = action.command.as_ref().is_none_or(Vec::is_empty);
    missing.then(|| Error::required(&path.child("command"), "")).into_iter().collect()
}

fn http_get(action: &HTTPGetAction, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if text(action.path.as_ref()).is_empty() {
        errors.push(Error::required(&path.child("path"), ""));
    }
    errors.extend(port_number_or_name(&action.port, &path.child("port")));
    let scheme = text(action.scheme.as_ref());
    if !matches!(scheme, "HTTP" | "HTTPS") {
        errors.push(Error::not_supported(&path.child("scheme"), scheme, &["HTTP", "HTTPS"]));
    }
    for header in action.http_headers.iter().flatten() {
        let messages = format::http_header_name(&header.name);
        errors.extend(invalid_each(&path.child("httpHeaders"), &header.name, messages));
    }
    errors
}

fn tcp_socket(action: &TCPSocketAction, path: &Path) -> ErrorList {
    port_number_or_name(&action.port, &path.child("port"))
}

fn grpc(action: &GRPCAction, path: &Path) -> ErrorList {
    port_number(action.port, &path.child("port")).collect()
}

fn sleep(action: &SleepAction, grace_period: Option<i64>, path: &Path) -> ErrorList {
    let Some(grace_period) = grace_period else { return ErrorList::new() };
    if (0..=grace_period).contains(&action.seconds) {
        return ErrorList::new();
    }
    let detail = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace_period})");
    vec![Error::invalid(path, action.seconds, detail)]
}
