//! Lists whose items are told apart (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype/validation.go`). Lists
//! may be long: items are found by the text of what tells them apart.

use super::super::Structural;
use crate::{
    field::{Error, Path},
    schema::List,
};
use serde_json::{Map, Value};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

impl Structural {
    /// Items that are alike where none may be.
    pub(super) fn list_errors(&self, items: &[Value], path: &Path) -> impl Iterator<Item = Error> {
        let mut known = HashSet::new();
        items.iter().enumerate().filter_map(move |(index, item)| {
            let identity = self.identity(item)?;
            let is_new = known.insert(identity.to_string());
            (!is_new).then(|| Error::duplicate(&path.index(index), identity.into_owned()))
        })
    }

    /// The items of what this list was before, if its items can be told apart by keys.
    #[must_use]
    pub fn former_items<'v>(&self, old: Option<&'v Value>) -> FormerItems<'_, 'v> {
        let has_keys = matches!(self.list(), List::Map(_));
        let items = old.filter(|_| has_keys).and_then(Value::as_array);
        let mut known = HashMap::new();
        for item in items.into_iter().flatten() {
            if let Some(identity) = self.identity(item) {
                known.entry(identity.to_string()).or_insert(item);
            }
        }
        FormerItems { list: self, known }
    }

    /// What tells an item apart from others; nothing if items may be alike.
    fn identity<'v>(&self, item: &'v Value) -> Option<Cow<'v, Value>> {
        match self.list() {
            List::Set => Some(Cow::Borrowed(item)),
            List::Map(keys) => {
                let value =
                    |key: &str| item.get(key).or_else(|| self.items()?.property(key)?.1.default_value()).cloned();
                let fields = keys.iter().filter_map(|key| Some((key.to_string(), value(key)?)));
                Some(Cow::Owned(Value::Object(fields.collect::<Map<_, _>>())))
            }
            List::Atomic | List::Unsaid => None,
        }
    }
}

/// The items of a former list.
#[derive(Debug)]
pub struct FormerItems<'s, 'v> {
    list: &'s Structural,
    known: HashMap<String, &'v Value>,
}

impl<'v> FormerItems<'_, 'v> {
    /// The one that is the same thing as an item of the list that is now.
    #[must_use]
    pub fn same_as(&self, item: &Value) -> Option<&'v Value> {
        if self.known.is_empty() {
            return None;
        }
        self.known.get(&self.list.identity(item)?.to_string()).copied()
    }
}
