//! The name of the node where the user has given none.

/// The longest name of a label and of a whole name (RFC 1123).
const LABEL: usize = 63;
const NAME: usize = 253;
/// For a machine whose name has nothing in it that could name a node.
const NAMELESS: &str = "node";

/// What the machine's host name says in lower case, as the kubelet has it; what cannot be in a node's name becomes `-`.
pub fn from_host_name(host_name: &str) -> String {
    let labels: Vec<String> = host_name.split('.').map(label).filter(|label| !label.is_empty()).collect();
    let name: String = labels.join(".").chars().take(NAME).collect();
    match name.trim_end_matches(['-', '.']) {
        "" => NAMELESS.to_owned(),
        name => name.to_owned(),
    }
}

fn label(text: &str) -> String {
    let permitted = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let label: String = text.trim().to_lowercase().chars().map(permitted).collect();
    let label: String = label.trim_matches('-').chars().take(LABEL).collect();
    label.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_host_name_becomes_a_node_name() {
        let long = "x".repeat(300);
        for (host_name, expected) in [
            ("edge-1.example.com", "edge-1.example.com"),
            ("My_Laptop\n", "my-laptop"),
            ("(none)", "none"),
            ("", "node"),
            ("__", "node"),
            ("..", "node"),
            ("a..b.", "a.b"),
            ("-a-.-b-", "a.b"),
            ("Bücher", "b-cher"),
            (&long, &long[..63]),
            (&vec!["abc"; 100].join("."), &format!("{}.a", vec!["abc"; 63].join("."))),
        ] {
            let name = from_host_name(host_name);
            assert_eq!(name, expected, "{host_name:?}");
            assert!(machinery::format::dns1123_subdomain(&name).is_empty(), "{name:?}");
        }
    }
}
