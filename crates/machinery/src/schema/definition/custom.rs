//! The schema of a kind that came at run time.

use super::{Definition, Node, Source, Tables};
use crate::schema::structural::Structural;
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use serde::Deserialize;
use serde_json::Value;
use std::hash::{Hash, Hasher};

/// The schema of a kind that came at run time.
#[derive(Debug, Clone)]
pub struct CustomSchema {
    root: Structural,
    tables: &'static Tables,
    /// As it came, compressed, for documents.
    document: Box<[u8]>,
}

impl CustomSchema {
    /// The schema of objects that are like this beside their type and metadata, which are like those of all objects.
    ///
    /// # Errors
    ///
    /// It is no schema.
    pub fn new(schema: &Value, tables: &'static Tables) -> Result<Self, serde_json::Error> {
        let root = Structural::deserialize(schema)?.of_objects();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        serde_json::to_writer(&mut encoder, schema)?;
        let document = encoder.finish().map_err(serde_json::Error::io)?.into();
        Ok(Self { root, tables, document })
    }

    /// What objects are like.
    #[must_use]
    pub fn structural(&self) -> &Structural {
        &self.root
    }

    /// The tables that say what metadata is like.
    #[must_use]
    pub fn tables(&self) -> &'static Tables {
        self.tables
    }

    /// The definition of the objects.
    #[must_use]
    pub fn definition(&self) -> Definition<'_> {
        Definition(Source::Structural(Node { schema: &self.root, tables: self.tables }))
    }

    /// The schema as it came.
    pub(crate) fn document(&self) -> Option<Value> {
        serde_json::from_reader(DeflateDecoder::new(&*self.document)).ok()
    }
}

impl Hash for CustomSchema {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.document.hash(state);
    }
}
