//! Lists: JSON seen through its schema, or made by an expression. Sets and lists with keys have an equality and an addition
//! of their own (k8s.io/apiserver, pkg/cel/common/values.go).

use super::{Evaluated, Key, Value, equal};
use crate::{
    budget::Meter,
    error::EvalError,
    schema::{ListType, Schema, Shape},
};
use serde_json::Value as Json;
use std::{collections::BTreeSet, fmt, sync::Arc};

#[derive(Clone)]
pub enum List<'a> {
    Json(&'a [Json], Option<&'a dyn Schema>),
    Made(Arc<Made<'a>>),
}

/// A list that an expression has made.
#[derive(Clone)]
pub struct Made<'a> {
    pub items: Vec<Value<'a>>,
    /// Of a sum of lists that had one.
    schema: Option<&'a dyn Schema>,
}

impl Default for List<'_> {
    fn default() -> Self {
        Self::Json(&[], None)
    }
}

impl<'a> List<'a> {
    pub(crate) fn made(items: Vec<Value<'a>>) -> Self {
        Self::Made(Arc::new(Made { items, schema: None }))
    }

    /// The number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Json(items, _) => items.len(),
            Self::Made(made) => made.items.len(),
        }
    }

    /// Whether there are no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn get(&self, index: usize) -> Option<Evaluated<'a>> {
        match self {
            Self::Json(items, schema) => items.get(index).map(|item| Value::of_json(item, item_shape(*schema))),
            Self::Made(made) => made.items.get(index).cloned().map(Ok),
        }
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Evaluated<'a>> + '_ {
        (0..self.len()).map(|index| self.get(index).unwrap_or(Ok(Value::Null)))
    }

    /// All items.
    ///
    /// # Errors
    /// An item is not what its schema says.
    pub fn items(&self) -> Result<Vec<Value<'a>>, EvalError> {
        self.iter().collect()
    }

    fn schema(&self) -> Option<&'a dyn Schema> {
        match self {
            Self::Json(_, schema) => *schema,
            Self::Made(made) => made.schema,
        }
    }

    pub(crate) fn list_type(&self) -> ListType {
        self.schema().map(Schema::list_type).unwrap_or_default()
    }

    /// One list after the other; of a set only what is new, of a list with keys what has a known key in its old place.
    pub(crate) fn add(self, other: &List<'a>, meter: &mut Meter) -> Result<List<'a>, EvalError> {
        meter.allocate((self.len() + other.len()) * size_of::<Value<'_>>())?;
        let schema = self.schema();
        let kind = self.list_type();
        let mut items = match self {
            Self::Made(made) => Arc::try_unwrap(made).map_or_else(|shared| shared.items.clone(), |made| made.items),
            json @ Self::Json(..) => json.items()?,
        };
        match (kind, schema) {
            (ListType::Set, _) => add_new(&mut items, other, meter)?,
            (ListType::Map, Some(schema)) => merge(&mut items, other, schema)?,
            _ => items.extend(other.items()?),
        }
        Ok(Self::Made(Arc::new(Made { items, schema })))
    }

    /// Adds one item at the end, in place if nobody else holds the list.
    pub(crate) fn push(self, item: Value<'a>, meter: &mut Meter) -> Result<List<'a>, EvalError> {
        let Self::Made(mut made) = self else { return self.add(&List::made(vec![item]), meter) };
        meter.allocate(size_of::<Value<'_>>())?;
        if Arc::get_mut(&mut made).is_none() {
            meter.allocate(made.items.len() * size_of::<Value<'_>>())?;
        }
        Arc::make_mut(&mut made).items.push(item);
        Ok(Self::Made(made))
    }

    /// The values of an item's keys, in a list of type `map`.
    pub(crate) fn keys_of(&self, item: &Value<'a>) -> Vec<Option<Key<'a>>> {
        keys(self.schema(), item)
    }
}

fn item_shape(schema: Option<&dyn Schema>) -> Option<Shape<'_>> {
    schema.and_then(Schema::items).and_then(Shape::new)
}

fn add_new<'a>(items: &mut Vec<Value<'a>>, other: &List<'a>, meter: &mut Meter) -> Result<(), EvalError> {
    let mut known: Option<BTreeSet<Key<'a>>> = items.iter().map(Key::of).collect();
    for item in other.iter() {
        let item = item?;
        let is_new = match (&mut known, Key::of(&item)) {
            (Some(known), Some(key)) => known.insert(key),
            _ => !contains(items, &item, meter)?,
        };
        if is_new {
            items.push(item);
        }
    }
    Ok(())
}

fn contains<'a>(items: &[Value<'a>], wanted: &Value<'a>, meter: &mut Meter) -> Result<bool, EvalError> {
    for item in items {
        if equal(item, wanted, meter)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn merge<'a>(items: &mut Vec<Value<'a>>, other: &List<'a>, schema: &'a dyn Schema) -> Result<(), EvalError> {
    let places: std::collections::BTreeMap<_, _> =
        items.iter().enumerate().map(|(place, item)| (keys(Some(schema), item), place)).collect();
    for item in other.iter() {
        let item = item?;
        match places.get(&keys(Some(schema), &item)) {
            Some(&place) => items[place] = item,
            None => items.push(item),
        }
    }
    Ok(())
}

fn keys<'a>(schema: Option<&'a dyn Schema>, item: &Value<'a>) -> Vec<Option<Key<'a>>> {
    let names = schema.map(Schema::list_map_keys).unwrap_or_default();
    let Value::Map(map) = item else { return Vec::new() };
    names.into_iter().map(|name| Key::of(&map.property(name)?.ok()?)).collect()
}

impl fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
