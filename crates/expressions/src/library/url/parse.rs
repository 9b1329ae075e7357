//! A URL taken apart.

use std::fmt::Write;

/// The parts of a URL that expressions can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub text: String,
    pub scheme: String,
    /// With the port.
    pub host: String,
    /// Without escapes.
    pub path: String,
    /// As it was written, if that is a valid escape of the path.
    raw_path: Option<String>,
    query: String,
}

/// Reads an absolute URL, or a path from the root.
pub fn parse(text: &str) -> Result<Url, String> {
    let fail = |why: &str| format!("parse {text:?}: {why}");
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err(fail("net/url: invalid control character in URL"));
    }
    if text.is_empty() {
        return Err(fail("empty url"));
    }
    let (scheme, rest) = scheme(text).map_err(fail)?;
    let without_fragment = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let (hierarchy, query) = without_fragment.split_once('?').unwrap_or((without_fragment, ""));
    if !hierarchy.starts_with('/') {
        if scheme.is_empty() {
            return Err(fail("invalid URI for request"));
        }
        // What is no path is opaque: nothing of it shows.
        return Ok(Url {
            text: text.to_owned(),
            scheme,
            host: String::new(),
            path: String::new(),
            raw_path: None,
            query: query.to_owned(),
        });
    }
    let (host, path) =
        match hierarchy.strip_prefix("//").filter(|_| !scheme.is_empty() || !hierarchy.starts_with("///")) {
            Some(authority) if !scheme.is_empty() => {
                let end = authority.find('/').unwrap_or(authority.len());
                (authority_host(&authority[..end]).map_err(|why| fail(&why))?, &authority[end..])
            }
            _ => (String::new(), hierarchy),
        };
    let unescaped = unescape(path).ok_or_else(|| fail(&format!("invalid URL escape {:?}", bad_escape(path))))?;
    let raw_path = (escape_path(&unescaped) != path && is_valid_encoding(path)).then(|| path.to_owned());
    Ok(Url { text: text.to_owned(), scheme, host, path: unescaped, raw_path, query: query.to_owned() })
}

/// The scheme in lower case, and what follows its colon.
fn scheme(text: &str) -> Result<(String, &str), &'static str> {
    for (index, character) in text.char_indices() {
        match character {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if index > 0 => {}
            ':' if index == 0 => return Err("missing protocol scheme"),
            ':' => return Ok((text[..index].to_ascii_lowercase(), &text[index + 1..])),
            _ => break,
        }
    }
    Ok((String::new(), text))
}

/// The host of an authority, with its port.
fn authority_host(authority: &str) -> Result<String, String> {
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if user.is_some_and(|user| !user.chars().all(allowed)) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, port) = match host.strip_prefix('[') {
        Some(_) => {
            let end = host.rfind(']').ok_or("missing ']' in host")?;
            (&host[..=end], &host[end + 1..])
        }
        None => host.find(':').map_or((host, ""), |colon| host.split_at(colon)),
    };
    if !is_valid_port(port) {
        return Err(format!("invalid port {port:?} after host"));
    }
    if let Some(character) = name.chars().find(|c| " \"<>\\^`{|}".contains(*c)) {
        return Err(format!("invalid character {:?} in host name", character.to_string()));
    }
    let unescaped = unescape(name).ok_or_else(|| format!("invalid URL escape {:?}", bad_escape(name)))?;
    Ok(format!("{unescaped}{port}"))
}

fn is_valid_port(port: &str) -> bool {
    port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let digits = after.get(..2)?;
            let hexadecimal = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_hexdigit))?;
            bytes.push(u8::from_str_radix(hexadecimal, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first escape that is none, for messages.
fn bad_escape(text: &str) -> String {
    let is_bad = |(at, _): &(usize, &str)| unescape(&text[*at..]).is_none() && unescape(&text[..*at]).is_some();
    text.match_indices('%').find(is_bad).map_or(String::new(), |(at, _)| text[at..].chars().take(3).collect())
}

fn escape_path(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// Whether a path as written can stay so.
fn is_valid_encoding(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@[]%/".contains(&byte))
}

impl Url {
    pub fn hostname(&self) -> &str {
        let host = match self.host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            Some((inner, _)) => return inner,
            None => &self.host,
        };
        host.rsplit_once(':').map_or(host, |(name, _)| name)
    }

    pub fn port(&self) -> &str {
        let behind = self.host.rsplit_once(']').map_or(self.host.as_str(), |(_, rest)| rest);
        behind.rsplit_once(':').map_or("", |(_, port)| port)
    }

    pub fn escaped_path(&self) -> String {
        match &self.raw_path {
            Some(raw) => raw.clone(),
            None if self.path == "*" => "*".to_owned(),
            None => escape_path(&self.path),
        }
    }

    /// Keys and values of the query; what cannot be read is left out.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        let plain = |text: &str| unescape(&text.replace('+', " "));
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';'));
        pairs
            .filter_map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((plain(key)?, plain(value)?))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let url = parse("https://user@[::1]:8080/a%20b/c%2Fd?x=1&y=a+b&x=2#f").expect("a URL");
        assert_eq!(
            (url.scheme.as_str(), url.host.as_str(), url.hostname(), url.port()),
            ("https", "[::1]:8080", "::1", "8080")
        );
        assert_eq!(url.escaped_path(), "/a%20b/c%2Fd");
        let pairs: Vec<String> = url.query_pairs().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(pairs, ["x=1", "y=a b", "x=2"]);
        assert_eq!(parse("/path").map(|url| url.path), Ok("/path".to_owned()));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in ["", "../relative", "://x", "https://a:b/", "https://a/%zz", "a\u{1}", "https://[::1/"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
