//! In which form a client wants objects: as they are, as a table, or their metadata only
//! (`k8s.io/apiserver/pkg/endpoints/handlers/negotiation`).

use machinery::{field, openapi::PROTOBUF_MEDIA_TYPES, status::Status};

/// The form of objects in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As they are.
    Object,
    /// `meta.k8s.io/v1` `PartialObjectMetadata`.
    Metadata,
    /// `meta.k8s.io/v1` `Table`.
    Table(Include),
}

/// What a row of a table carries of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    None,
    /// Its metadata.
    Metadata,
    /// All of it.
    Object,
}

impl Include {
    /// Reads the `includeObject` parameter (`ValidateTableOptions`).
    fn from_parameter(text: &str) -> Result<Self, Status> {
        match text {
            "" | "Metadata" => Ok(Self::Metadata),
            "None" => Ok(Self::None),
            "Object" => Ok(Self::Object),
            other => {
                let detail = "must be 'Metadata', 'Object', 'None', or empty";
                let error = field::Error::invalid(&field::Path::new("includeObject"), other, detail);
                Err(Status::bad_request(format!("Unable to convert to Table as requested: {error}")))
            }
        }
    }
}

/// The first of the forms in an Accept header that this server knows; `include` is the parameter `includeObject`.
/// Without it the objects have neither rows nor metadata: they are answers, such as reviews.
pub fn form(accept: &str, include: Option<&str>) -> Result<Form, Status> {
    if accept.is_empty() {
        return Ok(Form::Object);
    }
    let known = accept.split(',').find_map(|clause| clause_form(clause, include));
    known.unwrap_or_else(|| Err(Status::not_acceptable(&["application/json"])))
}

fn clause_form(clause: &str, include: Option<&str>) -> Option<Result<Form, Status>> {
    let mut parts = clause.split(';').map(str::trim);
    if !matches!(parts.next()?, "application/json" | "application/*" | "*/*") {
        return None;
    }
    let parameters: Vec<_> = parts.filter_map(|part| part.split_once('=')).collect();
    let value = |name| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let current = value("g") == Some("meta.k8s.io") && value("v") == Some("v1");
    match value("as") {
        None => Some(Ok(Form::Object)),
        Some("Table") if current => include.map(|text| Include::from_parameter(text).map(Form::Table)),
        Some("PartialObjectMetadata" | "PartialObjectMetadataList") if current => include.map(|_| Ok(Form::Metadata)),
        Some(_) => None,
    }
}

/// Whether a client prefers the aggregated discovery document (KEP-3352), and in which version.
pub fn aggregated_discovery(accept: &str) -> Option<&'static str> {
    let wants = |clause: &&str| clause.contains("as=APIGroupDiscoveryList") && clause.contains("g=apidiscovery.k8s.io");
    accept.split(',').filter(wants).find_map(|clause| {
        ["v2", "v2beta1"]
            .into_iter()
            .find(|version| clause.split(';').any(|part| part.trim().strip_prefix("v=") == Some(version)))
    })
}

/// How `OpenAPI` version 2 is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenApiForm {
    /// As it is specified.
    Json,
    /// As gnostic has it.
    Protobuf,
}

/// The first form of `OpenAPI` version 2 that an Accept header knows.
pub fn openapi_v2(accept: &str) -> Result<OpenApiForm, Status> {
    let form = |clause: &str| match clause.split(';').next().unwrap_or_default().trim() {
        "" | "application/json" | "application/*" | "*/*" => Some(OpenApiForm::Json),
        media_type => PROTOBUF_MEDIA_TYPES.contains(&media_type).then_some(OpenApiForm::Protobuf),
    };
    let [protobuf, _] = PROTOBUF_MEDIA_TYPES;
    accept.split(',').find_map(form).ok_or_else(|| Status::not_acceptable(&["application/json", protobuf]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_form_wins() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        for (accept, expected) in [
            ("", Ok(Form::Object)),
            ("*/*", Ok(Form::Object)),
            ("application/json", Ok(Form::Object)),
            ("application/vnd.kubernetes.protobuf,application/json", Ok(Form::Object)),
            (table, Ok(Form::Table(Include::Metadata))),
            ("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", Ok(Form::Metadata)),
            ("application/json;as=Table;v=v9;g=meta.k8s.io, application/json", Ok(Form::Object)),
            ("application/vnd.kubernetes.protobuf", Err(406)),
        ] {
            assert_eq!(form(accept, Some("")).map_err(|status| status.code()), expected, "{accept}");
        }
        assert_eq!(form(table, None), Ok(Form::Object));
        assert_eq!(form(table, Some("Object")), Ok(Form::Table(Include::Object)));
        assert_eq!(
            form(table, Some("Foo")).unwrap_err().to_string(),
            "Unable to convert to Table as requested: includeObject: Invalid value: \"Foo\": must be 'Metadata', 'Object', 'None', or empty"
        );
        assert!(form("application/json;as=Table;v=v1;g=meta.k8s.io", None).is_err());
    }

    #[test]
    fn openapi_version_2_has_two_forms() {
        let [protobuf, older] = PROTOBUF_MEDIA_TYPES;
        for (accept, expected) in [
            ("", Ok(OpenApiForm::Json)),
            ("*/*", Ok(OpenApiForm::Json)),
            (protobuf, Ok(OpenApiForm::Protobuf)),
            (older, Ok(OpenApiForm::Protobuf)),
            (&format!("{protobuf};q=1, application/json"), Ok(OpenApiForm::Protobuf)),
            ("text/html, application/json", Ok(OpenApiForm::Json)),
            ("text/html", Err(406)),
        ] {
            assert_eq!(openapi_v2(accept).map_err(|status| status.code()), expected, "{accept}");
        }
    }

    #[test]
    fn aggregated_discovery_is_asked_for_by_version() {
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        assert_eq!(aggregated_discovery(accept), Some("v2"));
        assert_eq!(aggregated_discovery("application/json"), None);
    }
}
