//! Logging in when a request is refused. `oci_client` asks `/v2/` how, and takes an answer without a challenge for a
//! registry that is open to all; some registries answer so and refuse what is not public. Then the refused request itself
//! tells, as for containerd (`core/remotes/docker/authorizer.go`).

use super::{CONNECT_TIMEOUT, PROGRESS_TIMEOUT, USER_AGENT, challenge::Challenge};
use oci_client::{
    errors::OciDistributionError,
    secrets::RegistryAuth,
    token_cache::{RegistryToken, RegistryTokenType},
};
use reqwest::{Certificate, Client, StatusCode, header::WWW_AUTHENTICATE};

/// What logging in needs to know of the host.
pub(super) struct Login {
    /// `https://host/`: nobody else is shown anything.
    pub base: String,
    pub repository: String,
    pub skip_verify: bool,
    /// Certificate authorities, in PEM.
    pub ca: Option<Vec<u8>>,
}

impl Login {
    /// Asks `url`, which was refused, what it wants to be shown, and gets it. `None`: there is nothing that would help.
    pub async fn after(
        &self,
        url: &str,
        auth: &RegistryAuth,
    ) -> Result<Option<RegistryTokenType>, OciDistributionError> {
        if !url.starts_with(&self.base) || matches!(auth, RegistryAuth::Bearer(_)) {
            return Ok(None);
        }
        let client = self.client()?;
        let refusal = client.head(url).send().await?;
        let headers = refusal.headers().get_all(WWW_AUTHENTICATE).iter();
        let offers: Vec<&str> = headers.filter_map(|header| header.to_str().ok()).collect();
        match (Challenge::parse(&offers.join(", ")), auth) {
            (Some(Challenge::Basic), RegistryAuth::Basic(user, password)) => {
                Ok(Some(RegistryTokenType::Basic(user.clone(), password.clone())))
            }
            (Some(Challenge::Bearer { realm, service, scope }), _) => {
                let scope = scope.unwrap_or_else(|| format!("repository:{}:pull", self.repository));
                let service = service.map(|service| ("service", service));
                let query: Vec<_> = [("scope", scope)].into_iter().chain(service).collect();
                token(&client, &realm, &query, auth).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    fn client(&self) -> Result<Client, OciDistributionError> {
        let mut builder = Client::builder()
            .tls_danger_accept_invalid_certs(self.skip_verify)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(PROGRESS_TIMEOUT)
            .user_agent(USER_AGENT);
        if let Some(pem) = &self.ca {
            builder = builder.tls_certs_merge(Certificate::from_pem_bundle(pem)?);
        }
        Ok(builder.build()?)
    }
}

async fn token(
    client: &Client,
    realm: &str,
    query: &[(&str, String)],
    auth: &RegistryAuth,
) -> Result<RegistryTokenType, OciDistributionError> {
    let mut request = client.get(realm).query(query);
    if let RegistryAuth::Basic(user, password) = auth {
        request = request.basic_auth(user, Some(password));
    }
    let answer = request.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    if status != StatusCode::OK {
        return Err(OciDistributionError::AuthenticationFailure(text));
    }
    let token: RegistryToken = serde_json::from_str(&text)
        .map_err(|error| OciDistributionError::RegistryTokenDecodeError(error.to_string()))?;
    Ok(RegistryTokenType::Bearer(token))
}
