//! The conditions of the Node object as a pure function of the node's health.

use jiff::Timestamp;
use k8s_openapi::{api::core::v1::NodeCondition, apimachinery::pkg::apis::meta::v1::Time};

/// Why the node cannot run pods, in the order in which the kubelet joins them; empty when it can.
pub type NotReady = Vec<String>;

/// The four conditions a kubelet reports (pkg/kubelet/nodestatus/setters.go). A condition whose status did not change
/// keeps its transition time.
pub fn conditions(not_ready: &NotReady, previous: &[NodeCondition], now: Timestamp) -> Vec<NodeCondition> {
    let ready = not_ready.is_empty();
    let ready_message =
        if ready { "kubelet is posting ready status".to_owned() } else { format!("[{}]", not_ready.join(", ")) };
    let ready_message = match not_ready.as_slice() {
        [only] => only.clone(),
        _ => ready_message,
    };
    [
        ("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available".to_owned()),
        ("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure".to_owned()),
        ("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available".to_owned()),
        ("Ready", ready, if ready { "KubeletReady" } else { "KubeletNotReady" }, ready_message),
    ]
    .into_iter()
    .map(|(type_, holds, reason, message)| {
        let status = if holds { "True" } else { "False" };
        let last_transition_time = previous
            .iter()
            .find(|condition| condition.type_ == type_ && condition.status == status)
            .and_then(|condition| condition.last_transition_time.clone())
            .unwrap_or(Time(now));
        NodeCondition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_heartbeat_time: Some(Time(now)),
            last_transition_time: Some(last_transition_time),
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(conditions: &[NodeCondition]) -> &NodeCondition {
        conditions.iter().find(|condition| condition.type_ == "Ready").unwrap()
    }

    #[test]
    fn a_healthy_node_is_ready_without_pressure() {
        let conditions = conditions(&Vec::new(), &[], Timestamp::UNIX_EPOCH);
        let statuses: Vec<_> = conditions.iter().map(|c| (c.type_.as_str(), c.status.as_str())).collect();
        assert_eq!(
            statuses,
            [("MemoryPressure", "False"), ("DiskPressure", "False"), ("PIDPressure", "False"), ("Ready", "True")]
        );
        assert_eq!(ready(&conditions).message.as_deref(), Some("kubelet is posting ready status"));
    }

    #[test]
    fn a_transition_is_dated_only_when_the_status_changes() {
        let first = Timestamp::from_second(100).unwrap();
        let second = Timestamp::from_second(200).unwrap();
        let before = conditions(&Vec::new(), &[], first);

        let same = conditions(&Vec::new(), &before, second);
        assert_eq!(ready(&same).last_transition_time, Some(Time(first)));
        assert_eq!(ready(&same).last_heartbeat_time, Some(Time(second)));

        let changed = conditions(&vec!["PLEG is not healthy".to_owned()], &before, second);
        assert_eq!(ready(&changed).last_transition_time, Some(Time(second)));
        assert_eq!(ready(&changed).reason.as_deref(), Some("KubeletNotReady"));
        assert_eq!(ready(&changed).message.as_deref(), Some("PLEG is not healthy"));
    }

    #[test]
    fn several_reasons_are_joined_in_brackets() {
        let conditions = conditions(&vec!["a".to_owned(), "b".to_owned()], &[], Timestamp::UNIX_EPOCH);
        assert_eq!(ready(&conditions).message.as_deref(), Some("[a, b]"));
    }
}
