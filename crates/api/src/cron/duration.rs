//! Whether a text is a duration as Go writes them (`time.ParseDuration`): `1h30m`, `-1.5s`, `0`.

const UNITS: [&str; 8] = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];

pub(super) fn parse_duration(text: &str) -> Result<(), String> {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return Err(format!("time: invalid duration {text:?}"));
    }
    while !rest.is_empty() {
        let behind = rest.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
        let number = &rest[..rest.len() - behind.len()];
        let is_number = number.bytes().any(|byte| byte.is_ascii_digit()) && number.matches('.').count() <= 1;
        if !is_number {
            return Err(format!("time: invalid duration {text:?}"));
        }
        let next = behind.find(|character: char| character.is_ascii_digit() || character == '.');
        let (unit, behind) = behind.split_at(next.unwrap_or(behind.len()));
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {text:?}"));
        }
        if !UNITS.contains(&unit) {
            return Err(format!("time: unknown unit {unit:?} in duration {text:?}"));
        }
        rest = behind;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_numbers_and_units() {
        for (text, expected) in [
            ("1h30m", None),
            ("-1.5s", None),
            (".5ms", None),
            ("0", None),
            ("", Some("time: invalid duration \"\"")),
            ("h", Some("time: invalid duration \"h\"")),
            ("1..5s", Some("time: invalid duration \"1..5s\"")),
            ("1h30", Some("time: missing unit in duration \"1h30\"")),
            ("1d", Some("time: unknown unit \"d\" in duration \"1d\"")),
        ] {
            assert_eq!(parse_duration(text).err().as_deref(), expected, "{text}");
        }
    }
}
