//! Where a value comes from: a place in a variable, and the schema that bounds it.

use super::Range;
use crate::schema::{Form, Shape, unescape};

/// The way to a value.
#[derive(Clone, Default)]
pub(crate) enum Path<'s> {
    /// From no variable.
    #[default]
    None,
    /// From one, to a place of which no schema tells.
    Unknown,
    /// The keys of a map: strings of any length.
    Keys,
    To(Shape<'s>),
}

impl Path<'_> {
    pub fn field(&self, name: &str) -> Self {
        let Self::To(shape) = self else { return self.beyond() };
        match shape.form {
            Form::Object => unescape(name).and_then(|name| shape.property(&name)).map_or(Self::Unknown, Self::To),
            _ => Self::Unknown,
        }
    }

    /// The items of a list or the values of a map.
    pub fn elements(&self) -> Self {
        let Self::To(shape) = self else { return self.beyond() };
        shape.elements().map_or(Self::Unknown, Self::To)
    }

    pub fn keys(&self) -> Self {
        let Self::To(shape) = self else { return self.beyond() };
        if shape.form == Form::Map { Self::Keys } else { Self::Unknown }
    }

    /// The indexes of a list, of which no schema tells.
    pub fn index(&self) -> Self {
        self.beyond()
    }

    fn beyond(&self) -> Self {
        if matches!(self, Self::None) { Self::None } else { Self::Unknown }
    }

    /// The size that the schema allows.
    pub fn size(&self) -> Option<Range> {
        match self {
            Self::None | Self::Unknown => None,
            Self::Keys => Some(Range::ZERO),
            Self::To(shape) => Some(Range { min: 0, max: u64::try_from(shape.max_elements()).unwrap_or(0) }),
        }
    }
}
