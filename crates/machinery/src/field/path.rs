//! The path from an object's root to one of its fields: `spec.containers[0].env[1].name`.

use std::fmt;

/// A path within an object. Steps make a new path, so a parent can be used for many children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// A path that starts at the object's field `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The object itself. Its children are the top-level fields.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The field `name` of this object.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        if self.0.is_empty() { Self::new(name) } else { Self(format!("{}.{name}", self.0)) }
    }

    /// The item `index` of this list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The value under `key` of this map.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        Self(format!("{}[{key}]", self.0))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_empty() { "<nil>" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn steps_are_written_as_kubernetes_does() {
        let spec = Path::new("spec");
        assert_eq!(spec.child("containers").index(3).child("name").to_string(), "spec.containers[3].name");
        assert_eq!(spec.child("limits").key("cpu").to_string(), "spec.limits[cpu]");
        assert_eq!(Path::root().child("type").to_string(), "type");
        assert_eq!(Path::root().to_string(), "<nil>");
    }
}
