//! What a container runs, and where.

use super::{ConfigError, environment::Environment};
use k8s_openapi::api::core::v1::Container;
use std::path::PathBuf;

/// The arguments of the process: `command` replaces the image's entrypoint and its arguments, `args` the arguments
/// alone. References to the variables that the pod's spec sets are replaced, in what the spec gives.
pub(crate) fn arguments(
    container: &Container,
    image: &oci_spec::image::Config,
    environment: &Environment,
) -> Result<Vec<String>, ConfigError> {
    let given = |list: &Option<Vec<String>>| list.clone().filter(|list| !list.is_empty());
    let list = match (given(&container.command), given(&container.args)) {
        (Some(command), args) => environment.expand_all(&[command, args.unwrap_or_default()].concat())?,
        (None, Some(args)) => [given(image.entrypoint()).unwrap_or_default(), environment.expand_all(&args)?].concat(),
        (None, None) => {
            [given(image.entrypoint()).unwrap_or_default(), given(image.cmd()).unwrap_or_default()].concat()
        }
    };
    Ok(list)
}

/// The working directory: the spec's, the image's, the root.
pub(crate) fn working_directory(container: &Container, image: &oci_spec::image::Config) -> PathBuf {
    let given = |path: &Option<String>| path.clone().filter(|path| !path.is_empty());
    given(&container.working_dir).or_else(|| given(image.working_dir())).unwrap_or_else(|| "/".to_owned()).into()
}
