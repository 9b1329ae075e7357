//! How objects are created, updated and deleted: what is the same for all kinds, put together with what each kind does
//! differently (`k8s.io/apiserver/pkg/registry/rest`: `BeforeCreate`, `BeforeUpdate`, `BeforeDelete`).

mod part;

use serde_json::{Value, json};

pub use part::Part;

use crate::{
    behaviour::Behaviour,
    canonical::canonical,
    field::{Error, ErrorList, Path},
    kind::Kind,
    meta,
    restore::{put_back, put_back_all_but, put_back_in},
};

/// How the objects of one kind are created, updated and deleted. All of it is pure; objects are complete and typed
/// right (they have passed `decode::object`).
#[derive(Clone, Copy, Debug)]
pub struct Strategy<'a> {
    kind: &'a Kind,
}

/// The strategy of a kind. Versions of a kind that are stored alike have the same one: pass the stored kind.
#[must_use]
pub fn of(kind: &Kind) -> Strategy<'_> {
    Strategy { kind }
}

impl<'a> Strategy<'a> {
    /// Fills in what the object leaves open. Applied to everything that comes in, also on update.
    pub fn default(self, object: &mut Value) {
        if let Some(object) = object.as_object_mut() {
            (self.behaviour().defaults)(object);
            self.kind.structural().into_iter().for_each(|schema| schema.default_fields(object));
        }
    }

    /// Brings a new object into its first state: no status where status is a subresource, generation 1.
    pub fn prepare_for_create(self, object: &mut Value) {
        if self.has_status() && !self.behaviour().status.comes_with_object {
            self.forget_status(object);
        }
        if self.behaviour().is_new_generation.is_some() {
            meta::set(object, "generation", 1);
        }
        (self.behaviour().prepare_for_create)(object);
    }

    /// Go's types always hold a status; what has no type of Go's has none until somebody writes it.
    fn forget_status(self, object: &mut Value) {
        match object.as_object_mut() {
            Some(fields) if self.kind.structural().is_some() => drop(fields.remove("status")),
            _ => {
                object["status"] = json!({});
                self.default(object);
            }
        }
    }

    fn prepare_whole(self, new: &mut Value, old: &Value) {
        if self.has_status() {
            put_back(new, old, "status");
        }
        (self.behaviour().prepare_for_update)(new, old);
        self.count_change(new, old);
    }

    /// Puts back everything but the status, and the metadata as far as a write of the status may not change it.
    fn prepare_status(self, new: &mut Value, old: &Value) {
        let status = self.behaviour().status;
        (status.prepare)(new, old);
        put_back_all_but(new, old, "status");
        for field in status.keeps.iter().chain(&["generation"]) {
            put_back_in(new, old, "metadata", field);
        }
    }

    fn count_change(self, new: &mut Value, old: &Value) {
        let changed = self.behaviour().is_new_generation.is_some_and(|is_new| is_new(new, old));
        let generation = meta::generation(old) + i64::from(changed);
        if generation > 0 {
            meta::set(new, "generation", generation);
        } else {
            meta::remove(new, &["generation"]);
        }
    }

    /// All that is wrong with a new object. Its name must be set already.
    #[must_use]
    pub fn validate(self, object: &Value) -> ErrorList {
        let mut errors = meta::validate(object, self.kind.namespaced, |name| self.name_errors(name));
        errors.extend(self.validate_content(object));
        errors
    }

    /// All that is wrong with a new object beside its metadata.
    #[must_use]
    pub fn validate_content(self, object: &Value) -> ErrorList {
        let mut errors = self.finalizer_errors(object);
        errors.extend(self.schema_errors(object, None));
        errors.extend((self.behaviour().validate_create)(object));
        errors.extend((self.behaviour().validate)(object));
        errors
    }

    /// Objects of the core group have no finalizers without a domain but Kubernetes' own.
    fn finalizer_errors(self, object: &Value) -> ErrorList {
        if self.kind.group.is_empty() { meta::standard_finalizers(object) } else { ErrorList::new() }
    }

    /// What is wrong by the schema of a custom kind, and by the rules in it: they are for what fits otherwise
    /// (`k8s.io/apiextensions-apiserver/pkg/registry/customresource/strategy.go`).
    fn schema_errors(self, object: &Value, old: Option<&Value>) -> ErrorList {
        let Some(schema) = self.kind.structural() else { return ErrorList::new() };
        let mut errors = schema.validate_object(object, old);
        let Some(rules) = &self.behaviour().rules else { return errors };
        if errors.iter().any(|error| error.error_type.keeps_rules_from_running()) {
            let detail = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
            errors.push(Error::invalid(&Path::root(), Value::Null, detail));
        } else {
            errors.extend(rules.check(schema, object, old));
        }
        errors
    }

    /// What a client should know about a valid object, for the `Warning` headers.
    #[must_use]
    pub fn warnings(self, object: &Value) -> Vec<String> {
        (self.behaviour().warnings)(object)
    }

    /// What a client should know about an object after a change of it.
    #[must_use]
    pub fn warnings_on_update(self, object: &Value) -> Vec<String> {
        if self.behaviour().warns_on_update { self.warnings(object) } else { Vec::new() }
    }

    /// What is wrong with an object's name; empty if nothing is.
    #[must_use]
    pub fn name_errors(self, name: &str) -> Vec<String> {
        (self.behaviour().names)(name)
    }

    /// Whether PUT may create an object that does not exist.
    #[must_use]
    pub fn allow_create_on_update(self) -> bool {
        self.behaviour().creates_on_update
    }

    /// How many seconds an object lives on after its deletion was asked for with `requested` seconds of grace.
    /// `None`: the kind knows no graceful deletion, the object goes at once.
    #[must_use]
    pub fn deletion_grace_period(self, object: &Value, requested: Option<i64>) -> Option<i64> {
        self.behaviour().deletion.grace_period.map(|seconds| seconds(object, requested))
    }

    fn behaviour(self) -> &'a Behaviour {
        &self.kind.behaviour
    }

    fn has_status(self) -> bool {
        self.kind.subresource("status").is_some()
    }
}

/// Whether two objects differ in what their authors want: in anything but metadata and status.
#[must_use]
pub fn is_desired_otherwise(new: &Value, old: &Value) -> bool {
    desired(new) != desired(old)
}

/// Whether two objects differ in anything but metadata, of kinds whose status is no part apart.
#[must_use]
pub fn is_otherwise(new: &Value, old: &Value) -> bool {
    without(new, &["apiVersion", "kind", "metadata"]) != without(old, &["apiVersion", "kind", "metadata"])
}

fn desired(object: &Value) -> Value {
    without(object, &["apiVersion", "kind", "metadata", "status"])
}

fn without(object: &Value, unwanted: &[&str]) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|name, _| !unwanted.contains(&name.as_str()));
    }
    canonical(object)
}
