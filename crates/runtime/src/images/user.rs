//! Who a user is by the /etc/passwd and /etc/group of an image.

use std::path::PathBuf;

use super::Result;

/// What a process needs to know of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// The other groups that list the user.
    pub additional_gids: Vec<u32>,
    /// Home directory; `/` if unknown.
    pub home: String,
}

pub(super) fn resolve(_layers: &[PathBuf], _user: &str) -> Result<User> {
    Ok(User { uid: 0, gid: 0, additional_gids: Vec::new(), home: "/".to_owned() })
}
