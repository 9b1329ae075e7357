//! What a kind's objects do differently from those of others when they are written, read and deleted
//! (`k8s.io/apiserver/pkg/registry/rest`: create, update and delete strategies).

use crate::{
    field::ErrorList, fields::Object, format, schema::Structural, selectable::SelectableField, table::Printer,
};
use serde_json::Value;
use std::{borrow::Cow, fmt::Debug, sync::Arc};

/// All that makes the objects of a kind special, as pure functions over objects that are typed right. A kind says what
/// it does differently and takes the rest from [`Behaviour::PLAIN`].
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Fills in what an object leaves open. Applied to everything that comes in, also on update.
    pub defaults: fn(&mut Object),
    /// What is wrong with a name; nothing if it is good.
    pub names: fn(&str) -> Vec<String>,
    /// Brings a new object into its first state.
    pub prepare_for_create: fn(&mut Value),
    /// Puts back what an update may not change: new, old.
    pub prepare_for_update: fn(&mut Value, &Value),
    /// Whether an update changed what the author wants: such changes are counted in `metadata.generation`.
    /// `None`: the kind does not count.
    pub is_new_generation: Option<fn(&Value, &Value) -> bool>,
    /// What is wrong with an object at any time, beside its metadata.
    pub validate: fn(&Value) -> ErrorList,
    /// What is wrong with a new object only.
    pub validate_create: fn(&Value) -> ErrorList,
    /// What is wrong with an object as the successor of another: new, old.
    pub validate_update: fn(&Value, &Value) -> ErrorList,
    /// What a client should know about a valid object.
    pub warnings: fn(&Value) -> Vec<String>,
    /// Whether there are warnings about an update too.
    pub warns_on_update: bool,
    /// Writes to the status.
    pub status: StatusBehaviour,
    /// Writes to other parts that have a subresource of their own.
    pub parts: &'static [PartBehaviour],
    /// Deletions.
    pub deletion: DeletionBehaviour,
    /// Whether PUT may create an object that does not exist.
    pub creates_on_update: bool,
    /// Whether PUT may replace an object without saying which state of it is meant.
    pub updates_unconditionally: bool,
    /// How many there shall be of what the object stands for, if that can be scaled.
    pub scale: Option<Scale>,
    /// Its objects in a table.
    pub printer: Printer,
    /// What objects can be selected by, beside name and namespace. `None`: nothing, and whoever tries is told so in
    /// other words than for a field that is not among them.
    pub selectable: Option<Cow<'static, [SelectableField]>>,
    /// Makes an object of one `apiVersion` one of another: object, from, to.
    pub convert: fn(&mut Value, &str, &str),
    /// Rules that came with the kind.
    pub rules: Option<Arc<dyn ObjectRules>>,
}

/// Rules about objects that are not part of the program: expressions in the schema of a custom kind.
pub trait ObjectRules: Debug + Send + Sync {
    /// What is wrong with an object that fits the schema otherwise, as the successor of another if there was one.
    fn check(&self, schema: &Structural, object: &Value, old: Option<&Value>) -> ErrorList;
}

/// What writes to the status do, of kinds that have it as a subresource.
#[derive(Debug, Clone, Copy)]
pub struct StatusBehaviour {
    /// Whether an object comes with its status when it is created.
    pub comes_with_object: bool,
    /// Fields of the metadata that such a write leaves as they are; all others it may change.
    pub keeps: &'static [&'static str],
    /// Puts back what such a write may not change in the status: new, old.
    pub prepare: fn(&mut Value, &Value),
    /// What is wrong with a status as the successor of another: new, old.
    pub validate: fn(&Value, &Value) -> ErrorList,
}

/// What writes to a part do that has a subresource of its own.
#[derive(Debug, Clone, Copy)]
pub struct PartBehaviour {
    /// The subresource.
    pub name: &'static str,
    /// Fields of the metadata that a write to the part leaves as they are; all others it may change.
    pub keeps: &'static [&'static str],
    /// Puts back all that is not of this part: new, old.
    pub prepare: fn(&mut Value, &Value),
    /// What is wrong with the part as the successor of another: new, old.
    pub validate: fn(&Value, &Value) -> ErrorList,
}

/// How objects go.
#[derive(Debug, Clone, Copy)]
pub struct DeletionBehaviour {
    /// How many seconds an object lives on after its deletion was asked for with so many seconds of grace. `None`: the
    /// kind knows no graceful deletion.
    pub grace_period: Option<fn(&Value, Option<i64>) -> i64>,
    /// Where a second list of finalizers is, beside that of the metadata; a JSON pointer.
    pub finalizers: Option<&'static str>,
    /// Marks an object that begins to go, beside its metadata.
    pub mark: fn(&mut Value),
    /// Whether the answer is the object even if it is gone at once.
    pub answers_with_object: bool,
}

/// Where an object has the numbers that its scale is about; JSON pointers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// How many there shall be.
    pub wanted: Cow<'static, str>,
    /// How many there are.
    pub actual: Cow<'static, str>,
    /// What selects them: a selector's text or a label selector.
    pub selector: Option<Cow<'static, str>>,
}

impl Behaviour {
    /// The behaviour of kinds that are in no way special.
    pub const PLAIN: Self = Self {
        defaults: |_| {},
        names: format::dns1123_subdomain,
        prepare_for_create: |_| {},
        prepare_for_update: |_, _| {},
        is_new_generation: None,
        validate: |_| ErrorList::new(),
        validate_create: |_| ErrorList::new(),
        validate_update: |_, _| ErrorList::new(),
        warnings: |_| Vec::new(),
        warns_on_update: true,
        status: StatusBehaviour::PLAIN,
        parts: &[],
        deletion: DeletionBehaviour::PLAIN,
        creates_on_update: false,
        updates_unconditionally: true,
        scale: None,
        printer: Printer::GENERIC,
        selectable: None,
        convert: |_, _, _| {},
        rules: None,
    };
}

impl StatusBehaviour {
    /// Nothing but the status changes (`metav1.ResetObjectMetaForStatus`).
    pub const PLAIN: Self = Self {
        comes_with_object: false,
        keeps: &["annotations", "finalizers", "labels", "ownerReferences"],
        prepare: |_, _| {},
        validate: |_, _| ErrorList::new(),
    };

    /// Who writes the status may change the metadata as well.
    pub const WITH_METADATA: Self = Self { keeps: &[], ..Self::PLAIN };
}

impl DeletionBehaviour {
    /// An object goes when its finalizers are through.
    pub const PLAIN: Self = Self { grace_period: None, finalizers: None, mark: |_| {}, answers_with_object: false };

    /// As before, but the answer is the object.
    pub const ANSWERED: Self = Self { answers_with_object: true, ..Self::PLAIN };
}
