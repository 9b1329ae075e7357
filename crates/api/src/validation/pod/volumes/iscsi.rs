//! Disks reached over iSCSI.

use crate::validation::required::required;
use k8s_openapi::api::core::v1::{ISCSIVolumeSource, Volume};
use machinery::{
    field::{Error, ErrorList, Path},
    format,
};

const MALFORMED: &str = "must be valid format";
const SESSION_NAME_MAX_LENGTH: usize = 64;

/// `iscsi`.
pub fn iscsi(source: &ISCSIVolumeSource, path: &Path) -> ErrorList {
    let mut errors = required(&[("targetPortal", &source.target_portal), ("iqn", &source.iqn)], path);
    if !source.iqn.is_empty() {
        errors.extend(qualified_name(&source.iqn, &path.child("iqn")));
    }
    if !(0..=255).contains(&source.lun) {
        errors.push(Error::invalid(&path.child("lun"), source.lun, format::inclusive_range_error(0, 255)));
    }
    let authenticates = source.chap_auth_discovery == Some(true) || source.chap_auth_session == Some(true);
    if authenticates && source.secret_ref.is_none() {
        errors.push(Error::required(&path.child("secretRef"), ""));
    }
    if let Some(initiator) = &source.initiator_name {
        errors.extend(qualified_name(initiator, &path.child("initiatorname")));
    }
    errors
}

/// Volume and portal together name the session that an initiator of its own gets.
pub fn session_name(volume: &Volume, path: &Path) -> Option<Error> {
    let source = volume.iscsi.as_ref().filter(|source| source.initiator_name.is_some())?;
    let length = volume.name.len() + ":".len() + source.target_portal.len();
    let detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                  iscsi.initiatorName is specified.";
    (length > SESSION_NAME_MAX_LENGTH).then(|| Error::invalid(&path.child("name"), volume.name.as_str(), detail))
}

/// A name of a node (RFC 3720, section 3.2.6).
fn qualified_name(name: &str, path: &Path) -> Option<Error> {
    let good = match name.get(..3) {
        Some("iqn") => name.match_indices("iqn.").any(|(start, prefix)| is_iqn(&name[start + prefix.len()..])),
        Some("eui") => has_identifier(name, 16),
        Some("naa") => has_identifier(name, 32),
        _ => return Some(Error::invalid(path, name, format!("{MALFORMED} starting with iqn, eui, or naa"))),
    };
    (!good).then(|| Error::invalid(path, name, MALFORMED))
}

/// What follows `iqn.`: year and month, a domain the other way round, a colon and a text of the domain's owner.
fn is_iqn(rest: &str) -> bool {
    let Some((date, rest)) = rest.split_once('.') else { return false };
    let Some((authority, own)) = rest.split_once(':') else { return false };
    let is_number = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let dated = date.split_once('-').is_some_and(|(year, month)| is_number(year, 4) && is_number(month, 2));
    let in_domain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let in_own = |character: char| !",;*&$|\t\n\u{c}\r ".contains(character);
    dated && !authority.is_empty() && authority.bytes().all(in_domain) && !own.is_empty() && own.chars().all(in_own)
}

/// After three letters and a separator so many letters and digits.
fn has_identifier(name: &str, length: usize) -> bool {
    let mut rest = name.chars();
    let separator = rest.nth(3);
    let identifier = rest.as_str();
    separator.is_some_and(|separator| separator != '\n')
        && identifier.len() == length
        && identifier.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::qualified_name;
    use machinery::field::Path;

    #[test]
    fn names_of_nodes() {
        let cases = [
            ("iqn.2015-02.example.com:test", None),
            ("iqn.2017-05.com.example.com:disk1:a", None),
            ("iqn.2015-02.example.com:a b", Some("must be valid format")),
            ("iqn.2015-02.example.com", Some("must be valid format")),
            ("iqn.201-02.example.com:a", Some("must be valid format")),
            ("iqn2015-02.example.com:a", Some("must be valid format")),
            ("eui.0123456789ABCDEF", None),
            ("eui.0123456789ABCDEFGH", Some("must be valid format")),
            ("naa.62004567BA64678D0123456789ABCDEF", None),
            ("naa.62004567BA_4678D0123456789ABCDEF", Some("must be valid format")),
            ("example.com", Some("must be valid format starting with iqn, eui, or naa")),
            ("é", Some("must be valid format starting with iqn, eui, or naa")),
        ];
        for (name, expected) in cases {
            let found = qualified_name(name, &Path::new("iqn")).map(|error| error.detail);
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }
}
