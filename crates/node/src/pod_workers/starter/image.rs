//! What a container takes over from its image.

use crate::{
    Error, blocking,
    container::{self, UserFromImage, user},
};
use k8s_openapi::api::core::v1::{Container, Pod};
use runtime::images::Image;

/// The image as the container depends on it. Its user is looked up in the image's files.
pub async fn for_container(image: &Image, pod: &Pod, container: &Container) -> Result<container::Image, Error> {
    let config = oci_config(image);
    let (image, requested) = (image.clone(), user::requested(pod, container, &config));
    let user = blocking::run(move || image.resolve_user(&requested)).await?;
    let user = UserFromImage { uid: user.uid, gid: user.gid, groups: user.additional_gids, home: user.home };
    Ok(container::Image { config, user })
}

/// The image's configuration as the OCI document that specifications are made from.
fn oci_config(image: &Image) -> oci_spec::image::Config {
    let from = &image.config;
    let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut config = oci_spec::image::Config::default();
    config.set_entrypoint(some(&from.entrypoint));
    config.set_cmd(some(&from.cmd));
    config.set_env(some(&from.env));
    config.set_working_dir(text(&from.working_dir));
    config.set_user(text(&from.user));
    config.set_stop_signal(from.stop_signal.clone());
    config
}
