//! Who a user is by the /etc/passwd and /etc/group of an image, as runc and containerd decide it (moby/sys/user).

use super::{Error, Result, layer};
use std::{
    io::Read,
    path::{Path, PathBuf},
};

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

/// The largest id that is accepted (`math.MaxInt32`).
const LARGEST_ID: u32 = i32::MAX as u32;
/// More than any passwd or group file needs.
const LARGEST_FILE: u64 = 16 << 20;

/// Reads the files of the image with these layers, bottom to top, and decides.
pub(super) fn resolve(layers: &[PathBuf], user: &str) -> Result<User> {
    let passwd = read(layers, "/etc/passwd")?;
    let group = read(layers, "/etc/group")?;
    decide(user, &passwd, &group)
}

/// What a file holds; an image without it has no names.
fn read(layers: &[PathBuf], path: &str) -> Result<String> {
    let Some(file) = layer::find(layers, Path::new(path))? else { return Ok(String::new()) };
    let mut content = Vec::new();
    let read = file.take(LARGEST_FILE).read_to_end(&mut content);
    read.map_err(|error| Error::io("reading from the image", Path::new(path), error))?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

struct Passwd<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

struct Group<'a> {
    name: &'a str,
    gid: u32,
    members: Vec<&'a str>,
}

fn decide(user: &str, passwd: &str, group: &str) -> Result<User> {
    let (user, group_wanted) = user.split_once(':').unwrap_or((user, ""));
    let user = if user.is_empty() { "0" } else { user };
    let number = id(user)?;
    let known = passwd.lines().filter_map(parse_passwd).find(|entry| match number {
        Some(uid) => entry.uid == uid,
        None => entry.name == user,
    });
    let mut decided = match (&known, number) {
        (Some(known), _) => {
            let home = if known.home.is_empty() { "/" } else { known.home };
            User { uid: known.uid, gid: known.gid, additional_gids: Vec::new(), home: home.to_owned() }
        }
        (None, Some(uid)) => User { uid, gid: 0, additional_gids: Vec::new(), home: "/".to_owned() },
        (None, None) => return Err(Error::UnknownUser { user: user.to_owned() }),
    };
    let mut groups = group.lines().filter_map(parse_group);
    if group_wanted.is_empty() {
        if let Some(known) = known {
            let listing = groups.filter(|group| group.members.contains(&known.name));
            decided.additional_gids = listing.map(|group| group.gid).collect();
        }
        return Ok(decided);
    }
    decided.gid = match id(group_wanted)? {
        Some(gid) => gid,
        None => match groups.find(|group| group.name == group_wanted) {
            Some(group) => group.gid,
            None => return Err(Error::UnknownGroup { group: group_wanted.to_owned() }),
        },
    };
    Ok(decided)
}

/// The number that a user or group is given as, if it is one.
fn id(text: &str) -> Result<Option<u32>> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    // However long it is: a number is never a name (CVE-2024-40635).
    let id = text.parse::<i64>().ok().and_then(|id| u32::try_from(id).ok());
    id.filter(|id| *id <= LARGEST_ID).map(Some).ok_or(Error::UserRange)
}

/// passwd(5): name, password, uid, gid, comment, home, shell.
fn parse_passwd(line: &str) -> Option<Passwd<'_>> {
    let mut fields = line.trim().split(':');
    let name = fields.next()?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Passwd { name, uid, gid, home: fields.nth(1).unwrap_or_default() })
}

/// group(5): name, password, gid, members.
fn parse_group(line: &str) -> Option<Group<'_>> {
    let mut fields = line.trim().split(':');
    let name = fields.next()?;
    let gid = fields.nth(1)?.parse().ok()?;
    let members = fields.next().unwrap_or_default().split(',').filter(|member| !member.is_empty());
    Some(Group { name, gid, members: members.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n\
        # a comment\n\
        broken\n\
        web:x:33:34:web:/var/www:/bin/false\n\
        1234:x:77:78::/named-like-a-number:\n\
        4294967296:x:0:0::/:\n\
        99999999999999999999:x:0:0::/:\n\
        huge:x:4294967296:0::/:\n\
        homeless:x:50:51\n";
    const GROUP: &str = "root:x:0:\nweb:x:34:\nlogs:x:90:other,web\nmail:x:91:web\nnumbers:x:92:homeless\n";

    #[test]
    fn users_and_groups_are_found_by_name_and_number() {
        let user = |uid, gid, additional_gids: &[u32], home: &str| {
            Ok(User { uid, gid, additional_gids: additional_gids.to_vec(), home: home.to_owned() })
        };
        let unknown_user = |name: &str| Err(format!("unable to find user {name}: no matching entries in passwd file"));
        let unknown_group = |name: &str| Err(format!("unable to find group {name}: no matching entries in group file"));
        let range = || Err("uids and gids must be in range 0-2147483647".to_owned());
        let table = [
            ("", user(0, 0, &[], "/root")),
            ("0", user(0, 0, &[], "/root")),
            ("root", user(0, 0, &[], "/root")),
            ("web", user(33, 34, &[90, 91], "/var/www")),
            ("33", user(33, 34, &[90, 91], "/var/www")),
            ("web:logs", user(33, 90, &[], "/var/www")),
            ("web:5", user(33, 5, &[], "/var/www")),
            ("33:34", user(33, 34, &[], "/var/www")),
            ("1000", user(1000, 0, &[], "/")),
            ("1000:1000", user(1000, 1000, &[], "/")),
            ("1000:web", user(1000, 34, &[], "/")),
            (":web", user(0, 34, &[], "/root")),
            ("web:", user(33, 34, &[90, 91], "/var/www")),
            ("homeless", user(50, 51, &[92], "/")),
            ("1234", user(1234, 0, &[], "/")),
            ("nobody", unknown_user("nobody")),
            ("nobody:web", unknown_user("nobody")),
            ("web:nogroup", unknown_group("nogroup")),
            ("-1", range()),
            ("2147483648", range()),
            ("0:2147483648", range()),
            ("4294967296", range()),
            ("99999999999999999999", range()),
            ("-99999999999999999999", range()),
            ("0:99999999999999999999", range()),
            ("huge", unknown_user("huge")),
            ("+", unknown_user("+")),
        ];
        for (wanted, expected) in table {
            assert_eq!(decide(wanted, PASSWD, GROUP).map_err(|error| error.to_string()), expected, "{wanted:?}");
        }
    }

    #[test]
    fn an_image_without_the_files_knows_numbers_only() {
        assert_eq!(decide("7:8", "", "").unwrap().gid, 8);
        assert_eq!(decide("", "", "").unwrap().uid, 0);
        assert!(decide("root", "", "").is_err());
    }
}
