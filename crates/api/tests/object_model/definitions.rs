//! The tables that the build script writes.

use api::{TABLES, kinds};
use machinery::schema::{Definition, List, Presence, Type};
use std::borrow::Cow::Borrowed;

#[test]
fn every_kind_has_a_definition_with_its_identity() {
    for kind in kinds::all() {
        let definition = kind.definition().unwrap_or_else(|| panic!("{kind} has no definition"));
        assert_eq!(definition.type_name(), kind.kind);
        for field in ["apiVersion", "kind"] {
            assert_eq!(definition.field(field).map(|field| field.ty), Some(Type::String), "{kind} {field}");
        }
        assert_eq!(TABLES.named(definition.name()), Some(definition));
    }
    for body in [&kinds::SCALE, &kinds::EVICTION, &kinds::TOKEN_REQUEST, &kinds::DELETE_OPTIONS] {
        assert!(body.definition().is_some(), "{body}");
    }
}

#[test]
fn fields_are_found_and_typed() {
    let of = |name: &str, field: &str| TABLES.named(name).unwrap().field(field).unwrap();
    let pod = "io.k8s.api.core.v1.PodSpec";
    let container = "io.k8s.api.core.v1.Container";
    assert_eq!(of(pod, "terminationGracePeriodSeconds").ty, Type::Int64);
    assert_eq!(of(pod, "priority").ty, Type::Int32);
    assert_eq!(of(pod, "hostNetwork").ty, Type::Bool);
    assert_eq!(of(pod, "containers").presence, Presence::Always);
    assert_eq!(of(pod, "hostNetwork").presence, Presence::Filled);
    assert_eq!(of(pod, "affinity").presence, Presence::Set);
    assert_eq!(of(pod, "containers").merge.key, "name");
    assert!(of(pod, "volumes").merge.retains_keys);
    assert_eq!(of(container, "ports").merge.list, List::Map(&[Borrowed("containerPort"), Borrowed("protocol")]));
    assert_eq!(format!("{:?}", of(container, "ports").ty), "Array(Struct(io.k8s.api.core.v1.ContainerPort))");
    let resources = "io.k8s.api.core.v1.ResourceRequirements";
    assert_eq!(format!("{:?}", of(resources, "limits").ty), "Map(Quantity)");
    assert_eq!(of("io.k8s.api.core.v1.ServicePort", "targetPort").ty, Type::IntOrString);
    assert_eq!(format!("{:?}", of("io.k8s.api.core.v1.Secret", "data").ty), "Map(Bytes)");
    let meta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    assert_eq!(of(meta, "creationTimestamp").ty, Type::Time);
    assert!(of(meta, "finalizers").merge.merges);
    assert_eq!(TABLES.named(pod).unwrap().field("nonsense"), None);
    assert!(TABLES.named("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector").unwrap().is_atomic());
}

#[test]
fn names_are_sorted_for_the_search() {
    let names: Vec<_> = TABLES.all().map(Definition::name).collect();
    assert!(names.is_sorted());
    for definition in TABLES.all() {
        assert!(definition.fields().is_sorted_by_key(|field| field.name), "{definition:?}");
    }
}
