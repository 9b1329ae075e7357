//! Which container of a pod a request is about (`pkg/registry/core/pod/strategy.go`, `validateContainer`).

use serde_json::Value;

/// The container that is meant: the one that is named, or the only one.
pub fn choose(pod: &Value, name: &str, asked: &str) -> Result<String, String> {
    let names = |field: &str| -> Vec<String> {
        let containers = pod.pointer(&format!("/spec/{field}")).and_then(Value::as_array);
        containers
            .into_iter()
            .flatten()
            .filter_map(|container| container["name"].as_str().map(ToString::to_string))
            .collect()
    };
    let [main, init, ephemeral] = ["containers", "initContainers", "ephemeralContainers"].map(names);
    if asked.is_empty() {
        if let [only] = main.as_slice()
            && ephemeral.is_empty()
        {
            return Ok(only.clone());
        }
        let mut message =
            format!("a container name must be specified for pod {name}, choose one of: [{}]", main.join(" "));
        for (what, list) in [("init containers", &init), ("ephemeral containers", &ephemeral)] {
            if !list.is_empty() {
                message.extend([" or one of the ", what, ": [", &list.join(" "), "]"]);
            }
        }
        return Err(message);
    }
    if [&main, &init, &ephemeral].into_iter().flatten().any(|own| own == asked) {
        return Ok(asked.to_string());
    }
    Err(format!("container {asked} is not valid for pod {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_container_is_named_or_the_only_one() {
        let one = json!({"spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "i"}]}});
        let two = json!({"spec": {"containers": [{"name": "a"}, {"name": "b"}], "initContainers": [{"name": "i"}]}});
        for (pod, asked, expected) in [
            (&one, "", Ok("a")),
            (&one, "i", Ok("i")),
            (&one, "x", Err("container x is not valid for pod p")),
            (&two, "b", Ok("b")),
            (
                &two,
                "",
                Err(
                    "a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]",
                ),
            ),
        ] {
            let got = choose(pod, "p", asked);
            assert_eq!(got.as_deref().map_err(String::as_str), expected);
        }
    }
}
