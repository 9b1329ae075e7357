//! The administrator's kubeconfig (<https://kubernetes.io/docs/reference/config-api/kubeconfig.v1>).

use crate::{
    Error,
    pki::{Pki, write_atomically},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{net::SocketAddr, path::Path};

/// The text of a kubeconfig with the administrator's certificate for the API server at `address`.
#[must_use]
pub fn render(pki: &Pki, address: SocketAddr) -> String {
    let data = |pem: &str| STANDARD.encode(pem);
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: minke\n  cluster:\n    server: https://{address}\n    \
         certificate-authority-data: {ca}\nusers:\n- name: kubernetes-admin\n  user:\n    client-certificate-data: {certificate}\n    \
         client-key-data: {key}\ncontexts:\n- name: minke\n  context:\n    cluster: minke\n    user: kubernetes-admin\ncurrent-context: minke\n",
        ca = data(&pki.ca.certificate),
        certificate = data(&pki.admin.certificate),
        key = data(&pki.admin.key),
    )
}

/// Writes the kubeconfig, readable by its owner only.
pub fn write(path: &Path, pki: &Pki, address: SocketAddr) -> Result<(), Error> {
    write_atomically(path, render(pki, address).as_bytes(), 0o600)
        .map_err(|source| Error::Kubeconfig { path: path.into(), source })
}
