use super::*;
use crate::{
    framework::Snapshot,
    framework::storage::{SELECTED_NODE, StorageNews},
    listing::News,
    schedule::{Placement, schedule},
};
use k8s_openapi::serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<K: DeserializeOwned>(object: Value) -> K {
    serde_json::from_value(object).unwrap()
}

/// A class whose claims wait for their first consumer.
fn class(name: &str, provisioner: &str) -> Value {
    json!({ "metadata": { "name": name }, "provisioner": provisioner, "volumeBindingMode": "WaitForFirstConsumer" })
}

fn claim(name: &str, class: &str, size: &str) -> Value {
    json!({
        "metadata": { "name": name, "namespace": "s", "uid": name },
        "spec": {
            "storageClassName": class,
            "accessModes": ["ReadWriteOnce"],
            "resources": { "requests": { "storage": size } },
        },
    })
}

fn bound(mut claim: Value, volume: &str) -> Value {
    claim["spec"]["volumeName"] = volume.into();
    claim["metadata"]["annotations"] = json!({ "pv.kubernetes.io/bind-completed": "yes" });
    claim
}

/// An available volume on a node.
fn volume(name: &str, class: &str, size: &str, node: &str) -> Value {
    let term = json!({ "matchExpressions": [{ "key": "name", "operator": "In", "values": [node] }] });
    json!({
        "metadata": { "name": name, "uid": name },
        "spec": {
            "storageClassName": class,
            "accessModes": ["ReadWriteOnce"],
            "capacity": { "storage": size },
            "nodeAffinity": { "required": { "nodeSelectorTerms": [term] } },
        },
        "status": { "phase": "Available" },
    })
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    *object.pointer_mut(pointer).unwrap() = value;
    object
}

/// Nodes `a` and `b` and these claims, volumes and classes.
fn cluster(claims: &[Value], volumes: &[Value], classes: &[Value]) -> Snapshot {
    let node = |name: &str| {
        let allocatable = json!({ "pods": "9" });
        let labels = json!({ "name": name });
        NodeInfo::new(&read(
            json!({ "metadata": { "name": name, "labels": labels }, "status": { "allocatable": allocatable } }),
        ))
    };
    let mut cluster: Snapshot = ["a", "b"].map(node).into_iter().collect();
    let storage = &mut cluster.storage;
    let all = claims.iter().map(|claim| StorageNews::Claims(News::Applied(read(claim.clone()))));
    let all = all.chain(volumes.iter().map(|volume| StorageNews::Volumes(News::Applied(read(volume.clone())))));
    let all = all.chain(classes.iter().map(|class| StorageNews::Classes(News::Applied(read(class.clone())))));
    all.for_each(|news| drop(storage.note(news)));
    cluster
}

/// A pod with these claims.
fn pod(claims: &[&str]) -> PodInfo {
    let volume = |name: &&str| json!({ "name": name, "persistentVolumeClaim": { "claimName": name } });
    let volumes: Vec<_> = claims.iter().map(volume).collect();
    let metadata = json!({ "name": "p", "namespace": "s", "uid": "p" });
    PodInfo::new(Arc::new(read(json!({ "metadata": metadata, "spec": { "containers": [], "volumes": volumes } }))))
}

/// `node: volume->claim claim`, or why there is none.
fn outcome(pod: &PodInfo, cluster: &Snapshot) -> String {
    match schedule(pod, cluster, "", &mut |_| 0) {
        Ok(Placement { node, reservation, .. }) => format!("{node}:{}", described(&reservation)),
        Err(error) => {
            let text = error.to_string();
            let text = text.trim_start_matches("0/2 nodes are available: ");
            text.split_once(". no new").map_or(text, |(reasons, _)| reasons).to_owned()
        }
    }
}

fn described(reservation: &Reservation) -> String {
    let name = |claim: &PersistentVolumeClaim| claim.metadata.name.clone().unwrap();
    let given = |one: &VolumeForClaim| format!(" {}->{}", one.volume.metadata.name.clone().unwrap(), name(&one.claim));
    let given = reservation.volumes.iter().map(given);
    given.chain(reservation.provisioned.iter().map(|claim| format!(" {}", name(claim)))).collect()
}

