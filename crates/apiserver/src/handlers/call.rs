//! A request about a resource, ready to be answered.

use crate::{
    action::{Action, Verb},
    admission::{Attributes, Operation},
    backend::Backend,
    body::{self, RequestBody, ResponseBody},
    negotiation::{self, Form},
    options::{DeleteOptions, Query, WriteOptions, Writing},
    presentation::Presentation,
    registry::Written,
    response,
    user::User,
};
use api::{TABLES, authorization};
use http::{HeaderMap, Response, header};
use hyper::upgrade::OnUpgrade;
use jiff::Timestamp;
use machinery::{
    kind::Kind,
    protobuf,
    serializer::{self, Document},
    status::Status,
    strategy::Part,
};

/// What a handler gives back.
pub type Answer = Result<Response<ResponseBody>, Status>;

/// A request, all but its body.
pub struct Call<'a> {
    pub backend: &'a Backend,
    /// Who calls.
    pub user: &'a User,
    pub action: Action,
    pub query: Query,
    pub headers: HeaderMap,
    /// What becomes of the connection when the answer is another protocol.
    pub upgrade: Option<OnUpgrade>,
}

impl Call<'_> {
    /// The resource's kind, in the version that the client speaks.
    pub fn kind(&self) -> &Kind {
        &self.action.target.kind
    }

    /// Lets the caller through who may also do `verb`, to the same part of the same object.
    pub async fn authorize(&self, verb: Verb) -> Result<(), Status> {
        let Action { target, name, .. } = &self.action;
        let request = authorization::Attributes {
            verb: verb.name(),
            group: &target.kind.group,
            version: &target.kind.version,
            namespace: &target.namespace,
            resource: &target.kind.plural,
            subresource: self.action.part(),
            name,
            ..authorization::Attributes::default()
        };
        self.backend.registry.authorizer.authorize(self.user, &request).await
    }

    /// How the client wants objects of the resource.
    pub fn presentation(&self) -> Result<Presentation, Status> {
        self.presentation_of(self.kind())
    }

    /// How the client wants objects of a kind. Only what can be read comes as a table.
    pub fn presentation_of(&self, kind: &Kind) -> Result<Presentation, Status> {
        let verbs = self.action.subresource.as_ref().map_or(self.kind().verbs, |subresource| subresource.verbs);
        let include = verbs.contains(&"get").then(|| self.query.text("includeObject"));
        let form: Form = negotiation::form(self.header(&header::ACCEPT), include)?;
        Ok(Presentation { kind: kind.clone(), form, now: Timestamp::now() })
    }

    /// Reads the body as an object.
    pub async fn document(&self, body: RequestBody) -> Result<Document, Status> {
        self.parse(&body::read(body).await?)
    }

    /// Reads the body as an object, if there is one.
    pub async fn optional_document(&self, body: RequestBody) -> Result<Option<Document>, Status> {
        let body = body::read(body).await?;
        if body.is_empty() { Ok(None) } else { self.parse(&body).map(Some) }
    }

    fn parse(&self, body: &[u8]) -> Result<Document, Status> {
        match self.media_type() {
            "" | "application/json" => serializer::parse_json(body),
            "application/yaml" => serializer::parse_yaml(body),
            protobuf::MEDIA_TYPE => protobuf::decode(&TABLES, body).map(Document::from),
            _ => Err(Status::unsupported_media_type(&["application/json", "application/yaml", protobuf::MEDIA_TYPE])),
        }
    }

    /// In which form the body is written.
    pub fn media_type(&self) -> &str {
        self.header(&header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim()
    }

    fn header(&self, name: &header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The options of a write.
    pub fn write_options(&self, writing: Writing) -> Result<WriteOptions, Status> {
        WriteOptions::from_query(&self.query, writing, self.header(&header::USER_AGENT))
    }

    /// The options of a deletion.
    pub async fn delete_options(&self, body: RequestBody) -> Result<DeleteOptions, Status> {
        let body = self.optional_document(body).await?.map(|document| document.value);
        DeleteOptions::from_request(body, &self.query)
    }

    /// The write that is asked for.
    pub fn attributes<'a>(&'a self, operation: Operation, options: &'a WriteOptions) -> Attributes<'a> {
        let Action { target, name, .. } = &self.action;
        let subresource = self.action.part();
        let part = Part::of(&target.kind, subresource).unwrap_or(Part::Whole);
        Attributes { user: self.user, operation, target, name, part, subresource, options }
    }
}

/// Answers a write.
pub fn changed(written: Written, presentation: &Presentation) -> Response<ResponseBody> {
    let code = if written.created { 201 } else { 200 };
    let mut response = response::json(code, presentation.text(written.object));
    response::warn(&mut response, &written.warnings);
    response
}
