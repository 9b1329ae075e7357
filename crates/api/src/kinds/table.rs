// The table of built-in kinds, read by `kinds.rs` and by the build script, each with its own macro `kinds!`.
// One row a kind: its constant, for a version that is not the stored one `of` that one, k8s-openapi's type (group,
// version, kind, plural and scope follow from it), `as` its behaviour, short names, categories, verbs, subresources. Rows
// of one group that differ in version only follow each other, preferred first.

kinds! {
    BINDING = api::core::v1::Binding as PLAIN { [], [], CREATE, [] }
    COMPONENT_STATUS = api::core::v1::ComponentStatus as PLAIN { ["cs"], [], READ, [] }
    CONFIG_MAP = api::core::v1::ConfigMap as core::CONFIG_MAP { ["cm"], [], ALL, [] }
    ENDPOINTS = api::core::v1::Endpoints as core::ENDPOINTS { ["ep"], [], ALL, [] }
    EVENT = api::core::v1::Event as core::EVENT { ["ev"], [], ALL, [] }
    LIMIT_RANGE = api::core::v1::LimitRange as core::LIMIT_RANGE { ["limits"], [], ALL, [] }
    NAMESPACE = api::core::v1::Namespace as core::NAMESPACE { ["ns"], [], ONE_BY_ONE, [FINALIZE, STATUS] }
    NODE = api::core::v1::Node as core::NODE { ["no"], [], ALL, [NODE_PROXY, STATUS] }
    PERSISTENT_VOLUME = api::core::v1::PersistentVolume as core::PERSISTENT_VOLUME { ["pv"], [], ALL, [STATUS] }
    PERSISTENT_VOLUME_CLAIM =
        api::core::v1::PersistentVolumeClaim as core::PERSISTENT_VOLUME_CLAIM { ["pvc"], [], ALL, [STATUS] }
    POD = api::core::v1::Pod as core::POD { ["po"], ["all"], ALL, [
        ATTACH, BINDING, EPHEMERAL_CONTAINERS, EVICT, EXEC, LOG, PORT_FORWARD, POD_PROXY, RESIZE, STATUS
    ] }
    POD_TEMPLATE = api::core::v1::PodTemplate as core::POD_TEMPLATE { [], [], ALL, [] }
    REPLICATION_CONTROLLER =
        api::core::v1::ReplicationController as core::REPLICATION_CONTROLLER { ["rc"], ["all"], ALL, [SCALE, STATUS] }
    RESOURCE_QUOTA = api::core::v1::ResourceQuota as core::RESOURCE_QUOTA { ["quota"], [], ALL, [STATUS] }
    SECRET = api::core::v1::Secret as core::SECRET { [], [], ALL, [] }
    SERVICE = api::core::v1::Service as core::SERVICE { ["svc"], ["all"], ALL, [SERVICE_PROXY, STATUS] }
    SERVICE_ACCOUNT = api::core::v1::ServiceAccount as core::SERVICE_ACCOUNT { ["sa"], [], ALL, [TOKEN] }

    API_SERVICE =
        kube_aggregator::pkg::apis::apiregistration::v1::APIService as apiregistration::API_SERVICE {
            [], ["api-extensions"], ALL, [STATUS]
        }

    CONTROLLER_REVISION = api::apps::v1::ControllerRevision as apps::CONTROLLER_REVISION { [], [], ALL, [] }
    DAEMON_SET = api::apps::v1::DaemonSet as apps::DAEMON_SET { ["ds"], ["all"], ALL, [STATUS] }
    DEPLOYMENT = api::apps::v1::Deployment as apps::DEPLOYMENT { ["deploy"], ["all"], ALL, [SCALE, STATUS] }
    REPLICA_SET = api::apps::v1::ReplicaSet as apps::REPLICA_SET { ["rs"], ["all"], ALL, [SCALE, STATUS] }
    STATEFUL_SET = api::apps::v1::StatefulSet as apps::STATEFUL_SET { ["sts"], ["all"], ALL, [SCALE, STATUS] }

    EVENTS_EVENT of EVENT = api::events::v1::Event as events::EVENT { ["ev"], [], ALL, [] }

    SELF_SUBJECT_REVIEW = api::authentication::v1::SelfSubjectReview as PLAIN { [], [], CREATE, [] }
    TOKEN_REVIEW = api::authentication::v1::TokenReview as PLAIN { [], [], CREATE, [] }

    LOCAL_SUBJECT_ACCESS_REVIEW = api::authorization::v1::LocalSubjectAccessReview as PLAIN { [], [], CREATE, [] }
    SELF_SUBJECT_ACCESS_REVIEW = api::authorization::v1::SelfSubjectAccessReview as PLAIN { [], [], CREATE, [] }
    SELF_SUBJECT_RULES_REVIEW = api::authorization::v1::SelfSubjectRulesReview as PLAIN { [], [], CREATE, [] }
    SUBJECT_ACCESS_REVIEW = api::authorization::v1::SubjectAccessReview as PLAIN { [], [], CREATE, [] }

    HORIZONTAL_POD_AUTOSCALER =
        api::autoscaling::v2::HorizontalPodAutoscaler as autoscaling::HORIZONTAL_POD_AUTOSCALER {
            ["hpa"], ["all"], ALL, [STATUS]
        }
    HORIZONTAL_POD_AUTOSCALER_V1 of HORIZONTAL_POD_AUTOSCALER =
        api::autoscaling::v1::HorizontalPodAutoscaler as autoscaling::HORIZONTAL_POD_AUTOSCALER {
            ["hpa"], ["all"], ALL, [STATUS]
        }

    CRON_JOB = api::batch::v1::CronJob as batch::CRON_JOB { ["cj"], ["all"], ALL, [STATUS] }
    JOB = api::batch::v1::Job as batch::JOB { [], ["all"], ALL, [STATUS] }

    CERTIFICATE_SIGNING_REQUEST =
        api::certificates::v1::CertificateSigningRequest as certificates::CERTIFICATE_SIGNING_REQUEST {
            ["csr"], [], ALL, [APPROVAL, STATUS]
        }
    CLUSTER_TRUST_BUNDLE =
        api::certificates::v1::ClusterTrustBundle as certificates::CLUSTER_TRUST_BUNDLE { [], [], ALL, [] }
    CLUSTER_TRUST_BUNDLE_V1BETA1 of CLUSTER_TRUST_BUNDLE =
        api::certificates::v1beta1::ClusterTrustBundle as certificates::CLUSTER_TRUST_BUNDLE { [], [], ALL, [] }
    POD_CERTIFICATE_REQUEST =
        api::certificates::v1::PodCertificateRequest as certificates::POD_CERTIFICATE_REQUEST { [], [], ALL, [STATUS] }
    POD_CERTIFICATE_REQUEST_V1BETA1 of POD_CERTIFICATE_REQUEST =
        api::certificates::v1beta1::PodCertificateRequest as certificates::POD_CERTIFICATE_REQUEST {
            [], [], ALL, [STATUS]
        }

    INGRESS = api::networking::v1::Ingress as networking::INGRESS { ["ing"], [], ALL, [STATUS] }
    INGRESS_CLASS = api::networking::v1::IngressClass as networking::INGRESS_CLASS { [], [], ALL, [] }
    IP_ADDRESS = api::networking::v1::IPAddress as networking::IP_ADDRESS { ["ip"], [], ALL, [] }
    NETWORK_POLICY = api::networking::v1::NetworkPolicy as networking::NETWORK_POLICY { ["netpol"], [], ALL, [] }
    SERVICE_CIDR = api::networking::v1::ServiceCIDR as PLAIN { [], [], ALL, [STATUS] }

    POD_DISRUPTION_BUDGET =
        api::policy::v1::PodDisruptionBudget as policy::POD_DISRUPTION_BUDGET { ["pdb"], [], ALL, [STATUS] }

    CLUSTER_ROLE = api::rbac::v1::ClusterRole as rbac::CLUSTER_ROLE { [], [], ALL, [] }
    CLUSTER_ROLE_BINDING = api::rbac::v1::ClusterRoleBinding as rbac::CLUSTER_ROLE_BINDING { [], [], ALL, [] }
    ROLE = api::rbac::v1::Role as rbac::ROLE { [], [], ALL, [] }
    ROLE_BINDING = api::rbac::v1::RoleBinding as rbac::ROLE_BINDING { [], [], ALL, [] }

    CSI_DRIVER = api::storage::v1::CSIDriver as storage::CSI_DRIVER { [], [], ALL, [] }
    CSI_NODE = api::storage::v1::CSINode as PLAIN { [], [], ALL, [] }
    CSI_STORAGE_CAPACITY = api::storage::v1::CSIStorageCapacity as PLAIN { [], [], ALL, [] }
    STORAGE_CLASS = api::storage::v1::StorageClass as storage::STORAGE_CLASS { ["sc"], [], ALL, [] }
    VOLUME_ATTACHMENT = api::storage::v1::VolumeAttachment as PLAIN { [], [], ALL, [STATUS] }
    VOLUME_ATTRIBUTES_CLASS = api::storage::v1::VolumeAttributesClass as PLAIN { ["vac"], [], ALL, [] }

    MUTATING_ADMISSION_POLICY =
        api::admissionregistration::v1::MutatingAdmissionPolicy as admissionregistration::POLICY {
            [], ["api-extensions"], ALL, []
        }
    MUTATING_ADMISSION_POLICY_V1BETA1 of MUTATING_ADMISSION_POLICY =
        api::admissionregistration::v1beta1::MutatingAdmissionPolicy as admissionregistration::POLICY {
            [], ["api-extensions"], ALL, []
        }
    MUTATING_ADMISSION_POLICY_V1ALPHA1 of MUTATING_ADMISSION_POLICY =
        api::admissionregistration::v1alpha1::MutatingAdmissionPolicy as admissionregistration::POLICY {
            [], ["api-extensions"], ALL, []
        }
    MUTATING_ADMISSION_POLICY_BINDING =
        api::admissionregistration::v1::MutatingAdmissionPolicyBinding as admissionregistration::POLICY {
            [], ["api-extensions"], ALL, []
        }
    MUTATING_ADMISSION_POLICY_BINDING_V1BETA1 of MUTATING_ADMISSION_POLICY_BINDING =
        api::admissionregistration::v1beta1::MutatingAdmissionPolicyBinding as admissionregistration::POLICY {
            [], ["api-extensions"], ALL, []
        }
    MUTATING_ADMISSION_POLICY_BINDING_V1ALPHA1 of MUTATING_ADMISSION_POLICY_BINDING =
        api::admissionregistration::v1alpha1::MutatingAdmissionPolicyBinding as admissionregistration::POLICY {
            [], ["api-extensions"], ALL, []
        }
    MUTATING_WEBHOOK_CONFIGURATION =
        api::admissionregistration::v1::MutatingWebhookConfiguration as admissionregistration::MUTATING_WEBHOOK_CONFIGURATION {
            [], ["api-extensions"], ALL, []
        }
    VALIDATING_ADMISSION_POLICY =
        api::admissionregistration::v1::ValidatingAdmissionPolicy as admissionregistration::POLICY {
            [], ["api-extensions"], ALL, [STATUS]
        }
    VALIDATING_ADMISSION_POLICY_BINDING =
        api::admissionregistration::v1::ValidatingAdmissionPolicyBinding as admissionregistration::POLICY {
            [], ["api-extensions"], ALL, []
        }
    VALIDATING_WEBHOOK_CONFIGURATION =
        api::admissionregistration::v1::ValidatingWebhookConfiguration as admissionregistration::VALIDATING_WEBHOOK_CONFIGURATION {
            [], ["api-extensions"], ALL, []
        }

    CUSTOM_RESOURCE_DEFINITION =
        apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition as apiextensions::CUSTOM_RESOURCE_DEFINITION {
        ["crd", "crds"], ["api-extensions"], ALL, [STATUS]
    }

    PRIORITY_CLASS = api::scheduling::v1::PriorityClass as scheduling::PRIORITY_CLASS { ["pc"], [], ALL, [] }
    COMPOSITE_POD_GROUP = api::scheduling::v1alpha3::CompositePodGroup as PLAIN { [], [], ALL, [STATUS] }
    POD_GROUP = api::scheduling::v1beta1::PodGroup as PLAIN { [], [], ALL, [STATUS] }
    POD_GROUP_V1ALPHA3 of POD_GROUP = api::scheduling::v1alpha3::PodGroup as PLAIN { [], [], ALL, [STATUS] }
    WORKLOAD = api::scheduling::v1beta1::Workload as PLAIN { [], [], ALL, [] }
    WORKLOAD_V1ALPHA3 of WORKLOAD = api::scheduling::v1alpha3::Workload as PLAIN { [], [], ALL, [] }

    LEASE = api::coordination::v1::Lease as coordination::LEASE { [], [], ALL, [] }
    LEASE_CANDIDATE = api::coordination::v1beta1::LeaseCandidate as PLAIN { [], [], ALL, [] }
    LEASE_CANDIDATE_V1ALPHA2 of LEASE_CANDIDATE =
        api::coordination::v1alpha2::LeaseCandidate as PLAIN { [], [], ALL, [] }

    RUNTIME_CLASS = api::node::v1::RuntimeClass as node::RUNTIME_CLASS { [], [], ALL, [] }

    ENDPOINT_SLICE = api::discovery::v1::EndpointSlice as discovery::ENDPOINT_SLICE { [], [], ALL, [] }

    FLOW_SCHEMA = api::flowcontrol::v1::FlowSchema as flowcontrol::FLOW_SCHEMA { [], [], ALL, [STATUS] }
    PRIORITY_LEVEL_CONFIGURATION =
        api::flowcontrol::v1::PriorityLevelConfiguration as flowcontrol::PRIORITY_LEVEL_CONFIGURATION {
            [], [], ALL, [STATUS]
        }

    DEVICE_CLASS = api::resource::v1::DeviceClass as PLAIN { [], [], ALL, [] }
    DEVICE_CLASS_V1BETA2 of DEVICE_CLASS = api::resource::v1beta2::DeviceClass as PLAIN { [], [], ALL, [] }
    DEVICE_CLASS_V1BETA1 of DEVICE_CLASS = api::resource::v1beta1::DeviceClass as PLAIN { [], [], ALL, [] }
    DEVICE_TAINT_RULE = api::resource::v1::DeviceTaintRule as resource::DEVICE_TAINT_RULE { [], [], ALL, [STATUS] }
    DEVICE_TAINT_RULE_V1BETA2 of DEVICE_TAINT_RULE =
        api::resource::v1beta2::DeviceTaintRule as resource::DEVICE_TAINT_RULE { [], [], ALL, [STATUS] }
    DEVICE_TAINT_RULE_V1ALPHA3 of DEVICE_TAINT_RULE =
        api::resource::v1alpha3::DeviceTaintRule as resource::DEVICE_TAINT_RULE { [], [], ALL, [STATUS] }
    RESOURCE_CLAIM = api::resource::v1::ResourceClaim as resource::RESOURCE_CLAIM { [], [], ALL, [STATUS] }
    RESOURCE_CLAIM_V1BETA2 of RESOURCE_CLAIM =
        api::resource::v1beta2::ResourceClaim as resource::RESOURCE_CLAIM { [], [], ALL, [STATUS] }
    RESOURCE_CLAIM_V1BETA1 of RESOURCE_CLAIM =
        api::resource::v1beta1::ResourceClaim as resource::RESOURCE_CLAIM { [], [], ALL, [STATUS] }
    RESOURCE_CLAIM_TEMPLATE = api::resource::v1::ResourceClaimTemplate as resource::RESOURCE_CLAIM { [], [], ALL, [] }
    RESOURCE_CLAIM_TEMPLATE_V1BETA2 of RESOURCE_CLAIM_TEMPLATE =
        api::resource::v1beta2::ResourceClaimTemplate as resource::RESOURCE_CLAIM { [], [], ALL, [] }
    RESOURCE_CLAIM_TEMPLATE_V1BETA1 of RESOURCE_CLAIM_TEMPLATE =
        api::resource::v1beta1::ResourceClaimTemplate as resource::RESOURCE_CLAIM { [], [], ALL, [] }
    RESOURCE_POOL_STATUS_REQUEST = api::resource::v1alpha3::ResourcePoolStatusRequest as PLAIN { [], [], ALL, [STATUS] }
    RESOURCE_SLICE = api::resource::v1::ResourceSlice as resource::RESOURCE_SLICE { [], [], ALL, [] }
    RESOURCE_SLICE_V1BETA2 of RESOURCE_SLICE =
        api::resource::v1beta2::ResourceSlice as resource::RESOURCE_SLICE { [], [], ALL, [] }
    RESOURCE_SLICE_V1BETA1 of RESOURCE_SLICE =
        api::resource::v1beta1::ResourceSlice as resource::RESOURCE_SLICE { [], [], ALL, [] }

    STORAGE_VERSION_MIGRATION = api::storagemigration::v1::StorageVersionMigration as PLAIN { [], [], ALL, [STATUS] }
    STORAGE_VERSION_MIGRATION_V1BETA1 of STORAGE_VERSION_MIGRATION =
        api::storagemigration::v1beta1::StorageVersionMigration as PLAIN { [], [], ALL, [STATUS] }

    LIFECYCLE_EVICTION = api::lifecycle::v1alpha1::Eviction as PLAIN { [], [], ALL, [STATUS] }
    EVICTION_REQUEST = api::lifecycle::v1alpha1::EvictionRequest as PLAIN { [], [], ALL, [STATUS] }

    STORAGE_VERSION = api::apiserverinternal::v1alpha1::StorageVersion as PLAIN { [], [], ALL, [STATUS] }
}
