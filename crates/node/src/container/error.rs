//! Why no container can be made from a pod's spec. The texts are the kubelet's: users see them as the message of
//! `CreateContainerConfigError`.

/// Why no container can be made from the spec.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("configmap {0:?} not found")]
    ConfigMapNotFound(String),
    #[error("secret {0:?} not found")]
    SecretNotFound(String),
    #[error("couldn't find key {key} in ConfigMap {namespace}/{name}")]
    ConfigMapKeyNotFound { namespace: String, name: String, key: String },
    #[error("couldn't find key {key} in Secret {namespace}/{name}")]
    SecretKeyNotFound { namespace: String, name: String, key: String },
    #[error("container has runAsNonRoot and image will run as root (pod: {pod:?}, container: {container})")]
    ImageRunsAsRoot { pod: String, container: String },
    #[error("container's runAsUser breaks non-root policy (pod: {pod:?}, container: {container})")]
    RunAsRoot { pod: String, container: String },
    #[error(
        "container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root \
         (pod: {pod:?}, container: {container})"
    )]
    NonNumericUser { user: String, pod: String, container: String },
    #[error("cannot find volume {volume:?} to mount into container {container:?}")]
    VolumeNotFound { volume: String, container: String },
    /// Raw block volumes: this node sets up none.
    #[error("cannot find volume {volume:?} to pass into container {container:?}")]
    DeviceNotFound { volume: String, container: String },
    #[error("unsupported fieldPath: {0}")]
    FieldPath(String),
    #[error("unsupported container resource : {0}")]
    Resource(String),
    #[error("container {0} not found")]
    ContainerNotFound(String),
    #[error("environment variable {0}: fileKeyRef is not supported by this node")]
    FileKeyRef(String),
    #[error("missing value for {0}")]
    SubPathVariable(String),
    #[error("error SubPath `{0}` must not be an absolute path")]
    SubPathAbsolute(String),
    #[error("unable to provision SubPath `{0}`: must not contain '..'")]
    SubPathBacksteps(String),
    /// More than the kernel lets a process have (`E2BIG`).
    #[error(
        "argument list too long: what the container's command, arguments and environment stand for is more than the kernel takes"
    )]
    ArgumentListTooLong,
    /// The kubelet's words, which show nothing of the node's files.
    #[error("failed to prepare subPath for volumeMount {mount:?} of container {container:?}")]
    SubPathNotPrepared { mount: String, container: String },
    #[error("SubPath `{0}` is longer than a path can be")]
    SubPathTooLong(String),
    #[error("unknown capability {0:?}")]
    Capability(String),
    #[error("seccomp profile {0:?} of the node could not be used: {1}")]
    SeccompProfile(String, String),
}
