//! Parts of a pod's specification that change through subresources of their own, and nothing else through them.

use serde_json::{Value, json};

use super::{drop_disabled, resources::default_pod_resources};

/// Puts back all but `ephemeralContainers`.
pub fn keep_all_but_ephemeral_containers(new: &mut Value, old: &Value) {
    let containers = new["spec"]["ephemeralContainers"].take();
    put_back_spec_and_status(new, old);
    put_or_remove(&mut new["spec"], "ephemeralContainers", containers);
    drop_disabled(&mut new["spec"], &old["spec"]);
}

/// Puts back all but resources and what happens when they change. Other containers than before are left to validation.
pub fn keep_all_but_resources(new: &mut Value, old: &Value) {
    let lists = ["containers", "initContainers"];
    if lists.iter().all(|list| length(&new["spec"][list]) == length(&old["spec"][list])) {
        let containers = lists.map(|list| (list, resized(&new["spec"][list], &old["spec"][list])));
        let resources = new["spec"]["resources"].take();
        put_back_spec_and_status(new, old);
        put_or_remove(&mut new["spec"], "resources", resources);
        for (list, containers) in containers {
            put_or_remove(&mut new["spec"], list, containers);
        }
    }
    if new["spec"]["resources"].is_null() && !old["spec"]["resources"].is_null() {
        new["spec"]["resources"] = old["spec"]["resources"].clone();
    }
    default_pod_resources(new);
    drop_disabled(&mut new["spec"], &old["spec"]);
}

fn length(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

/// The old containers with the new ones' resources; the new ones if they go by other names.
fn resized(new: &Value, old: &Value) -> Value {
    let (Some(new_list), Some(old_list)) = (new.as_array(), old.as_array()) else { return new.clone() };
    if new_list.iter().zip(old_list).any(|(new, old)| new["name"] != old["name"]) {
        return new.clone();
    }
    let mut containers = old_list.clone();
    for (container, new) in containers.iter_mut().zip(new_list) {
        for field in ["resources", "resizePolicy"] {
            put_or_remove(container, field, new[field].clone());
        }
    }
    json!(containers)
}

fn put_or_remove(object: &mut Value, field: &str, value: Value) {
    if !value.is_null() {
        object[field] = value;
    } else if let Some(fields) = object.as_object_mut() {
        fields.remove(field);
    }
}

fn put_back_spec_and_status(new: &mut Value, old: &Value) {
    for field in ["spec", "status"] {
        put_or_remove(new, field, old[field].clone());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{keep_all_but_ephemeral_containers, keep_all_but_resources};

    #[test]
    fn only_ephemeral_containers_change() {
        let old = json!({"spec": {"nodeName": "a"}, "status": {"phase": "Running"}});
        let mut new = json!({"spec": {"nodeName": "b", "ephemeralContainers": [{"name": "e"}]}, "status": {}});
        keep_all_but_ephemeral_containers(&mut new, &old);
        assert_eq!(
            new,
            json!({
                "spec": {"nodeName": "a", "ephemeralContainers": [{"name": "e"}]}, "status": {"phase": "Running"},
            })
        );
    }

    #[test]
    fn only_resources_change() {
        let container = |name: &str, image: &str, cpu: &str| json!([{"name": name, "image": image, "resources": {"requests": {"cpu": cpu}}}]);
        let cases: [(Value, Value, Value); 4] = [
            (
                json!({"nodeName": "a", "containers": container("c", "i:1", "1")}),
                json!({"nodeName": "b", "containers": container("c", "i:2", "2")}),
                json!({"nodeName": "a", "containers": container("c", "i:1", "2")}),
            ),
            (
                json!({"nodeName": "a", "containers": container("c", "i:1", "1")}),
                json!({"nodeName": "b", "containers": container("d", "i:2", "2")}),
                json!({"nodeName": "a", "containers": container("d", "i:2", "2")}),
            ),
            (
                json!({"containers": container("c", "i:1", "1")}),
                json!({"nodeName": "b", "containers": []}),
                json!({"nodeName": "b", "containers": []}),
            ),
            (
                json!({"containers": container("c", "i:1", "1"), "resources": {"limits": {"cpu": "2"}}}),
                json!({"containers": container("c", "i:1", "1")}),
                json!({
                    "containers": container("c", "i:1", "1"),
                    "resources": {"limits": {"cpu": "2"}, "requests": {"cpu": "1"}},
                }),
            ),
        ];
        for (old, new, expected) in cases {
            let mut pod = json!({"spec": new});
            keep_all_but_resources(&mut pod, &json!({"spec": old}));
            assert_eq!(pod["spec"], expected, "{new} after {old}");
        }
    }
}
