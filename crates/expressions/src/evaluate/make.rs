//! Lists, maps and objects that are written out.

use super::Frame;
use crate::{
    error::EvalError,
    library::{LIST_COST, MAP_COST, STRUCT_COST, show},
    program::{Member, Step},
    value::{Evaluated, Key, Map, Text, Value},
};
use std::{collections::BTreeMap, sync::Arc};

impl<'p, 'a: 'p> Frame<'_, 'p, 'a> {
    /// A value that is put in; `None` if it is an optional one that is not there.
    fn put_in(&mut self, member: &'p Member, place: impl FnOnce() -> String) -> Result<Option<Value<'p>>, EvalError> {
        let value = self.evaluate(&member.value)?;
        match (member.optional, value) {
            (false, value) => Ok(Some(value)),
            (true, Value::Optional(inner)) => Ok(inner.map(|inner| (*inner).clone())),
            (true, other) => {
                let place = place();
                Err(EvalError::Invalid(format!(
                    "cannot initialize optional {place} from non-optional value {}",
                    show(&other)
                )))
            }
        }
    }

    fn hold(&mut self, count: usize) -> Result<(), EvalError> {
        self.meter.allocate(count * 2 * size_of::<Value<'_>>())
    }

    pub(super) fn list(&mut self, elements: &'p [Member]) -> Evaluated<'p> {
        self.meter.spend(LIST_COST)?;
        self.hold(elements.len())?;
        let mut values = Vec::with_capacity(elements.len());
        for element in elements {
            values.extend(self.put_in(element, || "list element".to_owned())?);
        }
        Ok(Value::list(values))
    }

    pub(super) fn map(&mut self, entries: &'p [(Step, Member)]) -> Evaluated<'p> {
        self.meter.spend(MAP_COST)?;
        self.hold(entries.len())?;
        let mut values = BTreeMap::new();
        for (key, member) in entries {
            let key = self.evaluate(key)?;
            let value = self.put_in(member, || format!("entry '{}'", show(&key)))?;
            let key = Key::of(&key)
                .ok_or_else(|| EvalError::Invalid(format!("unsupported key type: {}", key.type_name())))?;
            match value {
                Some(value) => values.insert(key, value),
                None => values.remove(&key),
            };
        }
        Ok(Value::Map(Map::made(values)))
    }

    pub(super) fn object(&mut self, name: &Arc<str>, fields: &'p [(Arc<str>, Member)]) -> Evaluated<'p> {
        self.meter.spend(STRUCT_COST)?;
        self.hold(fields.len())?;
        let mut values = BTreeMap::new();
        for (field, member) in fields {
            if let Some(value) = self.put_in(member, || format!("entry '{field}'"))? {
                values.insert(Key::String(Text::Shared(field.clone())), value);
            }
        }
        Ok(Value::Map(Map::object(name.clone(), values)))
    }
}
