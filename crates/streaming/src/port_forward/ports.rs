//! Ports as clients write them.

/// The ports that a request's query names, each of which takes two of so many channels.
pub fn parse(named: &[String], channels: usize) -> Result<Vec<u16>, String> {
    if named.is_empty() {
        return Err(r#"query parameter "port" is required"#.to_owned());
    }
    let mut ports = Vec::new();
    for text in named {
        if text.is_empty() {
            return Err(r#"query parameter "port" cannot be empty"#.to_owned());
        }
        for part in text.split(',') {
            ports.push(parse_one(text, part)?);
        }
    }
    let most = channels / 2;
    if ports.len() > most { Err(format!("at most {most} ports can be forwarded")) } else { Ok(ports) }
}

/// One port; `text` is what it stands in.
pub fn parse_one(text: &str, number: &str) -> Result<u16, String> {
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let why = if digits { "value out of range" } else { "invalid syntax" };
    let failed = || format!("unable to parse {text:?} as a port: strconv.ParseUint: parsing {number:?}: {why}");
    match number.parse().ok().filter(|_| digits) {
        Some(0) => Err(format!("port {text:?} must be > 0")),
        Some(port) => Ok(port),
        None => Err(failed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_named_one_by_one_or_together() {
        for (named, expected) in [
            (&["80"][..], Ok(vec![80])),
            (&["80,443", "8080"], Ok(vec![80, 443, 8080])),
            (&[], Err(r#"query parameter "port" is required"#)),
            (&["1,2", "3,4"], Err("at most 3 ports can be forwarded")),
            (&[""], Err(r#"query parameter "port" cannot be empty"#)),
            (&["0"], Err(r#"port "0" must be > 0"#)),
            (&["80,x"], Err(r#"unable to parse "80,x" as a port: strconv.ParseUint: parsing "x": invalid syntax"#)),
            (&["+80"], Err(r#"unable to parse "+80" as a port: strconv.ParseUint: parsing "+80": invalid syntax"#)),
            (
                &["65536"],
                Err(r#"unable to parse "65536" as a port: strconv.ParseUint: parsing "65536": value out of range"#),
            ),
        ] {
            let named: Vec<String> = named.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(parse(&named, 6), expected.map_err(str::to_owned), "{named:?}");
        }
    }
}
