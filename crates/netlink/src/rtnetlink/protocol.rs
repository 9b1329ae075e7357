//! What all objects of rtnetlink have in common.

/// Splits what the kernel lists of an object into its fixed header and its attributes.
pub fn parts<const HEADER: usize>(body: &[u8]) -> Option<(&[u8; HEADER], &[u8])> {
    body.split_first_chunk()
}

/// The table of a route or rule: one byte of the header, and an attribute where it is too small.
pub fn table_byte(table: u32) -> u8 {
    u8::try_from(table).unwrap_or_default()
}

/// The requests of a kind of object have numbers one after the other (linux/rtnetlink.h).
#[derive(Debug, Clone, Copy)]
pub struct Kinds {
    pub new: u16,
    pub delete: u16,
    pub get: u16,
}

pub const fn kinds(first: u16) -> Kinds {
    Kinds { new: first, delete: first + 1, get: first + 2 }
}