#[test]
fn a_pod_waits_for_its_claims() {
    let lost = with(bound(claim("c", "", "1Gi"), "v"), "/spec/volumeName", "gone".into());
    let mut lost_phase = lost.clone();
    lost_phase["status"] = json!({ "phase": "Lost" });
    let mut deleted = claim("c", "w", "1Gi");
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    for (claims, expected) in [
        (vec![], "persistentvolumeclaim \"c\" not found. not found"),
        (vec![deleted], "persistentvolumeclaim \"c\" is being deleted. not found"),
        (vec![lost_phase], "persistentvolumeclaim \"c\" bound to non-existent persistentvolume \"gone\". not found"),
        (vec![claim("c", "", "1Gi")], "pod has unbound immediate PersistentVolumeClaims. not found"),
        (vec![claim("c", "none", "1Gi")], "pod has unbound immediate PersistentVolumeClaims. not found"),
        (vec![lost], "2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"),
        (vec![bound(claim("c", "", "1Gi"), "v")], "b:"),
    ] {
        let cluster = cluster(&claims, &[volume("v", "", "1Gi", "b")], &[class("w", "kubernetes.io/no-provisioner")]);
        assert_eq!(outcome(&pod(&["c"]), &cluster), expected, "{claims:?}");
    }
}

#[test]
fn a_bound_volume_draws_the_pod_to_where_it_is() {
    let (on_a, on_b) = (volume("v", "", "1Gi", "a"), volume("w", "", "1Gi", "b"));
    let claims = [bound(claim("c", "", "1Gi"), "v"), bound(claim("d", "", "1Gi"), "w")];
    let cluster = cluster(&claims, &[on_a, on_b], &[]);
    assert_eq!(outcome(&pod(&["c"]), &cluster), "a:");
    assert_eq!(outcome(&pod(&["d"]), &cluster), "b:");
    assert_eq!(outcome(&pod(&["c", "d"]), &cluster), "2 node(s) had volume node affinity conflict");
}

#[test]
fn a_claim_gets_the_smallest_volume_that_will_do() {
    let fits = || volume("fits", "w", "2Gi", "b");
    let none = "2 node(s) didn't find available persistent volumes to bind";
    let holder = |name: &str| json!({ "name": name, "namespace": "s" });
    let held = |volume: Value, by: &str| {
        let mut volume = volume;
        volume["spec"]["claimRef"] = holder(by);
        volume
    };
    for (volumes, expected) in [
        (vec![], none),
        (vec![fits()], "b: fits->c"),
        (vec![volume("large", "w", "3Gi", "b"), fits()], "b: fits->c"),
        (vec![volume("small", "w", "1Mi", "b")], none),
        (vec![volume("other", "x", "2Gi", "b")], none),
        (vec![with(fits(), "/spec/accessModes", json!(["ReadOnlyMany"]))], none),
        (vec![with(fits(), "/status/phase", "Released".into())], none),
        (vec![held(fits(), "other")], none),
        (vec![held(volume("own", "w", "9Gi", "a"), "c"), fits()], "a: own->c"),
    ] {
        let classes = [class("w", "kubernetes.io/no-provisioner")];
        let cluster = cluster(&[claim("c", "w", "1Gi")], &volumes, &classes);
        assert_eq!(outcome(&pod(&["c"]), &cluster), expected, "{volumes:?}");
    }
}

#[test]
fn the_claims_of_a_pod_get_volumes_of_one_node() {
    let claims = [claim("large", "w", "2Gi"), claim("small", "w", "1Gi")];
    let volumes = [volume("a1", "w", "2Gi", "a"), volume("b1", "w", "1Gi", "b"), volume("b2", "w", "2Gi", "b")];
    let cluster = cluster(&claims, &volumes, &[class("w", "kubernetes.io/no-provisioner")]);
    assert_eq!(outcome(&pod(&["large", "small"]), &cluster), "b: b1->small b2->large");
}

#[test]
fn a_volume_that_is_promised_is_nobody_elses() {
    let (claims, volumes) = ([claim("c", "w", "1Gi"), claim("d", "w", "1Gi")], [volume("v", "w", "1Gi", "a")]);
    let mut cluster = cluster(&claims, &volumes, &[class("w", "kubernetes.io/no-provisioner")]);
    let reservation = schedule(&pod(&["c"]), &cluster, "", &mut |_| 0).unwrap().reservation;
    cluster.storage.reserve("p", "a", reservation);
    assert_eq!(outcome(&pod(&["d"]), &cluster), "2 node(s) didn't find available persistent volumes to bind");
    assert_eq!(outcome(&pod(&["c"]), &cluster), "a: v->c", "a second pod with the same claim");
    cluster.storage.unreserve("p");
    assert_eq!(outcome(&pod(&["d"]), &cluster), "a: v->d");
}

