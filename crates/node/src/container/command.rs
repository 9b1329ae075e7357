//! What a container runs, and where.

use super::environment::Environment;
use k8s_openapi::api::core::v1::Container;
use std::path::PathBuf;

/// The arguments of the process: `command` replaces the image's entrypoint and its arguments, `args` the arguments
/// alone. References to the variables that the pod's spec sets are replaced, in what the spec gives.
pub(crate) fn arguments(
    container: &Container,
    image: &oci_spec::image::Config,
    environment: &Environment,
) -> Vec<String> {
    let given = |list: &Option<Vec<String>>| list.clone().filter(|list| !list.is_empty());
    let expanded = |list: Vec<String>| list.iter().map(|text| environment.expand(text)).collect::<Vec<_>>();
    let command = given(&container.command).map(expanded);
    let args = given(&container.args).map(expanded);
    let (command, args) = match (command, args) {
        (Some(command), args) => (command, args.unwrap_or_default()),
        (None, Some(args)) => (given(image.entrypoint()).unwrap_or_default(), args),
        (None, None) => (given(image.entrypoint()).unwrap_or_default(), given(image.cmd()).unwrap_or_default()),
    };
    [command, args].concat()
}

/// The working directory: the spec's, the image's, the root.
pub(crate) fn working_directory(container: &Container, image: &oci_spec::image::Config) -> PathBuf {
    let given = |path: &Option<String>| path.clone().filter(|path| !path.is_empty());
    given(&container.working_dir).or_else(|| given(image.working_dir())).unwrap_or_else(|| "/".to_owned()).into()
}
