//! What a write takes beyond the right to its request: who creates by an update must be allowed to create, and nobody
//! grants what they do not have (`pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased`).

use crate::{
    admission::{Attributes, Operation, is_all_that_changes},
    authorization::{Authorizer, Decision},
    user::User,
};
use api::{
    authorization,
    kinds::{CLUSTER_ROLE, ROLE},
    rbac::{self, Missing, RoleKind, Rule},
};
use machinery::status::Status;
use serde_json::Value;

/// Whether the writer may create what it wanted to update.
pub(super) async fn create(authorizer: &Authorizer, attributes: &Attributes<'_>) -> Result<(), Status> {
    let kind = &attributes.target.kind;
    let request = authorization::Attributes {
        verb: "create",
        group: &kind.group,
        version: &kind.version,
        resource: &kind.plural,
        namespace: &attributes.target.namespace,
        name: attributes.name,
        ..authorization::Attributes::default()
    };
    authorizer.authorize(attributes.user, &request).await
}

/// Whether the writer may grant what it makes of a role or binding. The attributes are those of the request, which may
/// create what it wants to update.
pub(super) async fn grant(
    authorizer: &Authorizer,
    attributes: &Attributes<'_>,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Status> {
    let user = attributes.user;
    if attributes.target.kind.group != rbac::GROUP || Authorizer::is_superuser(user) {
        return Ok(());
    }
    if old.is_some_and(|old| is_all_that_changes(old, new)) {
        return Ok(());
    }
    match new.get("roleRef") {
        Some(role) => bind(authorizer, attributes, role).await.map_err(|cause| cause.of(attributes, new)),
        None => escalate(authorizer, attributes, old, new).await.map_err(|cause| cause.of(attributes, new)),
    }
}

/// Why something is not granted.
enum Refusal {
    Status(Status),
    /// The cause of a 403.
    Cause(String),
}

impl Refusal {
    fn of(self, attributes: &Attributes<'_>, object: &Value) -> Status {
        match self {
            Self::Status(status) => status,
            Self::Cause(cause) => attributes.forbidden(Some(object), cause),
        }
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

/// Writes to roles: whoever has the right to `escalate` them may, and who has the rules already.
async fn escalate(
    authorizer: &Authorizer,
    attributes: &Attributes<'_>,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Refusal> {
    let (kind, namespace) = (&attributes.target.kind, &attributes.target.namespace);
    // A request that creates names no object in its path: a right to those of some names is none to create them.
    let name = if attributes.operation == Operation::Create { "" } else { attributes.name };
    let explicit = request("escalate", &kind.plural, namespace, name);
    if allows(authorizer, attributes.user, &explicit).await? {
        return Ok(());
    }
    confirm(authorizer, attributes.user, namespace, &rbac::rules(new)).await?;
    let is_aggregated = |role: &Value| {
        role["aggregationRule"]["clusterRoleSelectors"].as_array().is_some_and(|selectors| !selectors.is_empty())
    };
    if is_aggregated(new) || old.is_some_and(is_aggregated) {
        // What it selects may be anything.
        let everything = confirm(authorizer, attributes.user, namespace, &rbac::everything()).await;
        everything.map_err(|refusal| match refusal {
            Refusal::Cause(_) => Refusal::Cause("must have cluster-admin privileges to use the aggregationRule".into()),
            status @ Refusal::Status(_) => status,
        })?;
    }
    Ok(())
}

/// Writes to bindings: whoever has the right to `bind` the role may, and who has its rules already.
async fn bind(authorizer: &Authorizer, attributes: &Attributes<'_>, role: &Value) -> Result<(), Refusal> {
    let (kind, name) = (RoleKind::of(role), role["name"].as_str().unwrap_or_default());
    // A binding of anything else is not valid, which its validation tells next.
    let Some(kind) = kind else { return Ok(()) };
    let namespace = &attributes.target.namespace;
    if allows(authorizer, attributes.user, &request("bind", kind.plural(), namespace, name)).await? {
        return Ok(());
    }
    let wanted = Missing { kind, name: name.to_owned() };
    let rules = authorizer.role(&wanted, namespace).await.map_err(|missing| not_found(&missing))?;
    confirm(authorizer, attributes.user, namespace, &rules).await
}

fn not_found(missing: &Missing) -> Status {
    let kind = if missing.kind == RoleKind::Role { ROLE } else { CLUSTER_ROLE };
    Status::not_found(&kind, &missing.name)
}

/// Whether a user has all of these rules itself (`ConfirmNoEscalation`).
async fn confirm(authorizer: &Authorizer, user: &User, namespace: &str, rules: &[Rule]) -> Result<(), Refusal> {
    let (owned, unresolved) = authorizer.rules_of(user, namespace).await?;
    let missing = rbac::missing(&owned, rules);
    if missing.is_empty() {
        return Ok(());
    }
    let refusal = rbac::refusal(&user.name, &user.groups, missing);
    let unresolved = if unresolved.is_empty() { unresolved } else { format!("; resolution errors: [{unresolved}]") };
    Err(Refusal::Cause(refusal + &unresolved))
}

async fn allows(authorizer: &Authorizer, user: &User, request: &authorization::Attributes<'_>) -> Result<bool, Status> {
    Ok(matches!(authorizer.decide(user, request).await?, Decision::Allow(_)))
}

fn request<'a>(verb: &'a str, resource: &'a str, namespace: &'a str, name: &'a str) -> authorization::Attributes<'a> {
    let attributes =
        authorization::Attributes { verb, resource, namespace, name, ..authorization::Attributes::default() };
    authorization::Attributes { group: rbac::GROUP, version: "*", ..attributes }
}
