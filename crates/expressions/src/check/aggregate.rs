//! Lists, maps and objects that are written out.

use super::Checker;
use crate::{
    syntax::{Element, Entry, Field, NodeId},
    types::{Type, most_general},
};

impl<'s> Checker<'_, 's> {
    pub(super) fn list(&mut self, elements: &[Element]) -> Type<'s> {
        let mut joined = None;
        for element in elements {
            let of = self.checked(element.value);
            let of = if element.optional { self.unwrapped(element.value, &of) } else { of };
            joined = Some(self.join(joined, of));
        }
        Type::list(joined.unwrap_or_else(|| self.new_variable()))
    }

    pub(super) fn map(&mut self, entries: &[Entry]) -> Type<'s> {
        let (mut keys, mut values) = (None, None);
        for entry in entries {
            let key = self.checked(entry.key);
            keys = Some(self.join(keys, key));
            let value = self.checked(entry.value);
            let value = if entry.optional { self.unwrapped(entry.value, &value) } else { value };
            values = Some(self.join(values, value));
        }
        let keys = keys.unwrap_or_else(|| self.new_variable());
        Type::map(keys, values.unwrap_or_else(|| self.new_variable()))
    }

    pub(super) fn object(&mut self, id: NodeId, name: &str, fields: &[Field]) -> Type<'s> {
        let plain = name.strip_prefix('.').unwrap_or(name);
        let Some(of) = self.environment.named_type(plain) else { return self.undeclared(id, name) };
        let Type::Object(object) = &of else {
            self.report(id, format!("'{plain}' is not a message type"));
            return Type::Error;
        };
        for field in fields {
            let found = self.checked(field.value);
            let found = if field.optional { self.unwrapped(field.value, &found) } else { found };
            match object.field(&field.name) {
                Some(expected) if self.known.assign(&expected, &found) => {}
                Some(expected) => self.report_at(
                    field.position,
                    format!("expected type of field '{}' is '{expected}' but provided type is '{found}'", field.name),
                ),
                None => self.report_at(field.position, format!("undefined field '{}'", field.name)),
            }
        }
        of
    }

    fn report_at(&mut self, position: u32, message: String) {
        self.issues.push(crate::source::Issue::at(position, message));
    }

    /// What an optional element puts in.
    fn unwrapped(&mut self, id: NodeId, of: &Type<'s>) -> Type<'s> {
        let (inner, is_optional) = self.known.apply(of, false).unwrap_optional();
        if !is_optional && !inner.is_dyn() {
            self.mismatch(id, &Type::optional(inner.clone()), &inner);
        }
        inner
    }

    /// The type of all that came so far and of one more; what does not go together is anything.
    fn join(&mut self, previous: Option<Type<'s>>, current: Type<'s>) -> Type<'s> {
        match previous {
            None => current,
            Some(previous) if self.known.assign(&previous, &current) => most_general(&previous, &current),
            Some(_) => Type::Dyn,
        }
    }
}
