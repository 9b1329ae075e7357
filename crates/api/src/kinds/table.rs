// The table of built-in kinds, read by `kinds.rs` and by the build script, each with its own macro `kinds!`.
// One row a kind: its constant, for a version that is not the stored one `of` that one, k8s-openapi's type (group,
// version, kind, plural and scope follow from it), short names, categories, verbs, subresources. Rows of one group that
// differ in version only follow each other, preferred first.

kinds! {
    BINDING = api::core::v1::Binding { [], [], CREATE, [] }
    COMPONENT_STATUS = api::core::v1::ComponentStatus { ["cs"], [], READ, [] }
    CONFIG_MAP = api::core::v1::ConfigMap { ["cm"], [], ALL, [] }
    ENDPOINTS = api::core::v1::Endpoints { ["ep"], [], ALL, [] }
    EVENT = api::core::v1::Event { ["ev"], [], ALL, [] }
    LIMIT_RANGE = api::core::v1::LimitRange { ["limits"], [], ALL, [] }
    NAMESPACE = api::core::v1::Namespace { ["ns"], [], ONE_BY_ONE, [FINALIZE, STATUS] }
    NODE = api::core::v1::Node { ["no"], [], ALL, [NODE_PROXY, STATUS] }
    PERSISTENT_VOLUME = api::core::v1::PersistentVolume { ["pv"], [], ALL, [STATUS] }
    PERSISTENT_VOLUME_CLAIM = api::core::v1::PersistentVolumeClaim { ["pvc"], [], ALL, [STATUS] }
    POD = api::core::v1::Pod { ["po"], ["all"], ALL, [
        ATTACH, BINDING, EPHEMERAL_CONTAINERS, EVICT, EXEC, LOG, PORT_FORWARD, POD_PROXY, RESIZE, STATUS
    ] }
    POD_TEMPLATE = api::core::v1::PodTemplate { [], [], ALL, [] }
    REPLICATION_CONTROLLER = api::core::v1::ReplicationController { ["rc"], ["all"], ALL, [SCALE, STATUS] }
    RESOURCE_QUOTA = api::core::v1::ResourceQuota { ["quota"], [], ALL, [STATUS] }
    SECRET = api::core::v1::Secret { [], [], ALL, [] }
    SERVICE = api::core::v1::Service { ["svc"], ["all"], ALL, [SERVICE_PROXY, STATUS] }
    SERVICE_ACCOUNT = api::core::v1::ServiceAccount { ["sa"], [], ALL, [TOKEN] }

    API_SERVICE = kube_aggregator::pkg::apis::apiregistration::v1::APIService { [], ["api-extensions"], ALL, [STATUS] }

    CONTROLLER_REVISION = api::apps::v1::ControllerRevision { [], [], ALL, [] }
    DAEMON_SET = api::apps::v1::DaemonSet { ["ds"], ["all"], ALL, [STATUS] }
    DEPLOYMENT = api::apps::v1::Deployment { ["deploy"], ["all"], ALL, [SCALE, STATUS] }
    REPLICA_SET = api::apps::v1::ReplicaSet { ["rs"], ["all"], ALL, [SCALE, STATUS] }
    STATEFUL_SET = api::apps::v1::StatefulSet { ["sts"], ["all"], ALL, [SCALE, STATUS] }

    EVENTS_EVENT of EVENT = api::events::v1::Event { ["ev"], [], ALL, [] }

    SELF_SUBJECT_REVIEW = api::authentication::v1::SelfSubjectReview { [], [], CREATE, [] }
    TOKEN_REVIEW = api::authentication::v1::TokenReview { [], [], CREATE, [] }

    LOCAL_SUBJECT_ACCESS_REVIEW = api::authorization::v1::LocalSubjectAccessReview { [], [], CREATE, [] }
    SELF_SUBJECT_ACCESS_REVIEW = api::authorization::v1::SelfSubjectAccessReview { [], [], CREATE, [] }
    SELF_SUBJECT_RULES_REVIEW = api::authorization::v1::SelfSubjectRulesReview { [], [], CREATE, [] }
    SUBJECT_ACCESS_REVIEW = api::authorization::v1::SubjectAccessReview { [], [], CREATE, [] }

    HORIZONTAL_POD_AUTOSCALER = api::autoscaling::v2::HorizontalPodAutoscaler { ["hpa"], ["all"], ALL, [STATUS] }
    HORIZONTAL_POD_AUTOSCALER_V1 of HORIZONTAL_POD_AUTOSCALER =
        api::autoscaling::v1::HorizontalPodAutoscaler { ["hpa"], ["all"], ALL, [STATUS] }

    CRON_JOB = api::batch::v1::CronJob { ["cj"], ["all"], ALL, [STATUS] }
    JOB = api::batch::v1::Job { [], ["all"], ALL, [STATUS] }

    CERTIFICATE_SIGNING_REQUEST =
        api::certificates::v1::CertificateSigningRequest { ["csr"], [], ALL, [APPROVAL, STATUS] }
    CLUSTER_TRUST_BUNDLE = api::certificates::v1::ClusterTrustBundle { [], [], ALL, [] }
    CLUSTER_TRUST_BUNDLE_V1BETA1 of CLUSTER_TRUST_BUNDLE =
        api::certificates::v1beta1::ClusterTrustBundle { [], [], ALL, [] }
    POD_CERTIFICATE_REQUEST = api::certificates::v1::PodCertificateRequest { [], [], ALL, [STATUS] }
    POD_CERTIFICATE_REQUEST_V1BETA1 of POD_CERTIFICATE_REQUEST =
        api::certificates::v1beta1::PodCertificateRequest { [], [], ALL, [STATUS] }

    INGRESS = api::networking::v1::Ingress { ["ing"], [], ALL, [STATUS] }
    INGRESS_CLASS = api::networking::v1::IngressClass { [], [], ALL, [] }
    IP_ADDRESS = api::networking::v1::IPAddress { ["ip"], [], ALL, [] }
    NETWORK_POLICY = api::networking::v1::NetworkPolicy { ["netpol"], [], ALL, [] }
    SERVICE_CIDR = api::networking::v1::ServiceCIDR { [], [], ALL, [STATUS] }

    POD_DISRUPTION_BUDGET = api::policy::v1::PodDisruptionBudget { ["pdb"], [], ALL, [STATUS] }

    CLUSTER_ROLE = api::rbac::v1::ClusterRole { [], [], ALL, [] }
    CLUSTER_ROLE_BINDING = api::rbac::v1::ClusterRoleBinding { [], [], ALL, [] }
    ROLE = api::rbac::v1::Role { [], [], ALL, [] }
    ROLE_BINDING = api::rbac::v1::RoleBinding { [], [], ALL, [] }

    CSI_DRIVER = api::storage::v1::CSIDriver { [], [], ALL, [] }
    CSI_NODE = api::storage::v1::CSINode { [], [], ALL, [] }
    CSI_STORAGE_CAPACITY = api::storage::v1::CSIStorageCapacity { [], [], ALL, [] }
    STORAGE_CLASS = api::storage::v1::StorageClass { ["sc"], [], ALL, [] }
    VOLUME_ATTACHMENT = api::storage::v1::VolumeAttachment { [], [], ALL, [STATUS] }
    VOLUME_ATTRIBUTES_CLASS = api::storage::v1::VolumeAttributesClass { ["vac"], [], ALL, [] }

    MUTATING_ADMISSION_POLICY =
        api::admissionregistration::v1::MutatingAdmissionPolicy { [], ["api-extensions"], ALL, [] }
    MUTATING_ADMISSION_POLICY_V1BETA1 of MUTATING_ADMISSION_POLICY =
        api::admissionregistration::v1beta1::MutatingAdmissionPolicy { [], ["api-extensions"], ALL, [] }
    MUTATING_ADMISSION_POLICY_V1ALPHA1 of MUTATING_ADMISSION_POLICY =
        api::admissionregistration::v1alpha1::MutatingAdmissionPolicy { [], ["api-extensions"], ALL, [] }
    MUTATING_ADMISSION_POLICY_BINDING =
        api::admissionregistration::v1::MutatingAdmissionPolicyBinding { [], ["api-extensions"], ALL, [] }
    MUTATING_ADMISSION_POLICY_BINDING_V1BETA1 of MUTATING_ADMISSION_POLICY_BINDING =
        api::admissionregistration::v1beta1::MutatingAdmissionPolicyBinding { [], ["api-extensions"], ALL, [] }
    MUTATING_ADMISSION_POLICY_BINDING_V1ALPHA1 of MUTATING_ADMISSION_POLICY_BINDING =
        api::admissionregistration::v1alpha1::MutatingAdmissionPolicyBinding { [], ["api-extensions"], ALL, [] }
    MUTATING_WEBHOOK_CONFIGURATION =
        api::admissionregistration::v1::MutatingWebhookConfiguration { [], ["api-extensions"], ALL, [] }
    VALIDATING_ADMISSION_POLICY =
        api::admissionregistration::v1::ValidatingAdmissionPolicy { [], ["api-extensions"], ALL, [STATUS] }
    VALIDATING_ADMISSION_POLICY_BINDING =
        api::admissionregistration::v1::ValidatingAdmissionPolicyBinding { [], ["api-extensions"], ALL, [] }
    VALIDATING_WEBHOOK_CONFIGURATION =
        api::admissionregistration::v1::ValidatingWebhookConfiguration { [], ["api-extensions"], ALL, [] }

    CUSTOM_RESOURCE_DEFINITION = apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition {
        ["crd", "crds"], ["api-extensions"], ALL, [STATUS]
    }

    PRIORITY_CLASS = api::scheduling::v1::PriorityClass { ["pc"], [], ALL, [] }
    COMPOSITE_POD_GROUP = api::scheduling::v1alpha3::CompositePodGroup { [], [], ALL, [STATUS] }
    POD_GROUP = api::scheduling::v1beta1::PodGroup { [], [], ALL, [STATUS] }
    POD_GROUP_V1ALPHA3 of POD_GROUP = api::scheduling::v1alpha3::PodGroup { [], [], ALL, [STATUS] }
    WORKLOAD = api::scheduling::v1beta1::Workload { [], [], ALL, [] }
    WORKLOAD_V1ALPHA3 of WORKLOAD = api::scheduling::v1alpha3::Workload { [], [], ALL, [] }

    LEASE = api::coordination::v1::Lease { [], [], ALL, [] }
    LEASE_CANDIDATE = api::coordination::v1beta1::LeaseCandidate { [], [], ALL, [] }
    LEASE_CANDIDATE_V1ALPHA2 of LEASE_CANDIDATE = api::coordination::v1alpha2::LeaseCandidate { [], [], ALL, [] }

    RUNTIME_CLASS = api::node::v1::RuntimeClass { [], [], ALL, [] }

    ENDPOINT_SLICE = api::discovery::v1::EndpointSlice { [], [], ALL, [] }

    FLOW_SCHEMA = api::flowcontrol::v1::FlowSchema { [], [], ALL, [STATUS] }
    PRIORITY_LEVEL_CONFIGURATION = api::flowcontrol::v1::PriorityLevelConfiguration { [], [], ALL, [STATUS] }

    DEVICE_CLASS = api::resource::v1::DeviceClass { [], [], ALL, [] }
    DEVICE_CLASS_V1BETA2 of DEVICE_CLASS = api::resource::v1beta2::DeviceClass { [], [], ALL, [] }
    DEVICE_CLASS_V1BETA1 of DEVICE_CLASS = api::resource::v1beta1::DeviceClass { [], [], ALL, [] }
    DEVICE_TAINT_RULE = api::resource::v1::DeviceTaintRule { [], [], ALL, [STATUS] }
    DEVICE_TAINT_RULE_V1BETA2 of DEVICE_TAINT_RULE = api::resource::v1beta2::DeviceTaintRule { [], [], ALL, [STATUS] }
    DEVICE_TAINT_RULE_V1ALPHA3 of DEVICE_TAINT_RULE = api::resource::v1alpha3::DeviceTaintRule { [], [], ALL, [STATUS] }
    RESOURCE_CLAIM = api::resource::v1::ResourceClaim { [], [], ALL, [STATUS] }
    RESOURCE_CLAIM_V1BETA2 of RESOURCE_CLAIM = api::resource::v1beta2::ResourceClaim { [], [], ALL, [STATUS] }
    RESOURCE_CLAIM_V1BETA1 of RESOURCE_CLAIM = api::resource::v1beta1::ResourceClaim { [], [], ALL, [STATUS] }
    RESOURCE_CLAIM_TEMPLATE = api::resource::v1::ResourceClaimTemplate { [], [], ALL, [] }
    RESOURCE_CLAIM_TEMPLATE_V1BETA2 of RESOURCE_CLAIM_TEMPLATE =
        api::resource::v1beta2::ResourceClaimTemplate { [], [], ALL, [] }
    RESOURCE_CLAIM_TEMPLATE_V1BETA1 of RESOURCE_CLAIM_TEMPLATE =
        api::resource::v1beta1::ResourceClaimTemplate { [], [], ALL, [] }
    RESOURCE_POOL_STATUS_REQUEST = api::resource::v1alpha3::ResourcePoolStatusRequest { [], [], ALL, [STATUS] }
    RESOURCE_SLICE = api::resource::v1::ResourceSlice { [], [], ALL, [] }
    RESOURCE_SLICE_V1BETA2 of RESOURCE_SLICE = api::resource::v1beta2::ResourceSlice { [], [], ALL, [] }
    RESOURCE_SLICE_V1BETA1 of RESOURCE_SLICE = api::resource::v1beta1::ResourceSlice { [], [], ALL, [] }

    STORAGE_VERSION_MIGRATION = api::storagemigration::v1::StorageVersionMigration { [], [], ALL, [STATUS] }
    STORAGE_VERSION_MIGRATION_V1BETA1 of STORAGE_VERSION_MIGRATION =
        api::storagemigration::v1beta1::StorageVersionMigration { [], [], ALL, [STATUS] }

    LIFECYCLE_EVICTION = api::lifecycle::v1alpha1::Eviction { [], [], ALL, [STATUS] }
    EVICTION_REQUEST = api::lifecycle::v1alpha1::EvictionRequest { [], [], ALL, [STATUS] }

    STORAGE_VERSION = api::apiserverinternal::v1alpha1::StorageVersion { [], [], ALL, [STATUS] }
}
