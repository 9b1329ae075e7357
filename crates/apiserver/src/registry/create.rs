//! CREATE.

use super::{Registry, Target, WriteOptions, Written, managed_fields, system_fields, transaction, unavailable};
use api::{
    meta,
    schema::{self, Document},
    status::Status,
    strategy::{self, Part},
};
use serde_json::Value;
use store::Write;

/// How many names are tried for `generateName` (KEP-4420).
const ATTEMPTS: usize = 8;

impl Registry {
    /// Creates an object.
    pub async fn create(&self, target: &Target, body: Document, options: &WriteOptions) -> Result<Written, Status> {
        let (mut object, warnings) = schema::decode(&target.kind, body, options.field_validation)?;
        accept_namespace(target, &mut object)?;
        if !meta::resource_version(&object).is_empty() {
            return Err(Status::bad_request("resourceVersion should not be set on objects to be created"));
        }
        let mut object = target.store_form(object);
        // Who creates an object owns what its defaults say.
        strategy::of(target.kind.storage()).default(&mut object);
        managed_fields::record(target, Part::Whole, None, &mut object, options);
        self.insert(target, object, warnings, options.dry_run).await
    }

    /// Creates an object that is in its stored form, its managers noted.
    pub(super) async fn insert(
        &self,
        target: &Target,
        mut object: Value,
        mut warnings: Vec<String>,
        dry_run: bool,
    ) -> Result<Written, Status> {
        let kind = &target.kind;
        self.admit_to_namespace(target, &object).await?;
        let strategy = strategy::of(kind.storage());
        strategy.default(&mut object);
        self.admit(target, &mut object).await?;
        system_fields::initialize(&mut object, &uuid::Uuid::new_v4().to_string(), jiff::Timestamp::now());
        let generate = meta::name(&object).is_empty() && !meta::generate_name(&object).is_empty();
        let mut attempt = 0;
        loop {
            attempt += 1;
            if generate {
                let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
                let name = meta::generated_name(meta::generate_name(&object), random);
                meta::set(&mut object, "name", name);
            }
            if attempt == 1 {
                strategy.prepare_for_create(&mut object);
            }
            let name = meta::name(&object).to_string();
            let errors = strategy.validate(&object);
            if !errors.is_empty() {
                return Err(Status::invalid(kind, &name, &errors));
            }
            if attempt == 1 {
                warnings.extend(strategy.warnings(&object));
            }
            if dry_run {
                return Ok(Written { object: target.present(object), created: true, warnings });
            }
            match self.store.write(Write::create(target.key(&name), transaction::stored(&object)?)).await {
                Ok(revision) => {
                    let object = target.present(transaction::at(object, revision));
                    return Ok(Written { object, created: true, warnings });
                }
                Err(store::Error::Conflict { .. }) if generate && attempt < ATTEMPTS => {}
                Err(store::Error::Conflict { .. }) if generate => {
                    return Err(Status::generated_name_conflict(kind, &name));
                }
                Err(store::Error::Conflict { .. }) => return Err(Status::already_exists(kind, &name)),
                Err(error) => return Err(unavailable(&error)),
            }
        }
    }
}

/// The namespace of the object is that of the request (`EnsureObjectNamespaceMatchesRequestNamespace`).
pub(super) fn accept_namespace(target: &Target, object: &mut Value) -> Result<(), Status> {
    let given = meta::namespace(object);
    if !given.is_empty() && given != target.namespace {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if target.kind.namespaced {
        meta::set(object, "namespace", target.namespace.as_str());
    }
    Ok(())
}
