//! How others recognize the tokens of this cluster (`OpenID` Connect Discovery 1.0, section 4;
//! `pkg/serviceaccount/openidmetadata.go`).

use super::{ISSUER, TokenKeys};
use serde_json::{Value, json};

/// Where the keys are.
pub const KEYS_PATH: &str = "/openid/v1/jwks";

/// Who issues tokens; `server` is the address of the API server, such as `192.0.2.7:6443`.
pub fn configuration(server: &str) -> Value {
    json!({
        "issuer": ISSUER,
        "jwks_uri": format!("https://{server}{KEYS_PATH}"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    })
}

/// The keys that tokens are signed with.
pub fn key_set(keys: &TokenKeys) -> Value {
    json!({"keys": keys.public()})
}
