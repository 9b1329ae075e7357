//! Whether an image is to be pulled (`shouldPullImage` in `pkg/kubelet/images/image_manager.go`).

/// What to do about an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<I> {
    Use(I),
    Pull,
    /// It is not there, and the policy forbids to get it.
    Refuse,
}

/// Decides by the policy and what is present. Without a policy `:latest` is pulled always, as the API server defaults it.
pub fn decide<I>(policy: Option<&str>, image: &str, present: Option<I>) -> Decision<I> {
    let default = if is_latest(image) { "Always" } else { "IfNotPresent" };
    match (policy.filter(|policy| !policy.is_empty()).unwrap_or(default), present) {
        ("Always", _) => Decision::Pull,
        (_, Some(image)) => Decision::Use(image),
        ("Never", None) => Decision::Refuse,
        (_, None) => Decision::Pull,
    }
}

fn is_latest(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    !name.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_decides() {
        let there = Some("there");
        for (policy, image, present, decision) in [
            (Some("Always"), "a:1", there, Decision::Pull),
            (Some("IfNotPresent"), "a:1", there, Decision::Use("there")),
            (Some("IfNotPresent"), "a:1", None, Decision::Pull),
            (Some("Never"), "a:1", there, Decision::Use("there")),
            (Some("Never"), "a:1", None, Decision::Refuse),
            (None, "a", there, Decision::Pull),
            (None, "host:5000/a:latest", there, Decision::Pull),
            (None, "host:5000/a:1", there, Decision::Use("there")),
            (None, "a@sha256:0", there, Decision::Use("there")),
            (Some(""), "a:1", None, Decision::Pull),
        ] {
            assert_eq!(decide(policy, image, present), decision, "{policy:?} {image} {present:?}");
        }
    }
}
