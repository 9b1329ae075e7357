//! The query parameters of a request, read as Kubernetes reads them (`k8s.io/apimachinery/pkg/runtime/conversion.go`).

use machinery::status::Status;

/// Query parameters in their order.
#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Splits a query string.
    pub fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The parameters as a query string.
    pub fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// The parameter's text, `None` if it is absent; of one given twice, the first.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The parameter's text, empty if it is absent.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// All values of a parameter, without the empty ones.
    pub fn list(&self, name: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        values.map(|(_, value)| value.clone()).collect()
    }

    /// All values of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A boolean: all but "0" and "false" means true, also nothing and nonsense.
    pub fn flag(&self, name: &str) -> bool {
        self.optional_flag(name).unwrap_or(false)
    }

    /// Like [`Query::flag`], `None` if absent.
    pub fn optional_flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// A number, `None` if absent.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Status> {
        self.get(name).map(|text| parse_number(text).map_err(Status::bad_request)).transpose()
    }
}

/// `strconv.ParseInt` with its texts.
fn parse_number(text: &str) -> Result<i64, String> {
    text.parse::<i64>().map_err(|_| {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let fault = if is_number { "value out of range" } else { "invalid syntax" };
        format!("strconv.ParseInt: parsing {text:?}: {fault}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_go_reads_them() {
        let query = Query::parse("a=&b=0&c=False&d=foo&n=-3&n=4&x=1e3&y=99999999999999999999&z=");
        let flags = ["a", "b", "c", "d", "e"].map(|name| query.optional_flag(name));
        assert_eq!(flags, [Some(true), Some(false), Some(false), Some(true), None]);
        assert_eq!(query.number("n"), Ok(Some(-3)));
        assert_eq!(query.number("e"), Ok(None));
        assert_eq!(query.list("n"), ["-3", "4"]);
        for (name, message) in [
            ("x", r#"strconv.ParseInt: parsing "1e3": invalid syntax"#),
            ("y", r#"strconv.ParseInt: parsing "99999999999999999999": value out of range"#),
            ("z", r#"strconv.ParseInt: parsing "": invalid syntax"#),
        ] {
            let refusal = query.number(name).unwrap_err();
            assert_eq!((refusal.code(), refusal.to_string().as_str()), (400, message), "{name}");
        }
    }
}
