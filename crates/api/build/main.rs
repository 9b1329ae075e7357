//! Turns k8s-openapi's schemas into the tables that machinery's `schema`, `protobuf` and `openapi` read, so that the program carries neither schema code nor anything it would have to parse or keep on the heap.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a build script stops at the first fault")]

mod documents;
mod go_fields;
mod merge_facts;
mod protobuf_fields;
mod tables;

use k8s_openapi::Resource;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;
use std::{collections::BTreeMap, env, fs, path::PathBuf};

/// All schemas by their Kubernetes names, and which of them a kind has.
struct Schemas {
    definitions: BTreeMap<String, Value>,
    kinds: Vec<(Identity, String)>,
    /// Kinds that come in lists.
    listable: Vec<Identity>,
}

/// Group, version, kind.
type Identity = (&'static str, &'static str, &'static str);

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/kinds/table.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let schemas = schemas();
    let facts = merge_facts::read(&schemas.definitions);
    let fields = go_fields::read(&schemas.definitions);
    fs::write(out.join("definitions.rs"), tables::render(&schemas, &facts, &fields))
        .expect("definitions.rs is written");
    let protobuf = protobuf_fields::render(&schemas.definitions, &fields);
    fs::write(out.join("protobuf_fields.rs"), protobuf).expect("protobuf_fields.rs is written");
    documents::write(&out, schemas, &facts);
}

fn schemas() -> Schemas {
    let mut generator = SchemaGenerator::default();
    let mut kinds = Vec::new();
    let listable = register_kinds(&mut generator, &mut kinds);
    register::<k8s_openapi::api::autoscaling::v1::Scale>(&mut generator, &mut kinds);
    register::<k8s_openapi::api::policy::v1::Eviction>(&mut generator, &mut kinds);
    register::<k8s_openapi::api::authentication::v1::TokenRequest>(&mut generator, &mut kinds);
    register::<k8s_openapi::apimachinery::pkg::apis::meta::v1::Status>(&mut generator, &mut kinds);
    let delete_options = define::<k8s_openapi::apimachinery::pkg::apis::meta::v1::DeleteOptions>(&mut generator);
    kinds.push((("", "v1", "DeleteOptions"), delete_options));
    define::<k8s_openapi::apimachinery::pkg::apis::meta::v1::ListMeta>(&mut generator);
    let definitions = generator.take_definitions(true).into_iter().collect();
    Schemas { definitions, kinds, listable }
}

fn define<T: JsonSchema>(generator: &mut SchemaGenerator) -> String {
    generator.subschema_for::<T>();
    T::schema_name().into_owned()
}

fn register<T: JsonSchema + Resource>(generator: &mut SchemaGenerator, kinds: &mut Vec<(Identity, String)>) {
    kinds.push(((T::GROUP, T::VERSION, T::KIND), define::<T>(generator)));
}

macro_rules! kinds {
    ($(
        $name:ident $(of $stored:ident)? = $($segment:ident)::+ as $($behaviour:ident)::+ {
            [$($short:tt)*], [$($category:tt)*], $verbs:ident, [$($sub:tt)*]
        }
    )*) => {
        fn register_kinds(generator: &mut SchemaGenerator, kinds: &mut Vec<(Identity, String)>) -> Vec<Identity> {
            let mut listable = Vec::new();
            $(
                register::<k8s_openapi::$($segment)::+>(generator, kinds);
                if stringify!($verbs) != "CREATE" {
                    listable.extend(kinds.last().map(|(identity, _)| *identity));
                }
            )*
            listable
        }
    };
}

include!("../src/kinds/table.rs");
