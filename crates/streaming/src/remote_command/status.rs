//! What became of a program, as its client is told (`metav1.Status`).

use super::Version;
use serde_json::{Value, json};

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has ended well, or what it was attached to has.
    Success,
    /// It has ended with another exit code than 0.
    Exited {
        code: i32,
        /// Names the command.
        message: String,
    },
    /// It could not be run, or attached to.
    Failed(String),
}

impl Outcome {
    /// What is said on the error channel.
    pub(super) fn told(&self, version: Version) -> Vec<u8> {
        if version >= Version::V4 {
            return self.status().to_string().into_bytes();
        }
        match self {
            Self::Success => Vec::new(),
            Self::Exited { .. } | Self::Failed(_) => {
                self.status()["message"].as_str().unwrap_or_default().as_bytes().to_vec()
            }
        }
    }

    fn status(&self) -> Value {
        match self {
            Self::Success => json!({"metadata": {}, "status": "Success"}),
            Self::Exited { code, message } => json!({
                "metadata": {},
                "status": "Failure",
                "message": format!("command terminated with non-zero exit code: {message}"),
                "reason": "NonZeroExitCode",
                "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]},
            }),
            Self::Failed(message) => json!({
                "metadata": {},
                "status": "Failure",
                "message": format!("Internal error occurred: {message}"),
                "reason": "InternalError",
                "details": {"causes": [{"message": message}]},
                "code": 500,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_told_in_their_version() {
        let exited = Outcome::Exited { code: 3, message: "error executing command [sh], exit code 3".to_owned() };
        let text = "command terminated with non-zero exit code: error executing command [sh], exit code 3";
        for version in [Version::V1, Version::V2, Version::V3] {
            assert_eq!(exited.told(version), text.as_bytes());
            assert_eq!(Outcome::Success.told(version), b"");
        }
        let told: Value = serde_json::from_slice(&exited.told(Version::V5)).unwrap();
        assert_eq!((told["status"].as_str(), told["message"].as_str()), (Some("Failure"), Some(text)));
        assert_eq!(told["details"]["causes"], json!([{"reason": "ExitCode", "message": "3"}]));
        let failed: Value = serde_json::from_slice(&Outcome::Failed("no".to_owned()).told(Version::V4)).unwrap();
        assert_eq!(
            (failed["message"].as_str(), failed["code"].as_i64()),
            (Some("Internal error occurred: no"), Some(500))
        );
        assert_eq!(Outcome::Success.told(Version::V4), br#"{"metadata":{},"status":"Success"}"#);
    }
}