#[test]
fn a_volume_is_made_where_the_class_allows() {
    let made = || class("w", "example.com/maker");
    let mut on_b = made();
    let names = json!([{ "key": "name", "values": ["b"] }]);
    on_b["allowedTopologies"] = json!([{ "matchLabelExpressions": names }]);
    let mut nowhere = made();
    nowhere["allowedTopologies"] = json!([{}]);
    let mut selected = claim("c", "w", "1Gi");
    selected["metadata"]["annotations"] = json!({ SELECTED_NODE: "b" });
    for (claim, class, expected) in [
        (claim("c", "w", "1Gi"), made(), "a: c"),
        (claim("c", "w", "1Gi"), on_b, "b: c"),
        (claim("c", "w", "1Gi"), nowhere, "2 node(s) didn't find available persistent volumes to bind"),
        (selected, made(), "b: c"),
    ] {
        assert_eq!(outcome(&pod(&["c"]), &cluster(&[claim], &[], &[class])), expected);
    }
}

#[test]
fn a_driver_that_says_what_is_left_is_asked() {
    let driver =
        |tracks: bool| json!({ "metadata": { "name": "example.com/maker" }, "spec": { "storageCapacity": tracks } });
    let space = |size: &str| {
        json!({ "metadata": { "name": "b", "namespace": "d" }, "storageClassName": "w", "capacity": size,
            "nodeTopology": { "matchLabels": { "name": "b" } } })
    };
    for (tracks, size, expected) in
        [(false, "0", "a: c"), (true, "1Gi", "b: c"), (true, "1Mi", "2 node(s) did not have enough free storage")]
    {
        let mut cluster = cluster(&[claim("c", "w", "1Gi")], &[], &[class("w", "example.com/maker")]);
        cluster.storage.note(StorageNews::Drivers(News::Applied(read(driver(tracks)))));
        cluster.storage.note(StorageNews::Capacities(News::Applied(read(space(size)))));
        assert_eq!(outcome(&pod(&["c"]), &cluster), expected, "{tracks} {size}");
    }
}

#[test]
fn a_pod_is_bound_once_its_claims_are() {
    let pending = || claim("c", "w", "1Gi");
    let held = || {
        let mut volume = volume("v", "w", "1Gi", "a");
        volume["spec"]["claimRef"] = json!({ "name": "c", "namespace": "s", "uid": "c" });
        volume
    };
    let reset = format!("ClaimRef got reset for pv \"{}\"", "v");
    for (claim, volumes, expected) in [
        (pending(), vec![held()], Progress::Pending),
        (bound(pending(), "v"), vec![held()], Progress::Complete),
        (bound(pending(), "v"), vec![volume("v", "w", "1Gi", "a")], Progress::Failed(reset)),
        (pending(), vec![], Progress::Failed("could not find v1.PersistentVolume v".into())),
    ] {
        let cluster = cluster(&[claim], &volumes, &[]);
        let reserved = VolumeForClaim { volume: Arc::new(read(held())), claim: Arc::new(read(pending())) };
        let reservation = Reservation { volumes: vec![reserved], ..Reservation::default() };
        assert_eq!(progress(&reservation, &cluster.nodes["a"], &cluster.storage), expected, "{volumes:?}");
    }
}

#[test]
fn a_provisioner_that_gives_up_takes_the_node_back() {
    let selected = |node: &str| {
        let mut claim = claim("c", "w", "1Gi");
        claim["metadata"]["annotations"] = json!({ SELECTED_NODE: node });
        claim
    };
    let mut complete = bound(claim("c", "w", "1Gi"), "v");
    complete["metadata"]["annotations"][SELECTED_NODE] = "a".into();
    let gone = "could not find v1.PersistentVolumeClaim s/c";
    for (claims, expected) in [
        (vec![selected("a")], Progress::Pending),
        (vec![complete], Progress::Complete),
        (vec![claim("c", "w", "1Gi")], Progress::Failed("provisioning failed for PVC \"c\"".into())),
        (vec![], Progress::Failed(gone.into())),
    ] {
        let cluster = cluster(&claims, &[volume("v", "w", "1Gi", "a")], &[]);
        let reservation = Reservation { provisioned: vec![Arc::new(read(selected("a")))], ..Reservation::default() };
        assert_eq!(progress(&reservation, &cluster.nodes["a"], &cluster.storage), expected, "{claims:?}");
    }
}
