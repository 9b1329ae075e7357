//! Bodies as they come over the wire: JSON or YAML, with a memory of keys that occur twice.
