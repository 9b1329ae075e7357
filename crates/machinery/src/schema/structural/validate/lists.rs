//! Lists whose items are told apart (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype/validation.go`).

use super::super::Structural;
use crate::{
    field::{Error, ErrorList, Path},
    schema::List,
};
use serde_json::{Map, Value};

impl Structural {
    /// Items that are alike where none may be.
    pub(super) fn list_errors(&self, items: &[Value], path: &Path) -> ErrorList {
        let identities: Vec<Option<Value>> = items.iter().map(|item| self.identity(item)).collect();
        let alike = |index: &usize| identities[*index].is_some() && identities[..*index].contains(&identities[*index]);
        let duplicate =
            |index: usize| Error::duplicate(&path.index(index), identities[index].clone().unwrap_or_default());
        (0..items.len()).filter(alike).map(duplicate).collect()
    }

    /// What tells an item apart from others; nothing if items may be alike.
    fn identity(&self, item: &Value) -> Option<Value> {
        match self.list() {
            List::Set => Some(item.clone()),
            List::Map(keys) => {
                let value =
                    |key: &str| item.get(key).or_else(|| self.items()?.property(key)?.1.default_value()).cloned();
                let fields = keys.iter().filter_map(|key| Some((key.to_string(), value(key)?)));
                Some(Value::Object(fields.collect::<Map<_, _>>()))
            }
            List::Atomic | List::Unsaid => None,
        }
    }

    /// The item of a former list that is the same thing as this one.
    pub(in crate::schema::structural) fn same_item<'a>(&self, item: &Value, old: &'a [Value]) -> Option<&'a Value> {
        let List::Map(_) = self.list() else { return None };
        let identity = self.identity(item);
        old.iter().find(|old| self.identity(old) == identity)
    }
}
