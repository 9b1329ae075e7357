// The table of built-in kinds, read by `kinds.rs` and by the build script, each with its own macro `kinds!`.
// One row a kind: k8s-openapi's type (group, version, kind, plural and scope follow from it), short names,
// categories, verbs, subresources. Rows of one group that differ in version only follow each other, preferred first.

kinds! {
    api::core::v1::Binding { [], [], CREATE, [] }
    api::core::v1::ComponentStatus { ["cs"], [], READ, [] }
    api::core::v1::ConfigMap { ["cm"], [], ALL, [] }
    api::core::v1::Endpoints { ["ep"], [], ALL, [] }
    api::core::v1::Event { ["ev"], [], ALL, [] }
    api::core::v1::LimitRange { ["limits"], [], ALL, [] }
    api::core::v1::Namespace { ["ns"], [], ONE_BY_ONE, [FINALIZE, STATUS] }
    api::core::v1::Node { ["no"], [], ALL, [NODE_PROXY, STATUS] }
    api::core::v1::PersistentVolume { ["pv"], [], ALL, [STATUS] }
    api::core::v1::PersistentVolumeClaim { ["pvc"], [], ALL, [STATUS] }
    api::core::v1::Pod { ["po"], ["all"], ALL, [
        ATTACH, BINDING, EPHEMERAL_CONTAINERS, EVICT, EXEC, LOG, PORT_FORWARD, POD_PROXY, RESIZE, STATUS
    ] }
    api::core::v1::PodTemplate { [], [], ALL, [] }
    api::core::v1::ReplicationController { ["rc"], ["all"], ALL, [SCALING, STATUS] }
    api::core::v1::ResourceQuota { ["quota"], [], ALL, [STATUS] }
    api::core::v1::Secret { [], [], ALL, [] }
    api::core::v1::Service { ["svc"], ["all"], ALL, [SERVICE_PROXY, STATUS] }
    api::core::v1::ServiceAccount { ["sa"], [], ALL, [TOKEN] }

    kube_aggregator::pkg::apis::apiregistration::v1::APIService { [], ["api-extensions"], ALL, [STATUS] }

    api::apps::v1::ControllerRevision { [], [], ALL, [] }
    api::apps::v1::DaemonSet { ["ds"], ["all"], ALL, [STATUS] }
    api::apps::v1::Deployment { ["deploy"], ["all"], ALL, [SCALING, STATUS] }
    api::apps::v1::ReplicaSet { ["rs"], ["all"], ALL, [SCALING, STATUS] }
    api::apps::v1::StatefulSet { ["sts"], ["all"], ALL, [SCALING, STATUS] }

    api::events::v1::Event { ["ev"], [], ALL, [] }

    api::authentication::v1::SelfSubjectReview { [], [], CREATE, [] }
    api::authentication::v1::TokenReview { [], [], CREATE, [] }

    api::authorization::v1::LocalSubjectAccessReview { [], [], CREATE, [] }
    api::authorization::v1::SelfSubjectAccessReview { [], [], CREATE, [] }
    api::authorization::v1::SelfSubjectRulesReview { [], [], CREATE, [] }
    api::authorization::v1::SubjectAccessReview { [], [], CREATE, [] }

    api::autoscaling::v2::HorizontalPodAutoscaler { ["hpa"], ["all"], ALL, [STATUS] }
    api::autoscaling::v1::HorizontalPodAutoscaler { ["hpa"], ["all"], ALL, [STATUS] }

    api::batch::v1::CronJob { ["cj"], ["all"], ALL, [STATUS] }
    api::batch::v1::Job { [], ["all"], ALL, [STATUS] }

    api::certificates::v1::CertificateSigningRequest { ["csr"], [], ALL, [APPROVAL, STATUS] }
    api::certificates::v1::ClusterTrustBundle { [], [], ALL, [] }
    api::certificates::v1beta1::ClusterTrustBundle { [], [], ALL, [] }
    api::certificates::v1::PodCertificateRequest { [], [], ALL, [STATUS] }
    api::certificates::v1beta1::PodCertificateRequest { [], [], ALL, [STATUS] }

    api::networking::v1::Ingress { ["ing"], [], ALL, [STATUS] }
    api::networking::v1::IngressClass { [], [], ALL, [] }
    api::networking::v1::IPAddress { ["ip"], [], ALL, [] }
    api::networking::v1::NetworkPolicy { ["netpol"], [], ALL, [] }
    api::networking::v1::ServiceCIDR { [], [], ALL, [STATUS] }

    api::policy::v1::PodDisruptionBudget { ["pdb"], [], ALL, [STATUS] }

    api::rbac::v1::ClusterRole { [], [], ALL, [] }
    api::rbac::v1::ClusterRoleBinding { [], [], ALL, [] }
    api::rbac::v1::Role { [], [], ALL, [] }
    api::rbac::v1::RoleBinding { [], [], ALL, [] }

    api::storage::v1::CSIDriver { [], [], ALL, [] }
    api::storage::v1::CSINode { [], [], ALL, [] }
    api::storage::v1::CSIStorageCapacity { [], [], ALL, [] }
    api::storage::v1::StorageClass { ["sc"], [], ALL, [] }
    api::storage::v1::VolumeAttachment { [], [], ALL, [STATUS] }
    api::storage::v1::VolumeAttributesClass { ["vac"], [], ALL, [] }

    api::admissionregistration::v1::MutatingAdmissionPolicy { [], ["api-extensions"], ALL, [] }
    api::admissionregistration::v1beta1::MutatingAdmissionPolicy { [], ["api-extensions"], ALL, [] }
    api::admissionregistration::v1alpha1::MutatingAdmissionPolicy { [], ["api-extensions"], ALL, [] }
    api::admissionregistration::v1::MutatingAdmissionPolicyBinding { [], ["api-extensions"], ALL, [] }
    api::admissionregistration::v1beta1::MutatingAdmissionPolicyBinding { [], ["api-extensions"], ALL, [] }
    api::admissionregistration::v1alpha1::MutatingAdmissionPolicyBinding { [], ["api-extensions"], ALL, [] }
    api::admissionregistration::v1::MutatingWebhookConfiguration { [], ["api-extensions"], ALL, [] }
    api::admissionregistration::v1::ValidatingAdmissionPolicy { [], ["api-extensions"], ALL, [STATUS] }
    api::admissionregistration::v1::ValidatingAdmissionPolicyBinding { [], ["api-extensions"], ALL, [] }
    api::admissionregistration::v1::ValidatingWebhookConfiguration { [], ["api-extensions"], ALL, [] }

    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition {
        ["crd", "crds"], ["api-extensions"], ALL, [STATUS]
    }

    api::scheduling::v1::PriorityClass { ["pc"], [], ALL, [] }
    api::scheduling::v1alpha3::CompositePodGroup { [], [], ALL, [STATUS] }
    api::scheduling::v1beta1::PodGroup { [], [], ALL, [STATUS] }
    api::scheduling::v1alpha3::PodGroup { [], [], ALL, [STATUS] }
    api::scheduling::v1beta1::Workload { [], [], ALL, [] }
    api::scheduling::v1alpha3::Workload { [], [], ALL, [] }

    api::coordination::v1::Lease { [], [], ALL, [] }
    api::coordination::v1beta1::LeaseCandidate { [], [], ALL, [] }
    api::coordination::v1alpha2::LeaseCandidate { [], [], ALL, [] }

    api::node::v1::RuntimeClass { [], [], ALL, [] }

    api::discovery::v1::EndpointSlice { [], [], ALL, [] }

    api::flowcontrol::v1::FlowSchema { [], [], ALL, [STATUS] }
    api::flowcontrol::v1::PriorityLevelConfiguration { [], [], ALL, [STATUS] }

    api::resource::v1::DeviceClass { [], [], ALL, [] }
    api::resource::v1beta2::DeviceClass { [], [], ALL, [] }
    api::resource::v1beta1::DeviceClass { [], [], ALL, [] }
    api::resource::v1::DeviceTaintRule { [], [], ALL, [STATUS] }
    api::resource::v1beta2::DeviceTaintRule { [], [], ALL, [STATUS] }
    api::resource::v1alpha3::DeviceTaintRule { [], [], ALL, [STATUS] }
    api::resource::v1::ResourceClaim { [], [], ALL, [STATUS] }
    api::resource::v1beta2::ResourceClaim { [], [], ALL, [STATUS] }
    api::resource::v1beta1::ResourceClaim { [], [], ALL, [STATUS] }
    api::resource::v1::ResourceClaimTemplate { [], [], ALL, [] }
    api::resource::v1beta2::ResourceClaimTemplate { [], [], ALL, [] }
    api::resource::v1beta1::ResourceClaimTemplate { [], [], ALL, [] }
    api::resource::v1alpha3::ResourcePoolStatusRequest { [], [], ALL, [STATUS] }
    api::resource::v1::ResourceSlice { [], [], ALL, [] }
    api::resource::v1beta2::ResourceSlice { [], [], ALL, [] }
    api::resource::v1beta1::ResourceSlice { [], [], ALL, [] }

    api::storagemigration::v1::StorageVersionMigration { [], [], ALL, [STATUS] }
    api::storagemigration::v1beta1::StorageVersionMigration { [], [], ALL, [STATUS] }

    api::lifecycle::v1alpha1::Eviction { [], [], ALL, [STATUS] }
    api::lifecycle::v1alpha1::EvictionRequest { [], [], ALL, [STATUS] }

    api::apiserverinternal::v1alpha1::StorageVersion { [], [], ALL, [STATUS] }
}
