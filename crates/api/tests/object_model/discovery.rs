//! Discovery of Kubernetes' own kinds.

use api::kinds::{served, served_by_default};
use machinery::discovery::{aggregated_core, aggregated_groups, api_group, api_group_list, api_resource_list};
use serde_json::{Value, json};

#[test]
fn every_served_kind_is_found_through_its_group() {
    let served = served("api/all=true").unwrap();
    for kind in served.iter() {
        let list = api_resource_list(&served, &kind.group, &kind.version).unwrap();
        let resources = list["resources"].as_array().unwrap();
        let resource = resources.iter().find(|resource| resource["name"] == *kind.plural).unwrap();
        assert_eq!(resource["kind"], *kind.kind);
        if !kind.group.is_empty() {
            assert!(api_group(&served, &kind.group).is_some(), "{kind}");
        }
    }
    assert_eq!(api_resource_list(&served, "", "v9"), None);
    assert_eq!(api_group(&served, ""), None);
}

#[test]
fn pods_are_described_as_kubectl_needs_them() {
    let catalog = served_by_default().serving(|_, subresource| subresource.name != "exec");
    let list = api_resource_list(&catalog, "", "v1").unwrap();
    let find = |name: &str| list["resources"].as_array().unwrap().iter().find(|one| one["name"] == name).cloned();
    let pods = find("pods").unwrap();
    assert_eq!((&pods["shortNames"], &pods["categories"]), (&json!(["po"]), &json!(["all"])));
    assert_eq!(find("pods/binding").unwrap()["kind"], "Binding");
    assert!(find("pods/exec").is_none(), "what is not served is not shown");
}

#[test]
fn the_aggregated_document_holds_all_at_once() {
    let served = served_by_default();
    let core = aggregated_core(&served, "v2");
    let pods = |resource: &&Value| resource["resource"] == "pods";
    let version = &core["items"][0]["versions"][0];
    let resource = version["resources"].as_array().unwrap().iter().find(pods).unwrap();
    assert_eq!(resource["scope"], "Namespaced");
    assert_eq!(
        aggregated_groups(&served, "v2")["items"].as_array().unwrap().len(),
        api_group_list(&served)["groups"].as_array().unwrap().len()
    );
}
