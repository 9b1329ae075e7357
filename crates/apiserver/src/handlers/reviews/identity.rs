//! Who somebody is.

use super::Call;
use crate::{tokens::ISSUER, user::User};
use machinery::status::Status;
use serde_json::{Value, json};

/// The status of a `SelfSubjectReview`.
pub fn of(user: &User) -> Value {
    json!({"userInfo": user_info(user)})
}

/// The status of a `TokenReview`.
pub async fn of_token(call: &Call<'_>, review: &Value) -> Result<Value, Status> {
    let spec = &review["spec"];
    let token = spec["token"].as_str().unwrap_or_default();
    if token.is_empty() {
        return Err(Status::bad_request("token is required for TokenReview in authentication"));
    }
    let asked = spec["audiences"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let asked: Vec<String> = asked.map(ToOwned::to_owned).collect();
    let audiences = if asked.is_empty() { vec![ISSUER.to_owned()] } else { asked };
    Ok(match call.backend.authenticator.identify(token, &audiences).await? {
        Ok(identity) => {
            json!({"authenticated": true, "user": user_info(&identity.user), "audiences": identity.audiences})
        }
        Err(reason) => json!({"user": {}, "error": reason}),
    })
}

/// `authentication.k8s.io/v1`, `UserInfo`: what is not known of the user is left out.
fn user_info(user: &User) -> Value {
    let mut info = json!({"username": user.name, "groups": user.groups});
    if !user.uid.is_empty() {
        info["uid"] = json!(user.uid);
    }
    if !user.extra.is_empty() {
        info["extra"] = json!(user.extra);
    }
    info
}
