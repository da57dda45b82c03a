//! Written by `cargo xtask schema` from upstream's modules v0.36.3; not edited by hand.
use super::{Field, ListKind, Presence, Strategy, Ty, Type, Union};
use ListKind::{Map as Keyed, Set};
use Presence::{Always, AlwaysPointer, OmitEmpty, OmitZero, Pointer};
use Strategy::{Merge, MergeRetainKeys, Replace, RetainKeys};
use Ty::*;
use Union::{Discriminator, Member};

pub static ADMISSION_V1_ADMISSION_REQUEST: Type = Type {
    name: "io.k8s.api.admission.v1.AdmissionRequest", go: "v1.AdmissionRequest", atomic: false, group_version_kind: None, fields: &[
        Field::new("uid", "UID", String, 1, Always).go_type("types.UID"),
        Field::new("kind", "Kind", Struct(&META_V1_GROUP_VERSION_KIND), 2, Always),
        Field::new("resource", "Resource", Struct(&META_V1_GROUP_VERSION_RESOURCE), 3, Always),
        Field::new("subResource", "SubResource", String, 4, OmitEmpty),
        Field::new("requestKind", "RequestKind", Struct(&META_V1_GROUP_VERSION_KIND), 13, Pointer),
        Field::new("requestResource", "RequestResource", Struct(&META_V1_GROUP_VERSION_RESOURCE), 14, Pointer),
        Field::new("requestSubResource", "RequestSubResource", String, 15, OmitEmpty),
        Field::new("name", "Name", String, 5, OmitEmpty),
        Field::new("namespace", "Namespace", String, 6, OmitEmpty),
        Field::new("operation", "Operation", String, 7, Always).go_type("v1.Operation"),
        Field::new("userInfo", "UserInfo", Struct(&AUTHENTICATION_V1_USER_INFO), 8, Always),
        Field::new("object", "Object", RawExtension, 9, OmitEmpty),
        Field::new("oldObject", "OldObject", RawExtension, 10, OmitEmpty),
        Field::new("dryRun", "DryRun", Bool, 11, Pointer),
        Field::new("options", "Options", RawExtension, 12, OmitEmpty),
    ],
};
pub static ADMISSION_V1_ADMISSION_RESPONSE: Type = Type {
    name: "io.k8s.api.admission.v1.AdmissionResponse", go: "v1.AdmissionResponse", atomic: false, group_version_kind: None, fields: &[
        Field::new("uid", "UID", String, 1, Always).go_type("types.UID"),
        Field::new("allowed", "Allowed", Bool, 2, Always),
        Field::new("status", "Result", Struct(&META_V1_STATUS), 3, Pointer),
        Field::new("patch", "Patch", Bytes, 4, OmitEmpty),
        Field::new("patchType", "PatchType", String, 5, Pointer).go_type("v1.PatchType"),
        Field::new("auditAnnotations", "AuditAnnotations", Map(&String), 6, OmitEmpty),
        Field::new("warnings", "Warnings", List(&String), 7, OmitEmpty).list_atomic(),
    ],
};
pub static ADMISSION_V1_ADMISSION_REVIEW: Type = Type {
    name: "io.k8s.api.admission.v1.AdmissionReview", go: "v1.AdmissionReview", atomic: false, group_version_kind: Some(("admission.k8s.io", "v1", "AdmissionReview")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("request", "Request", Struct(&ADMISSION_V1_ADMISSION_REQUEST), 1, Pointer),
        Field::new("response", "Response", Struct(&ADMISSION_V1_ADMISSION_RESPONSE), 2, Pointer),
    ],
};
pub static ADMISSIONREGISTRATION_V1_APPLY_CONFIGURATION: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ApplyConfiguration", go: "v1.ApplyConfiguration", atomic: false, group_version_kind: None, fields: &[
        Field::new("expression", "Expression", String, 1, OmitEmpty),
    ],
};
pub static ADMISSIONREGISTRATION_V1_AUDIT_ANNOTATION: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.AuditAnnotation", go: "v1.AuditAnnotation", atomic: false, group_version_kind: None, fields: &[
        Field::new("key", "Key", String, 1, Always).required(),
        Field::new("valueExpression", "ValueExpression", String, 2, Always).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_EXPRESSION_WARNING: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ExpressionWarning", go: "v1.ExpressionWarning", atomic: false, group_version_kind: None, fields: &[
        Field::new("fieldRef", "FieldRef", String, 2, Always).required(),
        Field::new("warning", "Warning", String, 3, Always).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_JSON_PATCH: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.JSONPatch", go: "v1.JSONPatch", atomic: false, group_version_kind: None, fields: &[
        Field::new("expression", "Expression", String, 1, OmitEmpty),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MATCH_CONDITION: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MatchCondition", go: "v1.MatchCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("expression", "Expression", String, 2, Always).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MATCH_RESOURCES: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MatchResources", go: "v1.MatchResources", atomic: true, group_version_kind: None, fields: &[
        Field::new("namespaceSelector", "NamespaceSelector", Struct(&META_V1_LABEL_SELECTOR), 1, Pointer),
        Field::new("objectSelector", "ObjectSelector", Struct(&META_V1_LABEL_SELECTOR), 2, Pointer),
        Field::new("resourceRules", "ResourceRules", List(&Struct(&ADMISSIONREGISTRATION_V1_NAMED_RULE_WITH_OPERATIONS)), 3, OmitEmpty).list_atomic(),
        Field::new("excludeResourceRules", "ExcludeResourceRules", List(&Struct(&ADMISSIONREGISTRATION_V1_NAMED_RULE_WITH_OPERATIONS)), 4, OmitEmpty).list_atomic(),
        Field::new("matchPolicy", "MatchPolicy", String, 7, Pointer).go_type("v1.MatchPolicyType").one_of(&["Equivalent", "Exact"]),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy", go: "v1.MutatingAdmissionPolicy", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "MutatingAdmissionPolicy")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_SPEC), 2, OmitEmpty),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_BINDING: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding", go: "v1.MutatingAdmissionPolicyBinding", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "MutatingAdmissionPolicyBinding")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_BINDING_SPEC), 2, OmitEmpty),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_BINDING_LIST: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingList", go: "v1.MutatingAdmissionPolicyBindingList", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "MutatingAdmissionPolicyBindingList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_BINDING)), 2, Always).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_BINDING_SPEC: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec", go: "v1.MutatingAdmissionPolicyBindingSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("policyName", "PolicyName", String, 1, OmitEmpty),
        Field::new("paramRef", "ParamRef", Struct(&ADMISSIONREGISTRATION_V1_PARAM_REF), 2, Pointer),
        Field::new("matchResources", "MatchResources", Struct(&ADMISSIONREGISTRATION_V1_MATCH_RESOURCES), 3, Pointer),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_LIST: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyList", go: "v1.MutatingAdmissionPolicyList", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "MutatingAdmissionPolicyList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY)), 2, Always).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_SPEC: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec", go: "v1.MutatingAdmissionPolicySpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("paramKind", "ParamKind", Struct(&ADMISSIONREGISTRATION_V1_PARAM_KIND), 1, Pointer),
        Field::new("matchConstraints", "MatchConstraints", Struct(&ADMISSIONREGISTRATION_V1_MATCH_RESOURCES), 2, Pointer),
        Field::new("variables", "Variables", List(&Struct(&ADMISSIONREGISTRATION_V1_VARIABLE)), 3, OmitEmpty).list_atomic(),
        Field::new("mutations", "Mutations", List(&Struct(&ADMISSIONREGISTRATION_V1_MUTATION)), 4, OmitEmpty).list_atomic(),
        Field::new("failurePolicy", "FailurePolicy", String, 5, Pointer).go_type("v1.FailurePolicyType").one_of(&["Fail", "Ignore"]),
        Field::new("matchConditions", "MatchConditions", List(&Struct(&ADMISSIONREGISTRATION_V1_MATCH_CONDITION)), 6, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
        Field::new("reinvocationPolicy", "ReinvocationPolicy", String, 7, OmitEmpty).go_type("v1.ReinvocationPolicyType").one_of(&["IfNeeded", "Never"]),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MUTATING_WEBHOOK: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MutatingWebhook", go: "v1.MutatingWebhook", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("clientConfig", "ClientConfig", Struct(&ADMISSIONREGISTRATION_V1_WEBHOOK_CLIENT_CONFIG), 2, Always).required(),
        Field::new("rules", "Rules", List(&Struct(&ADMISSIONREGISTRATION_V1_RULE_WITH_OPERATIONS)), 3, OmitEmpty).list_atomic(),
        Field::new("failurePolicy", "FailurePolicy", String, 4, Pointer).go_type("v1.FailurePolicyType").one_of(&["Fail", "Ignore"]),
        Field::new("matchPolicy", "MatchPolicy", String, 9, Pointer).go_type("v1.MatchPolicyType").one_of(&["Equivalent", "Exact"]),
        Field::new("namespaceSelector", "NamespaceSelector", Struct(&META_V1_LABEL_SELECTOR), 5, Pointer),
        Field::new("objectSelector", "ObjectSelector", Struct(&META_V1_LABEL_SELECTOR), 11, Pointer),
        Field::new("sideEffects", "SideEffects", String, 6, AlwaysPointer).go_type("v1.SideEffectClass").one_of(&["None", "NoneOnDryRun", "Some", "Unknown"]).required(),
        Field::new("timeoutSeconds", "TimeoutSeconds", Int32, 7, Pointer),
        Field::new("admissionReviewVersions", "AdmissionReviewVersions", List(&String), 8, Always).required().list_atomic(),
        Field::new("reinvocationPolicy", "ReinvocationPolicy", String, 10, Pointer).go_type("v1.ReinvocationPolicyType").one_of(&["IfNeeded", "Never"]),
        Field::new("matchConditions", "MatchConditions", List(&Struct(&ADMISSIONREGISTRATION_V1_MATCH_CONDITION)), 12, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MUTATING_WEBHOOK_CONFIGURATION: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration", go: "v1.MutatingWebhookConfiguration", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("webhooks", "Webhooks", List(&Struct(&ADMISSIONREGISTRATION_V1_MUTATING_WEBHOOK)), 2, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MUTATING_WEBHOOK_CONFIGURATION_LIST: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.MutatingWebhookConfigurationList", go: "v1.MutatingWebhookConfigurationList", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "MutatingWebhookConfigurationList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&ADMISSIONREGISTRATION_V1_MUTATING_WEBHOOK_CONFIGURATION)), 2, Always).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_MUTATION: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.Mutation", go: "v1.Mutation", atomic: false, group_version_kind: None, fields: &[
        Field::new("patchType", "PatchType", String, 2, Always).go_type("v1.PatchType").one_of(&["ApplyConfiguration", "JSONPatch"]).required(),
        Field::new("applyConfiguration", "ApplyConfiguration", Struct(&ADMISSIONREGISTRATION_V1_APPLY_CONFIGURATION), 3, Pointer),
        Field::new("jsonPatch", "JSONPatch", Struct(&ADMISSIONREGISTRATION_V1_JSON_PATCH), 4, Pointer),
    ],
};
pub static ADMISSIONREGISTRATION_V1_NAMED_RULE_WITH_OPERATIONS: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.NamedRuleWithOperations", go: "v1.NamedRuleWithOperations", atomic: true, group_version_kind: None, fields: &[
        Field::new("resourceNames", "ResourceNames", List(&String), 1, OmitEmpty).list_atomic(),
        Field::new("operations", "Operations", List(&String), 1, OmitEmpty).go_type("[]v1.OperationType").proto_in(&[2]).embedded("RuleWithOperations").one_of(&["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]).list_atomic(),
        Field::new("apiGroups", "APIGroups", List(&String), 1, OmitEmpty).proto_in(&[2, 2]).embedded("RuleWithOperations.Rule").list_atomic(),
        Field::new("apiVersions", "APIVersions", List(&String), 2, OmitEmpty).proto_in(&[2, 2]).embedded("RuleWithOperations.Rule").list_atomic(),
        Field::new("resources", "Resources", List(&String), 3, OmitEmpty).proto_in(&[2, 2]).embedded("RuleWithOperations.Rule").list_atomic(),
        Field::new("scope", "Scope", String, 4, Pointer).go_type("v1.ScopeType").proto_in(&[2, 2]).embedded("RuleWithOperations.Rule").one_of(&["*", "Cluster", "Namespaced"]),
    ],
};
pub static ADMISSIONREGISTRATION_V1_PARAM_KIND: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ParamKind", go: "v1.ParamKind", atomic: true, group_version_kind: None, fields: &[
        Field::new("apiVersion", "APIVersion", String, 1, OmitEmpty),
        Field::new("kind", "Kind", String, 2, OmitEmpty),
    ],
};
pub static ADMISSIONREGISTRATION_V1_PARAM_REF: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ParamRef", go: "v1.ParamRef", atomic: true, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty),
        Field::new("namespace", "Namespace", String, 2, OmitEmpty),
        Field::new("selector", "Selector", Struct(&META_V1_LABEL_SELECTOR), 3, Pointer),
        Field::new("parameterNotFoundAction", "ParameterNotFoundAction", String, 4, Pointer).go_type("v1.ParameterNotFoundActionType"),
    ],
};
pub static ADMISSIONREGISTRATION_V1_RULE_WITH_OPERATIONS: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.RuleWithOperations", go: "v1.RuleWithOperations", atomic: false, group_version_kind: None, fields: &[
        Field::new("operations", "Operations", List(&String), 1, OmitEmpty).go_type("[]v1.OperationType").one_of(&["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]).list_atomic(),
        Field::new("apiGroups", "APIGroups", List(&String), 1, OmitEmpty).proto_in(&[2]).embedded("Rule").list_atomic(),
        Field::new("apiVersions", "APIVersions", List(&String), 2, OmitEmpty).proto_in(&[2]).embedded("Rule").list_atomic(),
        Field::new("resources", "Resources", List(&String), 3, OmitEmpty).proto_in(&[2]).embedded("Rule").list_atomic(),
        Field::new("scope", "Scope", String, 4, Pointer).go_type("v1.ScopeType").proto_in(&[2]).embedded("Rule").one_of(&["*", "Cluster", "Namespaced"]),
    ],
};
pub static ADMISSIONREGISTRATION_V1_SERVICE_REFERENCE: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ServiceReference", go: "v1.ServiceReference", atomic: false, group_version_kind: None, fields: &[
        Field::new("namespace", "Namespace", String, 1, Always).required(),
        Field::new("name", "Name", String, 2, Always).required(),
        Field::new("path", "Path", String, 3, Pointer),
        Field::new("port", "Port", Int32, 4, Pointer),
    ],
};
pub static ADMISSIONREGISTRATION_V1_TYPE_CHECKING: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.TypeChecking", go: "v1.TypeChecking", atomic: false, group_version_kind: None, fields: &[
        Field::new("expressionWarnings", "ExpressionWarnings", List(&Struct(&ADMISSIONREGISTRATION_V1_EXPRESSION_WARNING)), 1, OmitEmpty).list_atomic(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy", go: "v1.ValidatingAdmissionPolicy", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_STATUS), 3, OmitEmpty),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_BINDING: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding", go: "v1.ValidatingAdmissionPolicyBinding", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBinding")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_BINDING_SPEC), 2, OmitEmpty).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_BINDING_LIST: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingList", go: "v1.ValidatingAdmissionPolicyBindingList", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBindingList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_BINDING)), 2, Always).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_BINDING_SPEC: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec", go: "v1.ValidatingAdmissionPolicyBindingSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("policyName", "PolicyName", String, 1, OmitEmpty).required(),
        Field::new("paramRef", "ParamRef", Struct(&ADMISSIONREGISTRATION_V1_PARAM_REF), 2, Pointer),
        Field::new("matchResources", "MatchResources", Struct(&ADMISSIONREGISTRATION_V1_MATCH_RESOURCES), 3, Pointer),
        Field::new("validationActions", "ValidationActions", List(&String), 4, OmitEmpty).go_type("[]v1.ValidationAction").list(Set).one_of(&["Audit", "Deny", "Warn"]).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_LIST: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyList", go: "v1.ValidatingAdmissionPolicyList", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY)), 2, Always).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_SPEC: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec", go: "v1.ValidatingAdmissionPolicySpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("paramKind", "ParamKind", Struct(&ADMISSIONREGISTRATION_V1_PARAM_KIND), 1, Pointer),
        Field::new("matchConstraints", "MatchConstraints", Struct(&ADMISSIONREGISTRATION_V1_MATCH_RESOURCES), 2, Pointer),
        Field::new("validations", "Validations", List(&Struct(&ADMISSIONREGISTRATION_V1_VALIDATION)), 3, OmitEmpty).list_atomic(),
        Field::new("failurePolicy", "FailurePolicy", String, 4, Pointer).go_type("v1.FailurePolicyType").one_of(&["Fail", "Ignore"]),
        Field::new("auditAnnotations", "AuditAnnotations", List(&Struct(&ADMISSIONREGISTRATION_V1_AUDIT_ANNOTATION)), 5, OmitEmpty).list_atomic(),
        Field::new("matchConditions", "MatchConditions", List(&Struct(&ADMISSIONREGISTRATION_V1_MATCH_CONDITION)), 6, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
        Field::new("variables", "Variables", List(&Struct(&ADMISSIONREGISTRATION_V1_VARIABLE)), 7, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_STATUS: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus", go: "v1.ValidatingAdmissionPolicyStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("observedGeneration", "ObservedGeneration", Int64, 1, OmitEmpty),
        Field::new("typeChecking", "TypeChecking", Struct(&ADMISSIONREGISTRATION_V1_TYPE_CHECKING), 2, Pointer),
        Field::new("conditions", "Conditions", List(&Struct(&META_V1_CONDITION)), 3, OmitEmpty).list(Keyed(&["type"])),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATING_WEBHOOK: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ValidatingWebhook", go: "v1.ValidatingWebhook", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("clientConfig", "ClientConfig", Struct(&ADMISSIONREGISTRATION_V1_WEBHOOK_CLIENT_CONFIG), 2, Always).required(),
        Field::new("rules", "Rules", List(&Struct(&ADMISSIONREGISTRATION_V1_RULE_WITH_OPERATIONS)), 3, OmitEmpty).list_atomic(),
        Field::new("failurePolicy", "FailurePolicy", String, 4, Pointer).go_type("v1.FailurePolicyType").one_of(&["Fail", "Ignore"]),
        Field::new("matchPolicy", "MatchPolicy", String, 9, Pointer).go_type("v1.MatchPolicyType").one_of(&["Equivalent", "Exact"]),
        Field::new("namespaceSelector", "NamespaceSelector", Struct(&META_V1_LABEL_SELECTOR), 5, Pointer),
        Field::new("objectSelector", "ObjectSelector", Struct(&META_V1_LABEL_SELECTOR), 10, Pointer),
        Field::new("sideEffects", "SideEffects", String, 6, AlwaysPointer).go_type("v1.SideEffectClass").one_of(&["None", "NoneOnDryRun", "Some", "Unknown"]).required(),
        Field::new("timeoutSeconds", "TimeoutSeconds", Int32, 7, Pointer),
        Field::new("admissionReviewVersions", "AdmissionReviewVersions", List(&String), 8, Always).required().list_atomic(),
        Field::new("matchConditions", "MatchConditions", List(&Struct(&ADMISSIONREGISTRATION_V1_MATCH_CONDITION)), 11, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATING_WEBHOOK_CONFIGURATION: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration", go: "v1.ValidatingWebhookConfiguration", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("webhooks", "Webhooks", List(&Struct(&ADMISSIONREGISTRATION_V1_VALIDATING_WEBHOOK)), 2, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATING_WEBHOOK_CONFIGURATION_LIST: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfigurationList", go: "v1.ValidatingWebhookConfigurationList", atomic: false, group_version_kind: Some(("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfigurationList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&ADMISSIONREGISTRATION_V1_VALIDATING_WEBHOOK_CONFIGURATION)), 2, Always).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VALIDATION: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.Validation", go: "v1.Validation", atomic: false, group_version_kind: None, fields: &[
        Field::new("expression", "Expression", String, 1, Always).required(),
        Field::new("message", "Message", String, 2, OmitEmpty),
        Field::new("reason", "Reason", String, 3, Pointer).go_type("v1.StatusReason"),
        Field::new("messageExpression", "MessageExpression", String, 4, OmitEmpty),
    ],
};
pub static ADMISSIONREGISTRATION_V1_VARIABLE: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.Variable", go: "v1.Variable", atomic: true, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("expression", "Expression", String, 2, Always).required(),
    ],
};
pub static ADMISSIONREGISTRATION_V1_WEBHOOK_CLIENT_CONFIG: Type = Type {
    name: "io.k8s.api.admissionregistration.v1.WebhookClientConfig", go: "v1.WebhookClientConfig", atomic: false, group_version_kind: None, fields: &[
        Field::new("url", "URL", String, 3, Pointer),
        Field::new("service", "Service", Struct(&ADMISSIONREGISTRATION_V1_SERVICE_REFERENCE), 1, Pointer),
        Field::new("caBundle", "CABundle", Bytes, 2, OmitEmpty),
    ],
};
pub static APIDISCOVERY_V2_API_GROUP_DISCOVERY: Type = Type {
    name: "io.k8s.api.apidiscovery.v2.APIGroupDiscovery", go: "v2.APIGroupDiscovery", atomic: false, group_version_kind: Some(("apidiscovery.k8s.io", "v2", "APIGroupDiscovery")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("versions", "Versions", List(&Struct(&APIDISCOVERY_V2_API_VERSION_DISCOVERY)), 2, OmitEmpty).list(Keyed(&["version"])),
    ],
};
pub static APIDISCOVERY_V2_API_GROUP_DISCOVERY_LIST: Type = Type {
    name: "io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList", go: "v2.APIGroupDiscoveryList", atomic: false, group_version_kind: Some(("apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&APIDISCOVERY_V2_API_GROUP_DISCOVERY)), 2, Always).required(),
    ],
};
pub static APIDISCOVERY_V2_API_RESOURCE_DISCOVERY: Type = Type {
    name: "io.k8s.api.apidiscovery.v2.APIResourceDiscovery", go: "v2.APIResourceDiscovery", atomic: false, group_version_kind: None, fields: &[
        Field::new("resource", "Resource", String, 1, Always).required(),
        Field::new("responseKind", "ResponseKind", Struct(&META_V1_GROUP_VERSION_KIND), 2, Pointer),
        Field::new("scope", "Scope", String, 3, Always).go_type("v2.ResourceScope").required(),
        Field::new("singularResource", "SingularResource", String, 4, Always).required(),
        Field::new("verbs", "Verbs", List(&String), 5, Always).list(Set).required(),
        Field::new("shortNames", "ShortNames", List(&String), 6, OmitEmpty).list(Set),
        Field::new("categories", "Categories", List(&String), 7, OmitEmpty).list(Set),
        Field::new("subresources", "Subresources", List(&Struct(&APIDISCOVERY_V2_API_SUBRESOURCE_DISCOVERY)), 8, OmitEmpty).list(Keyed(&["subresource"])),
    ],
};
pub static APIDISCOVERY_V2_API_SUBRESOURCE_DISCOVERY: Type = Type {
    name: "io.k8s.api.apidiscovery.v2.APISubresourceDiscovery", go: "v2.APISubresourceDiscovery", atomic: false, group_version_kind: None, fields: &[
        Field::new("subresource", "Subresource", String, 1, Always).required(),
        Field::new("responseKind", "ResponseKind", Struct(&META_V1_GROUP_VERSION_KIND), 2, Pointer),
        Field::new("acceptedTypes", "AcceptedTypes", List(&Struct(&META_V1_GROUP_VERSION_KIND)), 3, OmitEmpty).list(Keyed(&["group", "version", "kind"])),
        Field::new("verbs", "Verbs", List(&String), 4, Always).list(Set).required(),
    ],
};
pub static APIDISCOVERY_V2_API_VERSION_DISCOVERY: Type = Type {
    name: "io.k8s.api.apidiscovery.v2.APIVersionDiscovery", go: "v2.APIVersionDiscovery", atomic: false, group_version_kind: None, fields: &[
        Field::new("version", "Version", String, 1, Always).required(),
        Field::new("resources", "Resources", List(&Struct(&APIDISCOVERY_V2_API_RESOURCE_DISCOVERY)), 2, OmitEmpty).list(Keyed(&["resource"])),
        Field::new("freshness", "Freshness", String, 3, OmitEmpty).go_type("v2.DiscoveryFreshness"),
    ],
};
pub static APPS_V1_CONTROLLER_REVISION: Type = Type {
    name: "io.k8s.api.apps.v1.ControllerRevision", go: "v1.ControllerRevision", atomic: false, group_version_kind: Some(("apps", "v1", "ControllerRevision")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("data", "Data", RawExtension, 2, OmitEmpty),
        Field::new("revision", "Revision", Int64, 3, Always).required(),
    ],
};
pub static APPS_V1_CONTROLLER_REVISION_LIST: Type = Type {
    name: "io.k8s.api.apps.v1.ControllerRevisionList", go: "v1.ControllerRevisionList", atomic: false, group_version_kind: Some(("apps", "v1", "ControllerRevisionList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&APPS_V1_CONTROLLER_REVISION)), 2, Always).required(),
    ],
};
pub static APPS_V1_DAEMON_SET: Type = Type {
    name: "io.k8s.api.apps.v1.DaemonSet", go: "v1.DaemonSet", atomic: false, group_version_kind: Some(("apps", "v1", "DaemonSet")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&APPS_V1_DAEMON_SET_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&APPS_V1_DAEMON_SET_STATUS), 3, OmitEmpty),
    ],
};
pub static APPS_V1_DAEMON_SET_CONDITION: Type = Type {
    name: "io.k8s.api.apps.v1.DaemonSetCondition", go: "v1.DaemonSetCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.DaemonSetConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("message", "Message", String, 5, OmitEmpty),
    ],
};
pub static APPS_V1_DAEMON_SET_LIST: Type = Type {
    name: "io.k8s.api.apps.v1.DaemonSetList", go: "v1.DaemonSetList", atomic: false, group_version_kind: Some(("apps", "v1", "DaemonSetList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&APPS_V1_DAEMON_SET)), 2, Always).required(),
    ],
};
pub static APPS_V1_DAEMON_SET_SPEC: Type = Type {
    name: "io.k8s.api.apps.v1.DaemonSetSpec", go: "v1.DaemonSetSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("selector", "Selector", Struct(&META_V1_LABEL_SELECTOR), 1, AlwaysPointer).required(),
        Field::new("template", "Template", Struct(&CORE_V1_POD_TEMPLATE_SPEC), 2, Always).required(),
        Field::new("updateStrategy", "UpdateStrategy", Struct(&APPS_V1_DAEMON_SET_UPDATE_STRATEGY), 3, OmitEmpty),
        Field::new("minReadySeconds", "MinReadySeconds", Int32, 4, OmitEmpty),
        Field::new("revisionHistoryLimit", "RevisionHistoryLimit", Int32, 6, Pointer),
    ],
};
pub static APPS_V1_DAEMON_SET_STATUS: Type = Type {
    name: "io.k8s.api.apps.v1.DaemonSetStatus", go: "v1.DaemonSetStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("currentNumberScheduled", "CurrentNumberScheduled", Int32, 1, Always).required(),
        Field::new("numberMisscheduled", "NumberMisscheduled", Int32, 2, Always).required(),
        Field::new("desiredNumberScheduled", "DesiredNumberScheduled", Int32, 3, Always).required(),
        Field::new("numberReady", "NumberReady", Int32, 4, Always).required(),
        Field::new("observedGeneration", "ObservedGeneration", Int64, 5, OmitEmpty),
        Field::new("updatedNumberScheduled", "UpdatedNumberScheduled", Int32, 6, OmitEmpty),
        Field::new("numberAvailable", "NumberAvailable", Int32, 7, OmitEmpty),
        Field::new("numberUnavailable", "NumberUnavailable", Int32, 8, OmitEmpty),
        Field::new("collisionCount", "CollisionCount", Int32, 9, Pointer),
        Field::new("conditions", "Conditions", List(&Struct(&APPS_V1_DAEMON_SET_CONDITION)), 10, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static APPS_V1_DAEMON_SET_UPDATE_STRATEGY: Type = Type {
    name: "io.k8s.api.apps.v1.DaemonSetUpdateStrategy", go: "v1.DaemonSetUpdateStrategy", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, OmitEmpty).go_type("v1.DaemonSetUpdateStrategyType").one_of(&["OnDelete", "RollingUpdate"]),
        Field::new("rollingUpdate", "RollingUpdate", Struct(&APPS_V1_ROLLING_UPDATE_DAEMON_SET), 2, Pointer),
    ],
};
pub static APPS_V1_DEPLOYMENT: Type = Type {
    name: "io.k8s.api.apps.v1.Deployment", go: "v1.Deployment", atomic: false, group_version_kind: Some(("apps", "v1", "Deployment")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&APPS_V1_DEPLOYMENT_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&APPS_V1_DEPLOYMENT_STATUS), 3, OmitEmpty),
    ],
};
pub static APPS_V1_DEPLOYMENT_CONDITION: Type = Type {
    name: "io.k8s.api.apps.v1.DeploymentCondition", go: "v1.DeploymentCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.DeploymentConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastUpdateTime", "LastUpdateTime", Time, 6, OmitEmpty),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 7, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("message", "Message", String, 5, OmitEmpty),
    ],
};
pub static APPS_V1_DEPLOYMENT_LIST: Type = Type {
    name: "io.k8s.api.apps.v1.DeploymentList", go: "v1.DeploymentList", atomic: false, group_version_kind: Some(("apps", "v1", "DeploymentList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&APPS_V1_DEPLOYMENT)), 2, Always).required(),
    ],
};
pub static APPS_V1_DEPLOYMENT_SPEC: Type = Type {
    name: "io.k8s.api.apps.v1.DeploymentSpec", go: "v1.DeploymentSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("replicas", "Replicas", Int32, 1, Pointer),
        Field::new("selector", "Selector", Struct(&META_V1_LABEL_SELECTOR), 2, AlwaysPointer).required(),
        Field::new("template", "Template", Struct(&CORE_V1_POD_TEMPLATE_SPEC), 3, Always).required(),
        Field::new("strategy", "Strategy", Struct(&APPS_V1_DEPLOYMENT_STRATEGY), 4, OmitEmpty).patch(RetainKeys, ""),
        Field::new("minReadySeconds", "MinReadySeconds", Int32, 5, OmitEmpty),
        Field::new("revisionHistoryLimit", "RevisionHistoryLimit", Int32, 6, Pointer),
        Field::new("paused", "Paused", Bool, 7, OmitEmpty),
        Field::new("progressDeadlineSeconds", "ProgressDeadlineSeconds", Int32, 9, Pointer),
    ],
};
pub static APPS_V1_DEPLOYMENT_STATUS: Type = Type {
    name: "io.k8s.api.apps.v1.DeploymentStatus", go: "v1.DeploymentStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("observedGeneration", "ObservedGeneration", Int64, 1, OmitEmpty),
        Field::new("replicas", "Replicas", Int32, 2, OmitEmpty),
        Field::new("updatedReplicas", "UpdatedReplicas", Int32, 3, OmitEmpty),
        Field::new("readyReplicas", "ReadyReplicas", Int32, 7, OmitEmpty),
        Field::new("availableReplicas", "AvailableReplicas", Int32, 4, OmitEmpty),
        Field::new("unavailableReplicas", "UnavailableReplicas", Int32, 5, OmitEmpty),
        Field::new("terminatingReplicas", "TerminatingReplicas", Int32, 9, Pointer),
        Field::new("conditions", "Conditions", List(&Struct(&APPS_V1_DEPLOYMENT_CONDITION)), 6, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
        Field::new("collisionCount", "CollisionCount", Int32, 8, Pointer),
    ],
};
pub static APPS_V1_DEPLOYMENT_STRATEGY: Type = Type {
    name: "io.k8s.api.apps.v1.DeploymentStrategy", go: "v1.DeploymentStrategy", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, OmitEmpty).go_type("v1.DeploymentStrategyType").one_of(&["Recreate", "RollingUpdate"]),
        Field::new("rollingUpdate", "RollingUpdate", Struct(&APPS_V1_ROLLING_UPDATE_DEPLOYMENT), 2, Pointer),
    ],
};
pub static APPS_V1_REPLICA_SET: Type = Type {
    name: "io.k8s.api.apps.v1.ReplicaSet", go: "v1.ReplicaSet", atomic: false, group_version_kind: Some(("apps", "v1", "ReplicaSet")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&APPS_V1_REPLICA_SET_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&APPS_V1_REPLICA_SET_STATUS), 3, OmitEmpty),
    ],
};
pub static APPS_V1_REPLICA_SET_CONDITION: Type = Type {
    name: "io.k8s.api.apps.v1.ReplicaSetCondition", go: "v1.ReplicaSetCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.ReplicaSetConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("message", "Message", String, 5, OmitEmpty),
    ],
};
pub static APPS_V1_REPLICA_SET_LIST: Type = Type {
    name: "io.k8s.api.apps.v1.ReplicaSetList", go: "v1.ReplicaSetList", atomic: false, group_version_kind: Some(("apps", "v1", "ReplicaSetList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&APPS_V1_REPLICA_SET)), 2, Always).required(),
    ],
};
pub static APPS_V1_REPLICA_SET_SPEC: Type = Type {
    name: "io.k8s.api.apps.v1.ReplicaSetSpec", go: "v1.ReplicaSetSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("replicas", "Replicas", Int32, 1, Pointer),
        Field::new("minReadySeconds", "MinReadySeconds", Int32, 4, OmitEmpty),
        Field::new("selector", "Selector", Struct(&META_V1_LABEL_SELECTOR), 2, AlwaysPointer).required(),
        Field::new("template", "Template", Struct(&CORE_V1_POD_TEMPLATE_SPEC), 3, OmitEmpty),
    ],
};
pub static APPS_V1_REPLICA_SET_STATUS: Type = Type {
    name: "io.k8s.api.apps.v1.ReplicaSetStatus", go: "v1.ReplicaSetStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("replicas", "Replicas", Int32, 1, Always).required(),
        Field::new("fullyLabeledReplicas", "FullyLabeledReplicas", Int32, 2, OmitEmpty),
        Field::new("readyReplicas", "ReadyReplicas", Int32, 4, OmitEmpty),
        Field::new("availableReplicas", "AvailableReplicas", Int32, 5, OmitEmpty),
        Field::new("terminatingReplicas", "TerminatingReplicas", Int32, 7, Pointer),
        Field::new("observedGeneration", "ObservedGeneration", Int64, 3, OmitEmpty),
        Field::new("conditions", "Conditions", List(&Struct(&APPS_V1_REPLICA_SET_CONDITION)), 6, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static APPS_V1_ROLLING_UPDATE_DAEMON_SET: Type = Type {
    name: "io.k8s.api.apps.v1.RollingUpdateDaemonSet", go: "v1.RollingUpdateDaemonSet", atomic: false, group_version_kind: None, fields: &[
        Field::new("maxUnavailable", "MaxUnavailable", IntOrString, 1, Pointer),
        Field::new("maxSurge", "MaxSurge", IntOrString, 2, Pointer),
    ],
};
pub static APPS_V1_ROLLING_UPDATE_DEPLOYMENT: Type = Type {
    name: "io.k8s.api.apps.v1.RollingUpdateDeployment", go: "v1.RollingUpdateDeployment", atomic: false, group_version_kind: None, fields: &[
        Field::new("maxUnavailable", "MaxUnavailable", IntOrString, 1, Pointer),
        Field::new("maxSurge", "MaxSurge", IntOrString, 2, Pointer),
    ],
};
pub static APPS_V1_ROLLING_UPDATE_STATEFUL_SET_STRATEGY: Type = Type {
    name: "io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy", go: "v1.RollingUpdateStatefulSetStrategy", atomic: false, group_version_kind: None, fields: &[
        Field::new("partition", "Partition", Int32, 1, Pointer),
        Field::new("maxUnavailable", "MaxUnavailable", IntOrString, 2, Pointer),
    ],
};
pub static APPS_V1_STATEFUL_SET: Type = Type {
    name: "io.k8s.api.apps.v1.StatefulSet", go: "v1.StatefulSet", atomic: false, group_version_kind: Some(("apps", "v1", "StatefulSet")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&APPS_V1_STATEFUL_SET_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&APPS_V1_STATEFUL_SET_STATUS), 3, OmitEmpty),
    ],
};
pub static APPS_V1_STATEFUL_SET_CONDITION: Type = Type {
    name: "io.k8s.api.apps.v1.StatefulSetCondition", go: "v1.StatefulSetCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.StatefulSetConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("message", "Message", String, 5, OmitEmpty),
    ],
};
pub static APPS_V1_STATEFUL_SET_LIST: Type = Type {
    name: "io.k8s.api.apps.v1.StatefulSetList", go: "v1.StatefulSetList", atomic: false, group_version_kind: Some(("apps", "v1", "StatefulSetList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&APPS_V1_STATEFUL_SET)), 2, Always).required(),
    ],
};
pub static APPS_V1_STATEFUL_SET_ORDINALS: Type = Type {
    name: "io.k8s.api.apps.v1.StatefulSetOrdinals", go: "v1.StatefulSetOrdinals", atomic: false, group_version_kind: None, fields: &[
        Field::new("start", "Start", Int32, 1, Always),
    ],
};
pub static APPS_V1_STATEFUL_SET_PERSISTENT_VOLUME_CLAIM_RETENTION_POLICY: Type = Type {
    name: "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy", go: "v1.StatefulSetPersistentVolumeClaimRetentionPolicy", atomic: false, group_version_kind: None, fields: &[
        Field::new("whenDeleted", "WhenDeleted", String, 1, OmitEmpty).go_type("v1.PersistentVolumeClaimRetentionPolicyType"),
        Field::new("whenScaled", "WhenScaled", String, 2, OmitEmpty).go_type("v1.PersistentVolumeClaimRetentionPolicyType"),
    ],
};
pub static APPS_V1_STATEFUL_SET_SPEC: Type = Type {
    name: "io.k8s.api.apps.v1.StatefulSetSpec", go: "v1.StatefulSetSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("replicas", "Replicas", Int32, 1, Pointer),
        Field::new("selector", "Selector", Struct(&META_V1_LABEL_SELECTOR), 2, AlwaysPointer).required(),
        Field::new("template", "Template", Struct(&CORE_V1_POD_TEMPLATE_SPEC), 3, Always).required(),
        Field::new("volumeClaimTemplates", "VolumeClaimTemplates", List(&Struct(&CORE_V1_PERSISTENT_VOLUME_CLAIM)), 4, OmitEmpty).list_atomic(),
        Field::new("serviceName", "ServiceName", String, 5, Always),
        Field::new("podManagementPolicy", "PodManagementPolicy", String, 6, OmitEmpty).go_type("v1.PodManagementPolicyType").one_of(&["OrderedReady", "Parallel"]),
        Field::new("updateStrategy", "UpdateStrategy", Struct(&APPS_V1_STATEFUL_SET_UPDATE_STRATEGY), 7, OmitEmpty),
        Field::new("revisionHistoryLimit", "RevisionHistoryLimit", Int32, 8, Pointer),
        Field::new("minReadySeconds", "MinReadySeconds", Int32, 9, OmitEmpty),
        Field::new("persistentVolumeClaimRetentionPolicy", "PersistentVolumeClaimRetentionPolicy", Struct(&APPS_V1_STATEFUL_SET_PERSISTENT_VOLUME_CLAIM_RETENTION_POLICY), 10, Pointer),
        Field::new("ordinals", "Ordinals", Struct(&APPS_V1_STATEFUL_SET_ORDINALS), 11, Pointer),
    ],
};
pub static APPS_V1_STATEFUL_SET_STATUS: Type = Type {
    name: "io.k8s.api.apps.v1.StatefulSetStatus", go: "v1.StatefulSetStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("observedGeneration", "ObservedGeneration", Int64, 1, OmitEmpty),
        Field::new("replicas", "Replicas", Int32, 2, Always).required(),
        Field::new("readyReplicas", "ReadyReplicas", Int32, 3, OmitEmpty),
        Field::new("currentReplicas", "CurrentReplicas", Int32, 4, OmitEmpty),
        Field::new("updatedReplicas", "UpdatedReplicas", Int32, 5, OmitEmpty),
        Field::new("currentRevision", "CurrentRevision", String, 6, OmitEmpty),
        Field::new("updateRevision", "UpdateRevision", String, 7, OmitEmpty),
        Field::new("collisionCount", "CollisionCount", Int32, 9, Pointer),
        Field::new("conditions", "Conditions", List(&Struct(&APPS_V1_STATEFUL_SET_CONDITION)), 10, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
        Field::new("availableReplicas", "AvailableReplicas", Int32, 11, Always),
    ],
};
pub static APPS_V1_STATEFUL_SET_UPDATE_STRATEGY: Type = Type {
    name: "io.k8s.api.apps.v1.StatefulSetUpdateStrategy", go: "v1.StatefulSetUpdateStrategy", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, OmitEmpty).go_type("v1.StatefulSetUpdateStrategyType").one_of(&["OnDelete", "RollingUpdate"]),
        Field::new("rollingUpdate", "RollingUpdate", Struct(&APPS_V1_ROLLING_UPDATE_STATEFUL_SET_STRATEGY), 2, Pointer),
    ],
};
pub static AUTHENTICATION_V1_BOUND_OBJECT_REFERENCE: Type = Type {
    name: "io.k8s.api.authentication.v1.BoundObjectReference", go: "v1.BoundObjectReference", atomic: false, group_version_kind: None, fields: &[
        Field::new("kind", "Kind", String, 1, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 2, OmitEmpty),
        Field::new("name", "Name", String, 3, OmitEmpty),
        Field::new("uid", "UID", String, 4, OmitEmpty).go_type("types.UID"),
    ],
};
pub static AUTHENTICATION_V1_SELF_SUBJECT_REVIEW: Type = Type {
    name: "io.k8s.api.authentication.v1.SelfSubjectReview", go: "v1.SelfSubjectReview", atomic: false, group_version_kind: Some(("authentication.k8s.io", "v1", "SelfSubjectReview")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("status", "Status", Struct(&AUTHENTICATION_V1_SELF_SUBJECT_REVIEW_STATUS), 2, OmitEmpty),
    ],
};
pub static AUTHENTICATION_V1_SELF_SUBJECT_REVIEW_STATUS: Type = Type {
    name: "io.k8s.api.authentication.v1.SelfSubjectReviewStatus", go: "v1.SelfSubjectReviewStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("userInfo", "UserInfo", Struct(&AUTHENTICATION_V1_USER_INFO), 1, OmitEmpty),
    ],
};
pub static AUTHENTICATION_V1_TOKEN_REQUEST: Type = Type {
    name: "io.k8s.api.authentication.v1.TokenRequest", go: "v1.TokenRequest", atomic: false, group_version_kind: Some(("authentication.k8s.io", "v1", "TokenRequest")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&AUTHENTICATION_V1_TOKEN_REQUEST_SPEC), 2, Always),
        Field::new("status", "Status", Struct(&AUTHENTICATION_V1_TOKEN_REQUEST_STATUS), 3, OmitEmpty),
    ],
};
pub static AUTHENTICATION_V1_TOKEN_REQUEST_SPEC: Type = Type {
    name: "io.k8s.api.authentication.v1.TokenRequestSpec", go: "v1.TokenRequestSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("audiences", "Audiences", List(&String), 1, Always).list_atomic(),
        Field::new("expirationSeconds", "ExpirationSeconds", Int64, 4, AlwaysPointer),
        Field::new("boundObjectRef", "BoundObjectRef", Struct(&AUTHENTICATION_V1_BOUND_OBJECT_REFERENCE), 3, AlwaysPointer),
    ],
};
pub static AUTHENTICATION_V1_TOKEN_REQUEST_STATUS: Type = Type {
    name: "io.k8s.api.authentication.v1.TokenRequestStatus", go: "v1.TokenRequestStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("token", "Token", String, 1, Always),
        Field::new("expirationTimestamp", "ExpirationTimestamp", Time, 2, Always),
    ],
};
pub static AUTHENTICATION_V1_TOKEN_REVIEW: Type = Type {
    name: "io.k8s.api.authentication.v1.TokenReview", go: "v1.TokenReview", atomic: false, group_version_kind: Some(("authentication.k8s.io", "v1", "TokenReview")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&AUTHENTICATION_V1_TOKEN_REVIEW_SPEC), 2, Always).required(),
        Field::new("status", "Status", Struct(&AUTHENTICATION_V1_TOKEN_REVIEW_STATUS), 3, OmitEmpty),
    ],
};
pub static AUTHENTICATION_V1_TOKEN_REVIEW_SPEC: Type = Type {
    name: "io.k8s.api.authentication.v1.TokenReviewSpec", go: "v1.TokenReviewSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("token", "Token", String, 1, OmitEmpty).required(),
        Field::new("audiences", "Audiences", List(&String), 2, OmitEmpty).list_atomic(),
    ],
};
pub static AUTHENTICATION_V1_TOKEN_REVIEW_STATUS: Type = Type {
    name: "io.k8s.api.authentication.v1.TokenReviewStatus", go: "v1.TokenReviewStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("authenticated", "Authenticated", Bool, 1, OmitEmpty),
        Field::new("user", "User", Struct(&AUTHENTICATION_V1_USER_INFO), 2, OmitEmpty),
        Field::new("audiences", "Audiences", List(&String), 4, OmitEmpty).list_atomic(),
        Field::new("error", "Error", String, 3, OmitEmpty),
    ],
};
pub static AUTHENTICATION_V1_USER_INFO: Type = Type {
    name: "io.k8s.api.authentication.v1.UserInfo", go: "v1.UserInfo", atomic: false, group_version_kind: None, fields: &[
        Field::new("username", "Username", String, 1, OmitEmpty),
        Field::new("uid", "UID", String, 2, OmitEmpty),
        Field::new("groups", "Groups", List(&String), 3, OmitEmpty).list_atomic(),
        Field::new("extra", "Extra", Map(&List(&String)), 4, OmitEmpty).go_type("map[string]v1.ExtraValue"),
    ],
};
pub static AUTHORIZATION_V1_FIELD_SELECTOR_ATTRIBUTES: Type = Type {
    name: "io.k8s.api.authorization.v1.FieldSelectorAttributes", go: "v1.FieldSelectorAttributes", atomic: false, group_version_kind: None, fields: &[
        Field::new("rawSelector", "RawSelector", String, 1, OmitEmpty),
        Field::new("requirements", "Requirements", List(&Struct(&META_V1_FIELD_SELECTOR_REQUIREMENT)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static AUTHORIZATION_V1_LABEL_SELECTOR_ATTRIBUTES: Type = Type {
    name: "io.k8s.api.authorization.v1.LabelSelectorAttributes", go: "v1.LabelSelectorAttributes", atomic: false, group_version_kind: None, fields: &[
        Field::new("rawSelector", "RawSelector", String, 1, OmitEmpty),
        Field::new("requirements", "Requirements", List(&Struct(&META_V1_LABEL_SELECTOR_REQUIREMENT)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static AUTHORIZATION_V1_LOCAL_SUBJECT_ACCESS_REVIEW: Type = Type {
    name: "io.k8s.api.authorization.v1.LocalSubjectAccessReview", go: "v1.LocalSubjectAccessReview", atomic: false, group_version_kind: Some(("authorization.k8s.io", "v1", "LocalSubjectAccessReview")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW_SPEC), 2, Always).required(),
        Field::new("status", "Status", Struct(&AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW_STATUS), 3, OmitEmpty),
    ],
};
pub static AUTHORIZATION_V1_NON_RESOURCE_ATTRIBUTES: Type = Type {
    name: "io.k8s.api.authorization.v1.NonResourceAttributes", go: "v1.NonResourceAttributes", atomic: false, group_version_kind: None, fields: &[
        Field::new("path", "Path", String, 1, OmitEmpty),
        Field::new("verb", "Verb", String, 2, OmitEmpty),
    ],
};
pub static AUTHORIZATION_V1_NON_RESOURCE_RULE: Type = Type {
    name: "io.k8s.api.authorization.v1.NonResourceRule", go: "v1.NonResourceRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("verbs", "Verbs", List(&String), 1, Always).required().list_atomic(),
        Field::new("nonResourceURLs", "NonResourceURLs", List(&String), 2, OmitEmpty).list_atomic(),
    ],
};
pub static AUTHORIZATION_V1_RESOURCE_ATTRIBUTES: Type = Type {
    name: "io.k8s.api.authorization.v1.ResourceAttributes", go: "v1.ResourceAttributes", atomic: false, group_version_kind: None, fields: &[
        Field::new("namespace", "Namespace", String, 1, OmitEmpty),
        Field::new("verb", "Verb", String, 2, OmitEmpty),
        Field::new("group", "Group", String, 3, OmitEmpty),
        Field::new("version", "Version", String, 4, OmitEmpty),
        Field::new("resource", "Resource", String, 5, OmitEmpty),
        Field::new("subresource", "Subresource", String, 6, OmitEmpty),
        Field::new("name", "Name", String, 7, OmitEmpty),
        Field::new("fieldSelector", "FieldSelector", Struct(&AUTHORIZATION_V1_FIELD_SELECTOR_ATTRIBUTES), 8, Pointer),
        Field::new("labelSelector", "LabelSelector", Struct(&AUTHORIZATION_V1_LABEL_SELECTOR_ATTRIBUTES), 9, Pointer),
    ],
};
pub static AUTHORIZATION_V1_RESOURCE_RULE: Type = Type {
    name: "io.k8s.api.authorization.v1.ResourceRule", go: "v1.ResourceRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("verbs", "Verbs", List(&String), 1, Always).required().list_atomic(),
        Field::new("apiGroups", "APIGroups", List(&String), 2, OmitEmpty).list_atomic(),
        Field::new("resources", "Resources", List(&String), 3, OmitEmpty).list_atomic(),
        Field::new("resourceNames", "ResourceNames", List(&String), 4, OmitEmpty).list_atomic(),
    ],
};
pub static AUTHORIZATION_V1_SELF_SUBJECT_ACCESS_REVIEW: Type = Type {
    name: "io.k8s.api.authorization.v1.SelfSubjectAccessReview", go: "v1.SelfSubjectAccessReview", atomic: false, group_version_kind: Some(("authorization.k8s.io", "v1", "SelfSubjectAccessReview")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&AUTHORIZATION_V1_SELF_SUBJECT_ACCESS_REVIEW_SPEC), 2, Always).required(),
        Field::new("status", "Status", Struct(&AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW_STATUS), 3, OmitEmpty),
    ],
};
pub static AUTHORIZATION_V1_SELF_SUBJECT_ACCESS_REVIEW_SPEC: Type = Type {
    name: "io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec", go: "v1.SelfSubjectAccessReviewSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("resourceAttributes", "ResourceAttributes", Struct(&AUTHORIZATION_V1_RESOURCE_ATTRIBUTES), 1, Pointer),
        Field::new("nonResourceAttributes", "NonResourceAttributes", Struct(&AUTHORIZATION_V1_NON_RESOURCE_ATTRIBUTES), 2, Pointer),
    ],
};
pub static AUTHORIZATION_V1_SELF_SUBJECT_RULES_REVIEW: Type = Type {
    name: "io.k8s.api.authorization.v1.SelfSubjectRulesReview", go: "v1.SelfSubjectRulesReview", atomic: false, group_version_kind: Some(("authorization.k8s.io", "v1", "SelfSubjectRulesReview")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&AUTHORIZATION_V1_SELF_SUBJECT_RULES_REVIEW_SPEC), 2, Always).required(),
        Field::new("status", "Status", Struct(&AUTHORIZATION_V1_SUBJECT_RULES_REVIEW_STATUS), 3, OmitEmpty),
    ],
};
pub static AUTHORIZATION_V1_SELF_SUBJECT_RULES_REVIEW_SPEC: Type = Type {
    name: "io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec", go: "v1.SelfSubjectRulesReviewSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("namespace", "Namespace", String, 1, OmitEmpty),
    ],
};
pub static AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW: Type = Type {
    name: "io.k8s.api.authorization.v1.SubjectAccessReview", go: "v1.SubjectAccessReview", atomic: false, group_version_kind: Some(("authorization.k8s.io", "v1", "SubjectAccessReview")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW_SPEC), 2, Always).required(),
        Field::new("status", "Status", Struct(&AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW_STATUS), 3, OmitEmpty),
    ],
};
pub static AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW_SPEC: Type = Type {
    name: "io.k8s.api.authorization.v1.SubjectAccessReviewSpec", go: "v1.SubjectAccessReviewSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("resourceAttributes", "ResourceAttributes", Struct(&AUTHORIZATION_V1_RESOURCE_ATTRIBUTES), 1, Pointer),
        Field::new("nonResourceAttributes", "NonResourceAttributes", Struct(&AUTHORIZATION_V1_NON_RESOURCE_ATTRIBUTES), 2, Pointer),
        Field::new("user", "User", String, 3, OmitEmpty),
        Field::new("groups", "Groups", List(&String), 4, OmitEmpty).list_atomic(),
        Field::new("extra", "Extra", Map(&List(&String)), 5, OmitEmpty).go_type("map[string]v1.ExtraValue"),
        Field::new("uid", "UID", String, 6, OmitEmpty),
    ],
};
pub static AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW_STATUS: Type = Type {
    name: "io.k8s.api.authorization.v1.SubjectAccessReviewStatus", go: "v1.SubjectAccessReviewStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("allowed", "Allowed", Bool, 1, Always).required(),
        Field::new("denied", "Denied", Bool, 4, OmitEmpty),
        Field::new("reason", "Reason", String, 2, OmitEmpty),
        Field::new("evaluationError", "EvaluationError", String, 3, OmitEmpty),
    ],
};
pub static AUTHORIZATION_V1_SUBJECT_RULES_REVIEW_STATUS: Type = Type {
    name: "io.k8s.api.authorization.v1.SubjectRulesReviewStatus", go: "v1.SubjectRulesReviewStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("resourceRules", "ResourceRules", List(&Struct(&AUTHORIZATION_V1_RESOURCE_RULE)), 1, Always).required().list_atomic(),
        Field::new("nonResourceRules", "NonResourceRules", List(&Struct(&AUTHORIZATION_V1_NON_RESOURCE_RULE)), 2, Always).required().list_atomic(),
        Field::new("incomplete", "Incomplete", Bool, 3, Always).required(),
        Field::new("evaluationError", "EvaluationError", String, 4, OmitEmpty),
    ],
};
pub static AUTOSCALING_V1_CROSS_VERSION_OBJECT_REFERENCE: Type = Type {
    name: "io.k8s.api.autoscaling.v1.CrossVersionObjectReference", go: "v1.CrossVersionObjectReference", atomic: true, group_version_kind: None, fields: &[
        Field::new("kind", "Kind", String, 1, Always).required(),
        Field::new("name", "Name", String, 2, Always).required(),
        Field::new("apiVersion", "APIVersion", String, 3, OmitEmpty),
    ],
};
pub static AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER: Type = Type {
    name: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler", go: "v1.HorizontalPodAutoscaler", atomic: false, group_version_kind: Some(("autoscaling", "v1", "HorizontalPodAutoscaler")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER_SPEC), 2, OmitEmpty).required(),
        Field::new("status", "Status", Struct(&AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER_STATUS), 3, OmitEmpty),
    ],
};
pub static AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER_LIST: Type = Type {
    name: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerList", go: "v1.HorizontalPodAutoscalerList", atomic: false, group_version_kind: Some(("autoscaling", "v1", "HorizontalPodAutoscalerList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER)), 2, Always).required(),
    ],
};
pub static AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER_SPEC: Type = Type {
    name: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec", go: "v1.HorizontalPodAutoscalerSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("scaleTargetRef", "ScaleTargetRef", Struct(&AUTOSCALING_V1_CROSS_VERSION_OBJECT_REFERENCE), 1, Always).required(),
        Field::new("minReplicas", "MinReplicas", Int32, 2, Pointer),
        Field::new("maxReplicas", "MaxReplicas", Int32, 3, Always).required(),
        Field::new("targetCPUUtilizationPercentage", "TargetCPUUtilizationPercentage", Int32, 4, Pointer),
    ],
};
pub static AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER_STATUS: Type = Type {
    name: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus", go: "v1.HorizontalPodAutoscalerStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("observedGeneration", "ObservedGeneration", Int64, 1, Pointer),
        Field::new("lastScaleTime", "LastScaleTime", Time, 2, Pointer),
        Field::new("currentReplicas", "CurrentReplicas", Int32, 3, Always).required(),
        Field::new("desiredReplicas", "DesiredReplicas", Int32, 4, Always).required(),
        Field::new("currentCPUUtilizationPercentage", "CurrentCPUUtilizationPercentage", Int32, 5, Pointer),
    ],
};
pub static AUTOSCALING_V1_SCALE: Type = Type {
    name: "io.k8s.api.autoscaling.v1.Scale", go: "v1.Scale", atomic: false, group_version_kind: Some(("autoscaling", "v1", "Scale")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&AUTOSCALING_V1_SCALE_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&AUTOSCALING_V1_SCALE_STATUS), 3, OmitEmpty),
    ],
};
pub static AUTOSCALING_V1_SCALE_SPEC: Type = Type {
    name: "io.k8s.api.autoscaling.v1.ScaleSpec", go: "v1.ScaleSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("replicas", "Replicas", Int32, 1, OmitEmpty).default("0"),
    ],
};
pub static AUTOSCALING_V1_SCALE_STATUS: Type = Type {
    name: "io.k8s.api.autoscaling.v1.ScaleStatus", go: "v1.ScaleStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("replicas", "Replicas", Int32, 1, Always).required(),
        Field::new("selector", "Selector", String, 2, OmitEmpty),
    ],
};
pub static AUTOSCALING_V2_CONTAINER_RESOURCE_METRIC_SOURCE: Type = Type {
    name: "io.k8s.api.autoscaling.v2.ContainerResourceMetricSource", go: "v2.ContainerResourceMetricSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).go_type("v1.ResourceName").required(),
        Field::new("target", "Target", Struct(&AUTOSCALING_V2_METRIC_TARGET), 2, Always).required(),
        Field::new("container", "Container", String, 3, Always).required(),
    ],
};
pub static AUTOSCALING_V2_CONTAINER_RESOURCE_METRIC_STATUS: Type = Type {
    name: "io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus", go: "v2.ContainerResourceMetricStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).go_type("v1.ResourceName").required(),
        Field::new("current", "Current", Struct(&AUTOSCALING_V2_METRIC_VALUE_STATUS), 2, Always).required(),
        Field::new("container", "Container", String, 3, Always).required(),
    ],
};
pub static AUTOSCALING_V2_CROSS_VERSION_OBJECT_REFERENCE: Type = Type {
    name: "io.k8s.api.autoscaling.v2.CrossVersionObjectReference", go: "v2.CrossVersionObjectReference", atomic: false, group_version_kind: None, fields: &[
        Field::new("kind", "Kind", String, 1, Always).required(),
        Field::new("name", "Name", String, 2, Always).required(),
        Field::new("apiVersion", "APIVersion", String, 3, OmitEmpty),
    ],
};
pub static AUTOSCALING_V2_EXTERNAL_METRIC_SOURCE: Type = Type {
    name: "io.k8s.api.autoscaling.v2.ExternalMetricSource", go: "v2.ExternalMetricSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("metric", "Metric", Struct(&AUTOSCALING_V2_METRIC_IDENTIFIER), 1, Always).required(),
        Field::new("target", "Target", Struct(&AUTOSCALING_V2_METRIC_TARGET), 2, Always).required(),
    ],
};
pub static AUTOSCALING_V2_EXTERNAL_METRIC_STATUS: Type = Type {
    name: "io.k8s.api.autoscaling.v2.ExternalMetricStatus", go: "v2.ExternalMetricStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("metric", "Metric", Struct(&AUTOSCALING_V2_METRIC_IDENTIFIER), 1, Always).required(),
        Field::new("current", "Current", Struct(&AUTOSCALING_V2_METRIC_VALUE_STATUS), 2, Always).required(),
    ],
};
pub static AUTOSCALING_V2_HPA_SCALING_POLICY: Type = Type {
    name: "io.k8s.api.autoscaling.v2.HPAScalingPolicy", go: "v2.HPAScalingPolicy", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v2.HPAScalingPolicyType").required(),
        Field::new("value", "Value", Int32, 2, Always).required(),
        Field::new("periodSeconds", "PeriodSeconds", Int32, 3, Always).required(),
    ],
};
pub static AUTOSCALING_V2_HPA_SCALING_RULES: Type = Type {
    name: "io.k8s.api.autoscaling.v2.HPAScalingRules", go: "v2.HPAScalingRules", atomic: false, group_version_kind: None, fields: &[
        Field::new("stabilizationWindowSeconds", "StabilizationWindowSeconds", Int32, 3, Pointer),
        Field::new("selectPolicy", "SelectPolicy", String, 1, Pointer).go_type("v2.ScalingPolicySelect"),
        Field::new("policies", "Policies", List(&Struct(&AUTOSCALING_V2_HPA_SCALING_POLICY)), 2, OmitEmpty).list_atomic(),
        Field::new("tolerance", "Tolerance", Quantity, 4, Pointer),
    ],
};
pub static AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER: Type = Type {
    name: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler", go: "v2.HorizontalPodAutoscaler", atomic: false, group_version_kind: Some(("autoscaling", "v2", "HorizontalPodAutoscaler")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_SPEC), 2, OmitEmpty).required(),
        Field::new("status", "Status", Struct(&AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_STATUS), 3, OmitEmpty),
    ],
};
pub static AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_BEHAVIOR: Type = Type {
    name: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior", go: "v2.HorizontalPodAutoscalerBehavior", atomic: false, group_version_kind: None, fields: &[
        Field::new("scaleUp", "ScaleUp", Struct(&AUTOSCALING_V2_HPA_SCALING_RULES), 1, Pointer),
        Field::new("scaleDown", "ScaleDown", Struct(&AUTOSCALING_V2_HPA_SCALING_RULES), 2, Pointer),
    ],
};
pub static AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_CONDITION: Type = Type {
    name: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition", go: "v2.HorizontalPodAutoscalerCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v2.HorizontalPodAutoscalerConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("message", "Message", String, 5, OmitEmpty),
    ],
};
pub static AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_LIST: Type = Type {
    name: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerList", go: "v2.HorizontalPodAutoscalerList", atomic: false, group_version_kind: Some(("autoscaling", "v2", "HorizontalPodAutoscalerList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER)), 2, Always).required(),
    ],
};
pub static AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_SPEC: Type = Type {
    name: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec", go: "v2.HorizontalPodAutoscalerSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("scaleTargetRef", "ScaleTargetRef", Struct(&AUTOSCALING_V2_CROSS_VERSION_OBJECT_REFERENCE), 1, Always).required(),
        Field::new("minReplicas", "MinReplicas", Int32, 2, Pointer),
        Field::new("maxReplicas", "MaxReplicas", Int32, 3, Always).required(),
        Field::new("metrics", "Metrics", List(&Struct(&AUTOSCALING_V2_METRIC_SPEC)), 4, OmitEmpty).list_atomic(),
        Field::new("behavior", "Behavior", Struct(&AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_BEHAVIOR), 5, Pointer),
    ],
};
pub static AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_STATUS: Type = Type {
    name: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus", go: "v2.HorizontalPodAutoscalerStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("observedGeneration", "ObservedGeneration", Int64, 1, Pointer),
        Field::new("lastScaleTime", "LastScaleTime", Time, 2, Pointer),
        Field::new("currentReplicas", "CurrentReplicas", Int32, 3, OmitEmpty),
        Field::new("desiredReplicas", "DesiredReplicas", Int32, 4, Always).required(),
        Field::new("currentMetrics", "CurrentMetrics", List(&Struct(&AUTOSCALING_V2_METRIC_STATUS)), 5, Always).list_atomic(),
        Field::new("conditions", "Conditions", List(&Struct(&AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_CONDITION)), 6, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static AUTOSCALING_V2_METRIC_IDENTIFIER: Type = Type {
    name: "io.k8s.api.autoscaling.v2.MetricIdentifier", go: "v2.MetricIdentifier", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("selector", "Selector", Struct(&META_V1_LABEL_SELECTOR), 2, Pointer),
    ],
};
pub static AUTOSCALING_V2_METRIC_SPEC: Type = Type {
    name: "io.k8s.api.autoscaling.v2.MetricSpec", go: "v2.MetricSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v2.MetricSourceType").required(),
        Field::new("object", "Object", Struct(&AUTOSCALING_V2_OBJECT_METRIC_SOURCE), 2, Pointer),
        Field::new("pods", "Pods", Struct(&AUTOSCALING_V2_PODS_METRIC_SOURCE), 3, Pointer),
        Field::new("resource", "Resource", Struct(&AUTOSCALING_V2_RESOURCE_METRIC_SOURCE), 4, Pointer),
        Field::new("containerResource", "ContainerResource", Struct(&AUTOSCALING_V2_CONTAINER_RESOURCE_METRIC_SOURCE), 7, Pointer),
        Field::new("external", "External", Struct(&AUTOSCALING_V2_EXTERNAL_METRIC_SOURCE), 5, Pointer),
    ],
};
pub static AUTOSCALING_V2_METRIC_STATUS: Type = Type {
    name: "io.k8s.api.autoscaling.v2.MetricStatus", go: "v2.MetricStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v2.MetricSourceType").required(),
        Field::new("object", "Object", Struct(&AUTOSCALING_V2_OBJECT_METRIC_STATUS), 2, Pointer),
        Field::new("pods", "Pods", Struct(&AUTOSCALING_V2_PODS_METRIC_STATUS), 3, Pointer),
        Field::new("resource", "Resource", Struct(&AUTOSCALING_V2_RESOURCE_METRIC_STATUS), 4, Pointer),
        Field::new("containerResource", "ContainerResource", Struct(&AUTOSCALING_V2_CONTAINER_RESOURCE_METRIC_STATUS), 7, Pointer),
        Field::new("external", "External", Struct(&AUTOSCALING_V2_EXTERNAL_METRIC_STATUS), 5, Pointer),
    ],
};
pub static AUTOSCALING_V2_METRIC_TARGET: Type = Type {
    name: "io.k8s.api.autoscaling.v2.MetricTarget", go: "v2.MetricTarget", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v2.MetricTargetType").required(),
        Field::new("value", "Value", Quantity, 2, Pointer),
        Field::new("averageValue", "AverageValue", Quantity, 3, Pointer),
        Field::new("averageUtilization", "AverageUtilization", Int32, 4, Pointer),
    ],
};
pub static AUTOSCALING_V2_METRIC_VALUE_STATUS: Type = Type {
    name: "io.k8s.api.autoscaling.v2.MetricValueStatus", go: "v2.MetricValueStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("value", "Value", Quantity, 1, Pointer),
        Field::new("averageValue", "AverageValue", Quantity, 2, Pointer),
        Field::new("averageUtilization", "AverageUtilization", Int32, 3, Pointer),
    ],
};
pub static AUTOSCALING_V2_OBJECT_METRIC_SOURCE: Type = Type {
    name: "io.k8s.api.autoscaling.v2.ObjectMetricSource", go: "v2.ObjectMetricSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("describedObject", "DescribedObject", Struct(&AUTOSCALING_V2_CROSS_VERSION_OBJECT_REFERENCE), 1, Always).required(),
        Field::new("target", "Target", Struct(&AUTOSCALING_V2_METRIC_TARGET), 2, Always).required(),
        Field::new("metric", "Metric", Struct(&AUTOSCALING_V2_METRIC_IDENTIFIER), 3, Always).required(),
    ],
};
pub static AUTOSCALING_V2_OBJECT_METRIC_STATUS: Type = Type {
    name: "io.k8s.api.autoscaling.v2.ObjectMetricStatus", go: "v2.ObjectMetricStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("metric", "Metric", Struct(&AUTOSCALING_V2_METRIC_IDENTIFIER), 1, Always).required(),
        Field::new("current", "Current", Struct(&AUTOSCALING_V2_METRIC_VALUE_STATUS), 2, Always).required(),
        Field::new("describedObject", "DescribedObject", Struct(&AUTOSCALING_V2_CROSS_VERSION_OBJECT_REFERENCE), 3, Always).required(),
    ],
};
pub static AUTOSCALING_V2_PODS_METRIC_SOURCE: Type = Type {
    name: "io.k8s.api.autoscaling.v2.PodsMetricSource", go: "v2.PodsMetricSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("metric", "Metric", Struct(&AUTOSCALING_V2_METRIC_IDENTIFIER), 1, Always).required(),
        Field::new("target", "Target", Struct(&AUTOSCALING_V2_METRIC_TARGET), 2, Always).required(),
    ],
};
pub static AUTOSCALING_V2_PODS_METRIC_STATUS: Type = Type {
    name: "io.k8s.api.autoscaling.v2.PodsMetricStatus", go: "v2.PodsMetricStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("metric", "Metric", Struct(&AUTOSCALING_V2_METRIC_IDENTIFIER), 1, Always).required(),
        Field::new("current", "Current", Struct(&AUTOSCALING_V2_METRIC_VALUE_STATUS), 2, Always).required(),
    ],
};
pub static AUTOSCALING_V2_RESOURCE_METRIC_SOURCE: Type = Type {
    name: "io.k8s.api.autoscaling.v2.ResourceMetricSource", go: "v2.ResourceMetricSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).go_type("v1.ResourceName").required(),
        Field::new("target", "Target", Struct(&AUTOSCALING_V2_METRIC_TARGET), 2, Always).required(),
    ],
};
pub static AUTOSCALING_V2_RESOURCE_METRIC_STATUS: Type = Type {
    name: "io.k8s.api.autoscaling.v2.ResourceMetricStatus", go: "v2.ResourceMetricStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).go_type("v1.ResourceName").required(),
        Field::new("current", "Current", Struct(&AUTOSCALING_V2_METRIC_VALUE_STATUS), 2, Always).required(),
    ],
};
pub static BATCH_V1_CRON_JOB: Type = Type {
    name: "io.k8s.api.batch.v1.CronJob", go: "v1.CronJob", atomic: false, group_version_kind: Some(("batch", "v1", "CronJob")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&BATCH_V1_CRON_JOB_SPEC), 2, OmitEmpty).required(),
        Field::new("status", "Status", Struct(&BATCH_V1_CRON_JOB_STATUS), 3, OmitEmpty),
    ],
};
pub static BATCH_V1_CRON_JOB_LIST: Type = Type {
    name: "io.k8s.api.batch.v1.CronJobList", go: "v1.CronJobList", atomic: false, group_version_kind: Some(("batch", "v1", "CronJobList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&BATCH_V1_CRON_JOB)), 2, Always).required(),
    ],
};
pub static BATCH_V1_CRON_JOB_SPEC: Type = Type {
    name: "io.k8s.api.batch.v1.CronJobSpec", go: "v1.CronJobSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("schedule", "Schedule", String, 1, Always).required(),
        Field::new("timeZone", "TimeZone", String, 8, Pointer),
        Field::new("startingDeadlineSeconds", "StartingDeadlineSeconds", Int64, 2, Pointer),
        Field::new("concurrencyPolicy", "ConcurrencyPolicy", String, 3, OmitEmpty).go_type("v1.ConcurrencyPolicy").one_of(&["Allow", "Forbid", "Replace"]),
        Field::new("suspend", "Suspend", Bool, 4, Pointer),
        Field::new("jobTemplate", "JobTemplate", Struct(&BATCH_V1_JOB_TEMPLATE_SPEC), 5, Always).required(),
        Field::new("successfulJobsHistoryLimit", "SuccessfulJobsHistoryLimit", Int32, 6, Pointer),
        Field::new("failedJobsHistoryLimit", "FailedJobsHistoryLimit", Int32, 7, Pointer),
    ],
};
pub static BATCH_V1_CRON_JOB_STATUS: Type = Type {
    name: "io.k8s.api.batch.v1.CronJobStatus", go: "v1.CronJobStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("active", "Active", List(&Struct(&CORE_V1_OBJECT_REFERENCE)), 1, OmitEmpty).list_atomic(),
        Field::new("lastScheduleTime", "LastScheduleTime", Time, 4, Pointer),
        Field::new("lastSuccessfulTime", "LastSuccessfulTime", Time, 5, Pointer),
    ],
};
pub static BATCH_V1_JOB: Type = Type {
    name: "io.k8s.api.batch.v1.Job", go: "v1.Job", atomic: false, group_version_kind: Some(("batch", "v1", "Job")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&BATCH_V1_JOB_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&BATCH_V1_JOB_STATUS), 3, OmitEmpty),
    ],
};
pub static BATCH_V1_JOB_CONDITION: Type = Type {
    name: "io.k8s.api.batch.v1.JobCondition", go: "v1.JobCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.JobConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastProbeTime", "LastProbeTime", Time, 3, OmitEmpty),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 4, OmitEmpty),
        Field::new("reason", "Reason", String, 5, OmitEmpty),
        Field::new("message", "Message", String, 6, OmitEmpty),
    ],
};
pub static BATCH_V1_JOB_LIST: Type = Type {
    name: "io.k8s.api.batch.v1.JobList", go: "v1.JobList", atomic: false, group_version_kind: Some(("batch", "v1", "JobList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&BATCH_V1_JOB)), 2, Always).required(),
    ],
};
pub static BATCH_V1_JOB_SPEC: Type = Type {
    name: "io.k8s.api.batch.v1.JobSpec", go: "v1.JobSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("parallelism", "Parallelism", Int32, 1, Pointer),
        Field::new("completions", "Completions", Int32, 2, Pointer),
        Field::new("activeDeadlineSeconds", "ActiveDeadlineSeconds", Int64, 3, Pointer),
        Field::new("podFailurePolicy", "PodFailurePolicy", Struct(&BATCH_V1_POD_FAILURE_POLICY), 11, Pointer),
        Field::new("successPolicy", "SuccessPolicy", Struct(&BATCH_V1_SUCCESS_POLICY), 16, Pointer),
        Field::new("backoffLimit", "BackoffLimit", Int32, 7, Pointer),
        Field::new("backoffLimitPerIndex", "BackoffLimitPerIndex", Int32, 12, Pointer),
        Field::new("maxFailedIndexes", "MaxFailedIndexes", Int32, 13, Pointer),
        Field::new("selector", "Selector", Struct(&META_V1_LABEL_SELECTOR), 4, Pointer),
        Field::new("manualSelector", "ManualSelector", Bool, 5, Pointer),
        Field::new("template", "Template", Struct(&CORE_V1_POD_TEMPLATE_SPEC), 6, Always).required(),
        Field::new("ttlSecondsAfterFinished", "TTLSecondsAfterFinished", Int32, 8, Pointer),
        Field::new("completionMode", "CompletionMode", String, 9, Pointer).go_type("v1.CompletionMode").one_of(&["Indexed", "NonIndexed"]),
        Field::new("suspend", "Suspend", Bool, 10, Pointer),
        Field::new("podReplacementPolicy", "PodReplacementPolicy", String, 14, Pointer).go_type("v1.PodReplacementPolicy").one_of(&["Failed", "TerminatingOrFailed"]),
        Field::new("managedBy", "ManagedBy", String, 15, Pointer),
    ],
};
pub static BATCH_V1_JOB_STATUS: Type = Type {
    name: "io.k8s.api.batch.v1.JobStatus", go: "v1.JobStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("conditions", "Conditions", List(&Struct(&BATCH_V1_JOB_CONDITION)), 1, OmitEmpty).patch(Merge, "type").list_atomic(),
        Field::new("startTime", "StartTime", Time, 2, Pointer),
        Field::new("completionTime", "CompletionTime", Time, 3, Pointer),
        Field::new("active", "Active", Int32, 4, OmitEmpty),
        Field::new("succeeded", "Succeeded", Int32, 5, OmitEmpty),
        Field::new("failed", "Failed", Int32, 6, OmitEmpty),
        Field::new("terminating", "Terminating", Int32, 11, Pointer),
        Field::new("completedIndexes", "CompletedIndexes", String, 7, OmitEmpty),
        Field::new("failedIndexes", "FailedIndexes", String, 10, Pointer),
        Field::new("uncountedTerminatedPods", "UncountedTerminatedPods", Struct(&BATCH_V1_UNCOUNTED_TERMINATED_PODS), 8, Pointer),
        Field::new("ready", "Ready", Int32, 9, Pointer),
    ],
};
pub static BATCH_V1_JOB_TEMPLATE_SPEC: Type = Type {
    name: "io.k8s.api.batch.v1.JobTemplateSpec", go: "v1.JobTemplateSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&BATCH_V1_JOB_SPEC), 2, OmitEmpty),
    ],
};
pub static BATCH_V1_POD_FAILURE_POLICY: Type = Type {
    name: "io.k8s.api.batch.v1.PodFailurePolicy", go: "v1.PodFailurePolicy", atomic: false, group_version_kind: None, fields: &[
        Field::new("rules", "Rules", List(&Struct(&BATCH_V1_POD_FAILURE_POLICY_RULE)), 1, Always).required().list_atomic(),
    ],
};
pub static BATCH_V1_POD_FAILURE_POLICY_ON_EXIT_CODES_REQUIREMENT: Type = Type {
    name: "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement", go: "v1.PodFailurePolicyOnExitCodesRequirement", atomic: false, group_version_kind: None, fields: &[
        Field::new("containerName", "ContainerName", String, 1, Pointer),
        Field::new("operator", "Operator", String, 2, Always).go_type("v1.PodFailurePolicyOnExitCodesOperator").one_of(&["In", "NotIn"]).required(),
        Field::new("values", "Values", List(&Int32), 3, Always).list(Set).required(),
    ],
};
pub static BATCH_V1_POD_FAILURE_POLICY_ON_POD_CONDITIONS_PATTERN: Type = Type {
    name: "io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern", go: "v1.PodFailurePolicyOnPodConditionsPattern", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.PodConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus"),
    ],
};
pub static BATCH_V1_POD_FAILURE_POLICY_RULE: Type = Type {
    name: "io.k8s.api.batch.v1.PodFailurePolicyRule", go: "v1.PodFailurePolicyRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("action", "Action", String, 1, Always).go_type("v1.PodFailurePolicyAction").one_of(&["Count", "FailIndex", "FailJob", "Ignore"]).required(),
        Field::new("onExitCodes", "OnExitCodes", Struct(&BATCH_V1_POD_FAILURE_POLICY_ON_EXIT_CODES_REQUIREMENT), 2, Pointer),
        Field::new("onPodConditions", "OnPodConditions", List(&Struct(&BATCH_V1_POD_FAILURE_POLICY_ON_POD_CONDITIONS_PATTERN)), 3, OmitEmpty).list_atomic(),
    ],
};
pub static BATCH_V1_SUCCESS_POLICY: Type = Type {
    name: "io.k8s.api.batch.v1.SuccessPolicy", go: "v1.SuccessPolicy", atomic: false, group_version_kind: None, fields: &[
        Field::new("rules", "Rules", List(&Struct(&BATCH_V1_SUCCESS_POLICY_RULE)), 1, Always).required().list_atomic(),
    ],
};
pub static BATCH_V1_SUCCESS_POLICY_RULE: Type = Type {
    name: "io.k8s.api.batch.v1.SuccessPolicyRule", go: "v1.SuccessPolicyRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("succeededIndexes", "SucceededIndexes", String, 1, Pointer),
        Field::new("succeededCount", "SucceededCount", Int32, 2, Pointer),
    ],
};
pub static BATCH_V1_UNCOUNTED_TERMINATED_PODS: Type = Type {
    name: "io.k8s.api.batch.v1.UncountedTerminatedPods", go: "v1.UncountedTerminatedPods", atomic: false, group_version_kind: None, fields: &[
        Field::new("succeeded", "Succeeded", List(&String), 1, OmitEmpty).go_type("[]types.UID").list(Set),
        Field::new("failed", "Failed", List(&String), 2, OmitEmpty).go_type("[]types.UID").list(Set),
    ],
};
pub static CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST: Type = Type {
    name: "io.k8s.api.certificates.v1.CertificateSigningRequest", go: "v1.CertificateSigningRequest", atomic: false, group_version_kind: Some(("certificates.k8s.io", "v1", "CertificateSigningRequest")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty).undocumented(),
        Field::new("spec", "Spec", Struct(&CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_SPEC), 2, Always).required(),
        Field::new("status", "Status", Struct(&CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_STATUS), 3, OmitEmpty),
    ],
};
pub static CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_CONDITION: Type = Type {
    name: "io.k8s.api.certificates.v1.CertificateSigningRequestCondition", go: "v1.CertificateSigningRequestCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.RequestConditionType").required(),
        Field::new("status", "Status", String, 6, Always).go_type("v1.ConditionStatus").required(),
        Field::new("reason", "Reason", String, 2, OmitEmpty),
        Field::new("message", "Message", String, 3, OmitEmpty),
        Field::new("lastUpdateTime", "LastUpdateTime", Time, 4, OmitEmpty),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 5, OmitEmpty),
    ],
};
pub static CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_LIST: Type = Type {
    name: "io.k8s.api.certificates.v1.CertificateSigningRequestList", go: "v1.CertificateSigningRequestList", atomic: false, group_version_kind: Some(("certificates.k8s.io", "v1", "CertificateSigningRequestList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty).undocumented(),
        Field::new("items", "Items", List(&Struct(&CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST)), 2, Always).required(),
    ],
};
pub static CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_SPEC: Type = Type {
    name: "io.k8s.api.certificates.v1.CertificateSigningRequestSpec", go: "v1.CertificateSigningRequestSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("request", "Request", Bytes, 1, Always).required(),
        Field::new("signerName", "SignerName", String, 7, Always).required(),
        Field::new("expirationSeconds", "ExpirationSeconds", Int32, 8, Pointer),
        Field::new("usages", "Usages", List(&String), 5, OmitEmpty).go_type("[]v1.KeyUsage").one_of(&["any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"]).list_atomic(),
        Field::new("username", "Username", String, 2, OmitEmpty),
        Field::new("uid", "UID", String, 3, OmitEmpty),
        Field::new("groups", "Groups", List(&String), 4, OmitEmpty).list_atomic(),
        Field::new("extra", "Extra", Map(&List(&String)), 6, OmitEmpty).go_type("map[string]v1.ExtraValue"),
    ],
};
pub static CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_STATUS: Type = Type {
    name: "io.k8s.api.certificates.v1.CertificateSigningRequestStatus", go: "v1.CertificateSigningRequestStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("conditions", "Conditions", List(&Struct(&CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_CONDITION)), 1, OmitEmpty).list(Keyed(&["type"])),
        Field::new("certificate", "Certificate", Bytes, 2, OmitEmpty),
    ],
};
pub static COORDINATION_V1_LEASE: Type = Type {
    name: "io.k8s.api.coordination.v1.Lease", go: "v1.Lease", atomic: false, group_version_kind: Some(("coordination.k8s.io", "v1", "Lease")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&COORDINATION_V1_LEASE_SPEC), 2, OmitEmpty),
    ],
};
pub static COORDINATION_V1_LEASE_LIST: Type = Type {
    name: "io.k8s.api.coordination.v1.LeaseList", go: "v1.LeaseList", atomic: false, group_version_kind: Some(("coordination.k8s.io", "v1", "LeaseList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&COORDINATION_V1_LEASE)), 2, Always).required(),
    ],
};
pub static COORDINATION_V1_LEASE_SPEC: Type = Type {
    name: "io.k8s.api.coordination.v1.LeaseSpec", go: "v1.LeaseSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("holderIdentity", "HolderIdentity", String, 1, Pointer),
        Field::new("leaseDurationSeconds", "LeaseDurationSeconds", Int32, 2, Pointer),
        Field::new("acquireTime", "AcquireTime", MicroTime, 3, Pointer),
        Field::new("renewTime", "RenewTime", MicroTime, 4, Pointer),
        Field::new("leaseTransitions", "LeaseTransitions", Int32, 5, Pointer),
        Field::new("strategy", "Strategy", String, 6, Pointer).go_type("v1.CoordinatedLeaseStrategy"),
        Field::new("preferredHolder", "PreferredHolder", String, 7, Pointer),
    ],
};
pub static CORE_V1_AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource", go: "v1.AWSElasticBlockStoreVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("volumeID", "VolumeID", String, 1, Always).required(),
        Field::new("fsType", "FSType", String, 2, OmitEmpty),
        Field::new("partition", "Partition", Int32, 3, OmitEmpty),
        Field::new("readOnly", "ReadOnly", Bool, 4, OmitEmpty),
    ],
};
pub static CORE_V1_AFFINITY: Type = Type {
    name: "io.k8s.api.core.v1.Affinity", go: "v1.Affinity", atomic: false, group_version_kind: None, fields: &[
        Field::new("nodeAffinity", "NodeAffinity", Struct(&CORE_V1_NODE_AFFINITY), 1, Pointer),
        Field::new("podAffinity", "PodAffinity", Struct(&CORE_V1_POD_AFFINITY), 2, Pointer),
        Field::new("podAntiAffinity", "PodAntiAffinity", Struct(&CORE_V1_POD_ANTI_AFFINITY), 3, Pointer),
    ],
};
pub static CORE_V1_APP_ARMOR_PROFILE: Type = Type {
    name: "io.k8s.api.core.v1.AppArmorProfile", go: "v1.AppArmorProfile", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.AppArmorProfileType").one_of(&["Localhost", "RuntimeDefault", "Unconfined"]).required().union(Discriminator),
        Field::new("localhostProfile", "LocalhostProfile", String, 2, Pointer).union(Member),
    ],
};
pub static CORE_V1_ATTACHED_VOLUME: Type = Type {
    name: "io.k8s.api.core.v1.AttachedVolume", go: "v1.AttachedVolume", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).go_type("v1.UniqueVolumeName").required(),
        Field::new("devicePath", "DevicePath", String, 2, Always).required(),
    ],
};
pub static CORE_V1_AZURE_DISK_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.AzureDiskVolumeSource", go: "v1.AzureDiskVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("diskName", "DiskName", String, 1, Always).required(),
        Field::new("diskURI", "DataDiskURI", String, 2, Always).required(),
        Field::new("cachingMode", "CachingMode", String, 3, Pointer).go_type("v1.AzureDataDiskCachingMode").default("\"ReadWrite\"").one_of(&["None", "ReadOnly", "ReadWrite"]),
        Field::new("fsType", "FSType", String, 4, Pointer).default("\"ext4\""),
        Field::new("readOnly", "ReadOnly", Bool, 5, Pointer).default("false"),
        Field::new("kind", "Kind", String, 6, Pointer).go_type("v1.AzureDataDiskKind").default("\"Shared\"").one_of(&["Dedicated", "Managed", "Shared"]),
    ],
};
pub static CORE_V1_AZURE_FILE_PERSISTENT_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.AzureFilePersistentVolumeSource", go: "v1.AzureFilePersistentVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("secretName", "SecretName", String, 1, Always).required(),
        Field::new("shareName", "ShareName", String, 2, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
        Field::new("secretNamespace", "SecretNamespace", String, 4, AlwaysPointer),
    ],
};
pub static CORE_V1_AZURE_FILE_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.AzureFileVolumeSource", go: "v1.AzureFileVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("secretName", "SecretName", String, 1, Always).required(),
        Field::new("shareName", "ShareName", String, 2, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
    ],
};
pub static CORE_V1_BINDING: Type = Type {
    name: "io.k8s.api.core.v1.Binding", go: "v1.Binding", atomic: false, group_version_kind: Some(("", "v1", "Binding")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("target", "Target", Struct(&CORE_V1_OBJECT_REFERENCE), 2, Always).required(),
    ],
};
pub static CORE_V1_CSI_PERSISTENT_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.CSIPersistentVolumeSource", go: "v1.CSIPersistentVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("driver", "Driver", String, 1, Always).required(),
        Field::new("volumeHandle", "VolumeHandle", String, 2, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
        Field::new("fsType", "FSType", String, 4, OmitEmpty),
        Field::new("volumeAttributes", "VolumeAttributes", Map(&String), 5, OmitEmpty),
        Field::new("controllerPublishSecretRef", "ControllerPublishSecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 6, Pointer),
        Field::new("nodeStageSecretRef", "NodeStageSecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 7, Pointer),
        Field::new("nodePublishSecretRef", "NodePublishSecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 8, Pointer),
        Field::new("controllerExpandSecretRef", "ControllerExpandSecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 9, Pointer),
        Field::new("nodeExpandSecretRef", "NodeExpandSecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 10, Pointer),
    ],
};
pub static CORE_V1_CSI_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.CSIVolumeSource", go: "v1.CSIVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("driver", "Driver", String, 1, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 2, Pointer),
        Field::new("fsType", "FSType", String, 3, Pointer),
        Field::new("volumeAttributes", "VolumeAttributes", Map(&String), 4, OmitEmpty),
        Field::new("nodePublishSecretRef", "NodePublishSecretRef", Struct(&CORE_V1_LOCAL_OBJECT_REFERENCE), 5, Pointer),
    ],
};
pub static CORE_V1_CAPABILITIES: Type = Type {
    name: "io.k8s.api.core.v1.Capabilities", go: "v1.Capabilities", atomic: false, group_version_kind: None, fields: &[
        Field::new("add", "Add", List(&String), 1, OmitEmpty).go_type("[]v1.Capability").list_atomic(),
        Field::new("drop", "Drop", List(&String), 2, OmitEmpty).go_type("[]v1.Capability").list_atomic(),
    ],
};
pub static CORE_V1_CEPH_FS_PERSISTENT_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.CephFSPersistentVolumeSource", go: "v1.CephFSPersistentVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("monitors", "Monitors", List(&String), 1, Always).required().list_atomic(),
        Field::new("path", "Path", String, 2, OmitEmpty),
        Field::new("user", "User", String, 3, OmitEmpty),
        Field::new("secretFile", "SecretFile", String, 4, OmitEmpty),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 5, Pointer),
        Field::new("readOnly", "ReadOnly", Bool, 6, OmitEmpty),
    ],
};
pub static CORE_V1_CEPH_FS_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.CephFSVolumeSource", go: "v1.CephFSVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("monitors", "Monitors", List(&String), 1, Always).required().list_atomic(),
        Field::new("path", "Path", String, 2, OmitEmpty),
        Field::new("user", "User", String, 3, OmitEmpty),
        Field::new("secretFile", "SecretFile", String, 4, OmitEmpty),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_LOCAL_OBJECT_REFERENCE), 5, Pointer),
        Field::new("readOnly", "ReadOnly", Bool, 6, OmitEmpty),
    ],
};
pub static CORE_V1_CINDER_PERSISTENT_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.CinderPersistentVolumeSource", go: "v1.CinderPersistentVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("volumeID", "VolumeID", String, 1, Always).required(),
        Field::new("fsType", "FSType", String, 2, OmitEmpty),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 4, Pointer),
    ],
};
pub static CORE_V1_CINDER_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.CinderVolumeSource", go: "v1.CinderVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("volumeID", "VolumeID", String, 1, Always).required(),
        Field::new("fsType", "FSType", String, 2, OmitEmpty),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_LOCAL_OBJECT_REFERENCE), 4, Pointer),
    ],
};
pub static CORE_V1_CLIENT_IP_CONFIG: Type = Type {
    name: "io.k8s.api.core.v1.ClientIPConfig", go: "v1.ClientIPConfig", atomic: false, group_version_kind: None, fields: &[
        Field::new("timeoutSeconds", "TimeoutSeconds", Int32, 1, Pointer),
    ],
};
pub static CORE_V1_CLUSTER_TRUST_BUNDLE_PROJECTION: Type = Type {
    name: "io.k8s.api.core.v1.ClusterTrustBundleProjection", go: "v1.ClusterTrustBundleProjection", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Pointer),
        Field::new("signerName", "SignerName", String, 2, Pointer),
        Field::new("labelSelector", "LabelSelector", Struct(&META_V1_LABEL_SELECTOR), 3, Pointer),
        Field::new("optional", "Optional", Bool, 5, Pointer),
        Field::new("path", "Path", String, 4, Always).required(),
    ],
};
pub static CORE_V1_COMPONENT_CONDITION: Type = Type {
    name: "io.k8s.api.core.v1.ComponentCondition", go: "v1.ComponentCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.ComponentConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("message", "Message", String, 3, OmitEmpty),
        Field::new("error", "Error", String, 4, OmitEmpty),
    ],
};
pub static CORE_V1_COMPONENT_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.ComponentStatus", go: "v1.ComponentStatus", atomic: false, group_version_kind: Some(("", "v1", "ComponentStatus")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("conditions", "Conditions", List(&Struct(&CORE_V1_COMPONENT_CONDITION)), 2, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static CORE_V1_COMPONENT_STATUS_LIST: Type = Type {
    name: "io.k8s.api.core.v1.ComponentStatusList", go: "v1.ComponentStatusList", atomic: false, group_version_kind: Some(("", "v1", "ComponentStatusList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_COMPONENT_STATUS)), 2, Always).required(),
    ],
};
pub static CORE_V1_CONFIG_MAP: Type = Type {
    name: "io.k8s.api.core.v1.ConfigMap", go: "v1.ConfigMap", atomic: false, group_version_kind: Some(("", "v1", "ConfigMap")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("immutable", "Immutable", Bool, 4, Pointer),
        Field::new("data", "Data", Map(&String), 2, OmitEmpty),
        Field::new("binaryData", "BinaryData", Map(&Bytes), 3, OmitEmpty),
    ],
};
pub static CORE_V1_CONFIG_MAP_ENV_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.ConfigMapEnvSource", go: "v1.ConfigMapEnvSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty).proto_in(&[1]).embedded("LocalObjectReference").default("\"\""),
        Field::new("optional", "Optional", Bool, 2, Pointer),
    ],
};
pub static CORE_V1_CONFIG_MAP_KEY_SELECTOR: Type = Type {
    name: "io.k8s.api.core.v1.ConfigMapKeySelector", go: "v1.ConfigMapKeySelector", atomic: true, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty).proto_in(&[1]).embedded("LocalObjectReference").default("\"\""),
        Field::new("key", "Key", String, 2, Always).required(),
        Field::new("optional", "Optional", Bool, 3, Pointer),
    ],
};
pub static CORE_V1_CONFIG_MAP_LIST: Type = Type {
    name: "io.k8s.api.core.v1.ConfigMapList", go: "v1.ConfigMapList", atomic: false, group_version_kind: Some(("", "v1", "ConfigMapList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_CONFIG_MAP)), 2, Always).required(),
    ],
};
pub static CORE_V1_CONFIG_MAP_NODE_CONFIG_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.ConfigMapNodeConfigSource", go: "v1.ConfigMapNodeConfigSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("namespace", "Namespace", String, 1, Always).required(),
        Field::new("name", "Name", String, 2, Always).required(),
        Field::new("uid", "UID", String, 3, OmitEmpty).go_type("types.UID"),
        Field::new("resourceVersion", "ResourceVersion", String, 4, OmitEmpty),
        Field::new("kubeletConfigKey", "KubeletConfigKey", String, 5, Always).required(),
    ],
};
pub static CORE_V1_CONFIG_MAP_PROJECTION: Type = Type {
    name: "io.k8s.api.core.v1.ConfigMapProjection", go: "v1.ConfigMapProjection", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty).proto_in(&[1]).embedded("LocalObjectReference").default("\"\""),
        Field::new("items", "Items", List(&Struct(&CORE_V1_KEY_TO_PATH)), 2, OmitEmpty).list_atomic(),
        Field::new("optional", "Optional", Bool, 4, Pointer),
    ],
};
pub static CORE_V1_CONFIG_MAP_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.ConfigMapVolumeSource", go: "v1.ConfigMapVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty).proto_in(&[1]).embedded("LocalObjectReference").default("\"\""),
        Field::new("items", "Items", List(&Struct(&CORE_V1_KEY_TO_PATH)), 2, OmitEmpty).list_atomic(),
        Field::new("defaultMode", "DefaultMode", Int32, 3, Pointer),
        Field::new("optional", "Optional", Bool, 4, Pointer),
    ],
};
pub static CORE_V1_CONTAINER: Type = Type {
    name: "io.k8s.api.core.v1.Container", go: "v1.Container", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("image", "Image", String, 2, OmitEmpty),
        Field::new("command", "Command", List(&String), 3, OmitEmpty).list_atomic(),
        Field::new("args", "Args", List(&String), 4, OmitEmpty).list_atomic(),
        Field::new("workingDir", "WorkingDir", String, 5, OmitEmpty),
        Field::new("ports", "Ports", List(&Struct(&CORE_V1_CONTAINER_PORT)), 6, OmitEmpty).list(Keyed(&["containerPort", "protocol"])).patch(Merge, "containerPort"),
        Field::new("envFrom", "EnvFrom", List(&Struct(&CORE_V1_ENV_FROM_SOURCE)), 19, OmitEmpty).list_atomic(),
        Field::new("env", "Env", List(&Struct(&CORE_V1_ENV_VAR)), 7, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
        Field::new("resources", "Resources", Struct(&CORE_V1_RESOURCE_REQUIREMENTS), 8, OmitEmpty),
        Field::new("resizePolicy", "ResizePolicy", List(&Struct(&CORE_V1_CONTAINER_RESIZE_POLICY)), 23, OmitEmpty).list_atomic(),
        Field::new("restartPolicy", "RestartPolicy", String, 24, Pointer).go_type("v1.ContainerRestartPolicy"),
        Field::new("restartPolicyRules", "RestartPolicyRules", List(&Struct(&CORE_V1_CONTAINER_RESTART_RULE)), 25, OmitEmpty).list_atomic(),
        Field::new("volumeMounts", "VolumeMounts", List(&Struct(&CORE_V1_VOLUME_MOUNT)), 9, OmitEmpty).list(Keyed(&["mountPath"])).patch(Merge, "mountPath"),
        Field::new("volumeDevices", "VolumeDevices", List(&Struct(&CORE_V1_VOLUME_DEVICE)), 21, OmitEmpty).list(Keyed(&["devicePath"])).patch(Merge, "devicePath"),
        Field::new("livenessProbe", "LivenessProbe", Struct(&CORE_V1_PROBE), 10, Pointer),
        Field::new("readinessProbe", "ReadinessProbe", Struct(&CORE_V1_PROBE), 11, Pointer),
        Field::new("startupProbe", "StartupProbe", Struct(&CORE_V1_PROBE), 22, Pointer),
        Field::new("lifecycle", "Lifecycle", Struct(&CORE_V1_LIFECYCLE), 12, Pointer),
        Field::new("terminationMessagePath", "TerminationMessagePath", String, 13, OmitEmpty),
        Field::new("terminationMessagePolicy", "TerminationMessagePolicy", String, 20, OmitEmpty).go_type("v1.TerminationMessagePolicy").one_of(&["FallbackToLogsOnError", "File"]),
        Field::new("imagePullPolicy", "ImagePullPolicy", String, 14, OmitEmpty).go_type("v1.PullPolicy").one_of(&["Always", "IfNotPresent", "Never"]),
        Field::new("securityContext", "SecurityContext", Struct(&CORE_V1_SECURITY_CONTEXT), 15, Pointer),
        Field::new("stdin", "Stdin", Bool, 16, OmitEmpty),
        Field::new("stdinOnce", "StdinOnce", Bool, 17, OmitEmpty),
        Field::new("tty", "TTY", Bool, 18, OmitEmpty),
    ],
};
pub static CORE_V1_CONTAINER_EXTENDED_RESOURCE_REQUEST: Type = Type {
    name: "io.k8s.api.core.v1.ContainerExtendedResourceRequest", go: "v1.ContainerExtendedResourceRequest", atomic: false, group_version_kind: None, fields: &[
        Field::new("containerName", "ContainerName", String, 1, Always).required(),
        Field::new("resourceName", "ResourceName", String, 2, Always).required(),
        Field::new("requestName", "RequestName", String, 3, Always).required(),
    ],
};
pub static CORE_V1_CONTAINER_IMAGE: Type = Type {
    name: "io.k8s.api.core.v1.ContainerImage", go: "v1.ContainerImage", atomic: false, group_version_kind: None, fields: &[
        Field::new("names", "Names", List(&String), 1, Always).list_atomic(),
        Field::new("sizeBytes", "SizeBytes", Int64, 2, OmitEmpty),
    ],
};
pub static CORE_V1_CONTAINER_PORT: Type = Type {
    name: "io.k8s.api.core.v1.ContainerPort", go: "v1.ContainerPort", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty),
        Field::new("hostPort", "HostPort", Int32, 2, OmitEmpty),
        Field::new("containerPort", "ContainerPort", Int32, 3, Always).required(),
        Field::new("protocol", "Protocol", String, 4, OmitEmpty).go_type("v1.Protocol").default("\"TCP\"").one_of(&["SCTP", "TCP", "UDP"]),
        Field::new("hostIP", "HostIP", String, 5, OmitEmpty),
    ],
};
pub static CORE_V1_CONTAINER_RESIZE_POLICY: Type = Type {
    name: "io.k8s.api.core.v1.ContainerResizePolicy", go: "v1.ContainerResizePolicy", atomic: false, group_version_kind: None, fields: &[
        Field::new("resourceName", "ResourceName", String, 1, Always).go_type("v1.ResourceName").required(),
        Field::new("restartPolicy", "RestartPolicy", String, 2, Always).go_type("v1.ResourceResizeRestartPolicy").required(),
    ],
};
pub static CORE_V1_CONTAINER_RESTART_RULE: Type = Type {
    name: "io.k8s.api.core.v1.ContainerRestartRule", go: "v1.ContainerRestartRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("action", "Action", String, 1, OmitEmpty).go_type("v1.ContainerRestartRuleAction").required(),
        Field::new("exitCodes", "ExitCodes", Struct(&CORE_V1_CONTAINER_RESTART_RULE_ON_EXIT_CODES), 2, Pointer),
    ],
};
pub static CORE_V1_CONTAINER_RESTART_RULE_ON_EXIT_CODES: Type = Type {
    name: "io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes", go: "v1.ContainerRestartRuleOnExitCodes", atomic: false, group_version_kind: None, fields: &[
        Field::new("operator", "Operator", String, 1, OmitEmpty).go_type("v1.ContainerRestartRuleOnExitCodesOperator").required(),
        Field::new("values", "Values", List(&Int32), 2, OmitEmpty).list(Set),
    ],
};
pub static CORE_V1_CONTAINER_STATE: Type = Type {
    name: "io.k8s.api.core.v1.ContainerState", go: "v1.ContainerState", atomic: false, group_version_kind: None, fields: &[
        Field::new("waiting", "Waiting", Struct(&CORE_V1_CONTAINER_STATE_WAITING), 1, Pointer),
        Field::new("running", "Running", Struct(&CORE_V1_CONTAINER_STATE_RUNNING), 2, Pointer),
        Field::new("terminated", "Terminated", Struct(&CORE_V1_CONTAINER_STATE_TERMINATED), 3, Pointer),
    ],
};
pub static CORE_V1_CONTAINER_STATE_RUNNING: Type = Type {
    name: "io.k8s.api.core.v1.ContainerStateRunning", go: "v1.ContainerStateRunning", atomic: false, group_version_kind: None, fields: &[
        Field::new("startedAt", "StartedAt", Time, 1, OmitEmpty),
    ],
};
pub static CORE_V1_CONTAINER_STATE_TERMINATED: Type = Type {
    name: "io.k8s.api.core.v1.ContainerStateTerminated", go: "v1.ContainerStateTerminated", atomic: false, group_version_kind: None, fields: &[
        Field::new("exitCode", "ExitCode", Int32, 1, Always).required(),
        Field::new("signal", "Signal", Int32, 2, OmitEmpty),
        Field::new("reason", "Reason", String, 3, OmitEmpty),
        Field::new("message", "Message", String, 4, OmitEmpty),
        Field::new("startedAt", "StartedAt", Time, 5, OmitEmpty),
        Field::new("finishedAt", "FinishedAt", Time, 6, OmitEmpty),
        Field::new("containerID", "ContainerID", String, 7, OmitEmpty),
    ],
};
pub static CORE_V1_CONTAINER_STATE_WAITING: Type = Type {
    name: "io.k8s.api.core.v1.ContainerStateWaiting", go: "v1.ContainerStateWaiting", atomic: false, group_version_kind: None, fields: &[
        Field::new("reason", "Reason", String, 1, OmitEmpty),
        Field::new("message", "Message", String, 2, OmitEmpty),
    ],
};
pub static CORE_V1_CONTAINER_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.ContainerStatus", go: "v1.ContainerStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("state", "State", Struct(&CORE_V1_CONTAINER_STATE), 2, OmitEmpty),
        Field::new("lastState", "LastTerminationState", Struct(&CORE_V1_CONTAINER_STATE), 3, OmitEmpty),
        Field::new("ready", "Ready", Bool, 4, Always).required(),
        Field::new("restartCount", "RestartCount", Int32, 5, Always).required(),
        Field::new("image", "Image", String, 6, Always).required(),
        Field::new("imageID", "ImageID", String, 7, Always).required(),
        Field::new("containerID", "ContainerID", String, 8, OmitEmpty),
        Field::new("started", "Started", Bool, 9, Pointer),
        Field::new("allocatedResources", "AllocatedResources", Map(&Quantity), 10, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("resources", "Resources", Struct(&CORE_V1_RESOURCE_REQUIREMENTS), 11, Pointer),
        Field::new("volumeMounts", "VolumeMounts", List(&Struct(&CORE_V1_VOLUME_MOUNT_STATUS)), 12, OmitEmpty).list(Keyed(&["mountPath"])).patch(Merge, "mountPath"),
        Field::new("user", "User", Struct(&CORE_V1_CONTAINER_USER), 13, Pointer),
        Field::new("allocatedResourcesStatus", "AllocatedResourcesStatus", List(&Struct(&CORE_V1_RESOURCE_STATUS)), 14, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
        Field::new("stopSignal", "StopSignal", String, 15, Pointer).go_type("v1.Signal").one_of(&["SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGRTMAX", "SIGRTMAX-1", "SIGRTMAX-10", "SIGRTMAX-11", "SIGRTMAX-12", "SIGRTMAX-13", "SIGRTMAX-14", "SIGRTMAX-2", "SIGRTMAX-3", "SIGRTMAX-4", "SIGRTMAX-5", "SIGRTMAX-6", "SIGRTMAX-7", "SIGRTMAX-8", "SIGRTMAX-9", "SIGRTMIN", "SIGRTMIN+1", "SIGRTMIN+10", "SIGRTMIN+11", "SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14", "SIGRTMIN+15", "SIGRTMIN+2", "SIGRTMIN+3", "SIGRTMIN+4", "SIGRTMIN+5", "SIGRTMIN+6", "SIGRTMIN+7", "SIGRTMIN+8", "SIGRTMIN+9", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ"]),
    ],
};
pub static CORE_V1_CONTAINER_USER: Type = Type {
    name: "io.k8s.api.core.v1.ContainerUser", go: "v1.ContainerUser", atomic: false, group_version_kind: None, fields: &[
        Field::new("linux", "Linux", Struct(&CORE_V1_LINUX_CONTAINER_USER), 1, Pointer),
    ],
};
pub static CORE_V1_DAEMON_ENDPOINT: Type = Type {
    name: "io.k8s.api.core.v1.DaemonEndpoint", go: "v1.DaemonEndpoint", atomic: false, group_version_kind: None, fields: &[
        Field::new("Port", "Port", Int32, 1, Always).required(),
    ],
};
pub static CORE_V1_DOWNWARD_API_PROJECTION: Type = Type {
    name: "io.k8s.api.core.v1.DownwardAPIProjection", go: "v1.DownwardAPIProjection", atomic: false, group_version_kind: None, fields: &[
        Field::new("items", "Items", List(&Struct(&CORE_V1_DOWNWARD_API_VOLUME_FILE)), 1, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_DOWNWARD_API_VOLUME_FILE: Type = Type {
    name: "io.k8s.api.core.v1.DownwardAPIVolumeFile", go: "v1.DownwardAPIVolumeFile", atomic: false, group_version_kind: None, fields: &[
        Field::new("path", "Path", String, 1, Always).required(),
        Field::new("fieldRef", "FieldRef", Struct(&CORE_V1_OBJECT_FIELD_SELECTOR), 2, Pointer),
        Field::new("resourceFieldRef", "ResourceFieldRef", Struct(&CORE_V1_RESOURCE_FIELD_SELECTOR), 3, Pointer),
        Field::new("mode", "Mode", Int32, 4, Pointer),
    ],
};
pub static CORE_V1_DOWNWARD_API_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.DownwardAPIVolumeSource", go: "v1.DownwardAPIVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("items", "Items", List(&Struct(&CORE_V1_DOWNWARD_API_VOLUME_FILE)), 1, OmitEmpty).list_atomic(),
        Field::new("defaultMode", "DefaultMode", Int32, 2, Pointer),
    ],
};
pub static CORE_V1_EMPTY_DIR_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.EmptyDirVolumeSource", go: "v1.EmptyDirVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("medium", "Medium", String, 1, OmitEmpty).go_type("v1.StorageMedium"),
        Field::new("sizeLimit", "SizeLimit", Quantity, 2, Pointer),
    ],
};
pub static CORE_V1_ENDPOINT_ADDRESS: Type = Type {
    name: "io.k8s.api.core.v1.EndpointAddress", go: "v1.EndpointAddress", atomic: true, group_version_kind: None, fields: &[
        Field::new("ip", "IP", String, 1, Always).required(),
        Field::new("hostname", "Hostname", String, 3, OmitEmpty),
        Field::new("nodeName", "NodeName", String, 4, Pointer),
        Field::new("targetRef", "TargetRef", Struct(&CORE_V1_OBJECT_REFERENCE), 2, Pointer),
    ],
};
pub static CORE_V1_ENDPOINT_PORT: Type = Type {
    name: "io.k8s.api.core.v1.EndpointPort", go: "v1.EndpointPort", atomic: true, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty),
        Field::new("port", "Port", Int32, 2, Always).required(),
        Field::new("protocol", "Protocol", String, 3, OmitEmpty).go_type("v1.Protocol").one_of(&["SCTP", "TCP", "UDP"]),
        Field::new("appProtocol", "AppProtocol", String, 4, Pointer),
    ],
};
pub static CORE_V1_ENDPOINT_SUBSET: Type = Type {
    name: "io.k8s.api.core.v1.EndpointSubset", go: "v1.EndpointSubset", atomic: false, group_version_kind: None, fields: &[
        Field::new("addresses", "Addresses", List(&Struct(&CORE_V1_ENDPOINT_ADDRESS)), 1, OmitEmpty).list_atomic(),
        Field::new("notReadyAddresses", "NotReadyAddresses", List(&Struct(&CORE_V1_ENDPOINT_ADDRESS)), 2, OmitEmpty).list_atomic(),
        Field::new("ports", "Ports", List(&Struct(&CORE_V1_ENDPOINT_PORT)), 3, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_ENDPOINTS: Type = Type {
    name: "io.k8s.api.core.v1.Endpoints", go: "v1.Endpoints", atomic: false, group_version_kind: Some(("", "v1", "Endpoints")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("subsets", "Subsets", List(&Struct(&CORE_V1_ENDPOINT_SUBSET)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_ENDPOINTS_LIST: Type = Type {
    name: "io.k8s.api.core.v1.EndpointsList", go: "v1.EndpointsList", atomic: false, group_version_kind: Some(("", "v1", "EndpointsList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_ENDPOINTS)), 2, Always).required(),
    ],
};
pub static CORE_V1_ENV_FROM_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.EnvFromSource", go: "v1.EnvFromSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("prefix", "Prefix", String, 1, OmitEmpty),
        Field::new("configMapRef", "ConfigMapRef", Struct(&CORE_V1_CONFIG_MAP_ENV_SOURCE), 2, Pointer),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_SECRET_ENV_SOURCE), 3, Pointer),
    ],
};
pub static CORE_V1_ENV_VAR: Type = Type {
    name: "io.k8s.api.core.v1.EnvVar", go: "v1.EnvVar", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("value", "Value", String, 2, OmitEmpty),
        Field::new("valueFrom", "ValueFrom", Struct(&CORE_V1_ENV_VAR_SOURCE), 3, Pointer),
    ],
};
pub static CORE_V1_ENV_VAR_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.EnvVarSource", go: "v1.EnvVarSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("fieldRef", "FieldRef", Struct(&CORE_V1_OBJECT_FIELD_SELECTOR), 1, Pointer),
        Field::new("resourceFieldRef", "ResourceFieldRef", Struct(&CORE_V1_RESOURCE_FIELD_SELECTOR), 2, Pointer),
        Field::new("configMapKeyRef", "ConfigMapKeyRef", Struct(&CORE_V1_CONFIG_MAP_KEY_SELECTOR), 3, Pointer),
        Field::new("secretKeyRef", "SecretKeyRef", Struct(&CORE_V1_SECRET_KEY_SELECTOR), 4, Pointer),
        Field::new("fileKeyRef", "FileKeyRef", Struct(&CORE_V1_FILE_KEY_SELECTOR), 5, Pointer),
    ],
};
pub static CORE_V1_EPHEMERAL_CONTAINER: Type = Type {
    name: "io.k8s.api.core.v1.EphemeralContainer", go: "v1.EphemeralContainer", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).proto_in(&[1]).embedded("EphemeralContainerCommon").required(),
        Field::new("image", "Image", String, 2, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("command", "Command", List(&String), 3, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon").list_atomic(),
        Field::new("args", "Args", List(&String), 4, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon").list_atomic(),
        Field::new("workingDir", "WorkingDir", String, 5, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("ports", "Ports", List(&Struct(&CORE_V1_CONTAINER_PORT)), 6, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon").list(Keyed(&["containerPort", "protocol"])).patch(Merge, "containerPort"),
        Field::new("envFrom", "EnvFrom", List(&Struct(&CORE_V1_ENV_FROM_SOURCE)), 19, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon").list_atomic(),
        Field::new("env", "Env", List(&Struct(&CORE_V1_ENV_VAR)), 7, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon").list(Keyed(&["name"])).patch(Merge, "name"),
        Field::new("resources", "Resources", Struct(&CORE_V1_RESOURCE_REQUIREMENTS), 8, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("resizePolicy", "ResizePolicy", List(&Struct(&CORE_V1_CONTAINER_RESIZE_POLICY)), 23, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon").list_atomic(),
        Field::new("restartPolicy", "RestartPolicy", String, 24, Pointer).go_type("v1.ContainerRestartPolicy").proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("restartPolicyRules", "RestartPolicyRules", List(&Struct(&CORE_V1_CONTAINER_RESTART_RULE)), 25, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon").list_atomic(),
        Field::new("volumeMounts", "VolumeMounts", List(&Struct(&CORE_V1_VOLUME_MOUNT)), 9, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon").list(Keyed(&["mountPath"])).patch(Merge, "mountPath"),
        Field::new("volumeDevices", "VolumeDevices", List(&Struct(&CORE_V1_VOLUME_DEVICE)), 21, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon").list(Keyed(&["devicePath"])).patch(Merge, "devicePath"),
        Field::new("livenessProbe", "LivenessProbe", Struct(&CORE_V1_PROBE), 10, Pointer).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("readinessProbe", "ReadinessProbe", Struct(&CORE_V1_PROBE), 11, Pointer).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("startupProbe", "StartupProbe", Struct(&CORE_V1_PROBE), 22, Pointer).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("lifecycle", "Lifecycle", Struct(&CORE_V1_LIFECYCLE), 12, Pointer).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("terminationMessagePath", "TerminationMessagePath", String, 13, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("terminationMessagePolicy", "TerminationMessagePolicy", String, 20, OmitEmpty).go_type("v1.TerminationMessagePolicy").proto_in(&[1]).embedded("EphemeralContainerCommon").one_of(&["FallbackToLogsOnError", "File"]),
        Field::new("imagePullPolicy", "ImagePullPolicy", String, 14, OmitEmpty).go_type("v1.PullPolicy").proto_in(&[1]).embedded("EphemeralContainerCommon").one_of(&["Always", "IfNotPresent", "Never"]),
        Field::new("securityContext", "SecurityContext", Struct(&CORE_V1_SECURITY_CONTEXT), 15, Pointer).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("stdin", "Stdin", Bool, 16, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("stdinOnce", "StdinOnce", Bool, 17, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("tty", "TTY", Bool, 18, OmitEmpty).proto_in(&[1]).embedded("EphemeralContainerCommon"),
        Field::new("targetContainerName", "TargetContainerName", String, 2, OmitEmpty),
    ],
};
pub static CORE_V1_EPHEMERAL_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.EphemeralVolumeSource", go: "v1.EphemeralVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("volumeClaimTemplate", "VolumeClaimTemplate", Struct(&CORE_V1_PERSISTENT_VOLUME_CLAIM_TEMPLATE), 1, Pointer),
    ],
};
pub static CORE_V1_EVENT: Type = Type {
    name: "io.k8s.api.core.v1.Event", go: "v1.Event", atomic: false, group_version_kind: Some(("", "v1", "Event")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, Always).required(),
        Field::new("involvedObject", "InvolvedObject", Struct(&CORE_V1_OBJECT_REFERENCE), 2, Always).required(),
        Field::new("reason", "Reason", String, 3, OmitEmpty),
        Field::new("message", "Message", String, 4, OmitEmpty),
        Field::new("source", "Source", Struct(&CORE_V1_EVENT_SOURCE), 5, OmitEmpty),
        Field::new("firstTimestamp", "FirstTimestamp", Time, 6, OmitEmpty),
        Field::new("lastTimestamp", "LastTimestamp", Time, 7, OmitEmpty),
        Field::new("count", "Count", Int32, 8, OmitEmpty),
        Field::new("type", "Type", String, 9, OmitEmpty),
        Field::new("eventTime", "EventTime", MicroTime, 10, OmitEmpty),
        Field::new("series", "Series", Struct(&CORE_V1_EVENT_SERIES), 11, Pointer),
        Field::new("action", "Action", String, 12, OmitEmpty),
        Field::new("related", "Related", Struct(&CORE_V1_OBJECT_REFERENCE), 13, Pointer),
        Field::new("reportingComponent", "ReportingController", String, 14, Always),
        Field::new("reportingInstance", "ReportingInstance", String, 15, Always),
    ],
};
pub static CORE_V1_EVENT_LIST: Type = Type {
    name: "io.k8s.api.core.v1.EventList", go: "v1.EventList", atomic: false, group_version_kind: Some(("", "v1", "EventList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_EVENT)), 2, Always).required(),
    ],
};
pub static CORE_V1_EVENT_SERIES: Type = Type {
    name: "io.k8s.api.core.v1.EventSeries", go: "v1.EventSeries", atomic: false, group_version_kind: None, fields: &[
        Field::new("count", "Count", Int32, 1, OmitEmpty),
        Field::new("lastObservedTime", "LastObservedTime", MicroTime, 2, OmitEmpty),
    ],
};
pub static CORE_V1_EVENT_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.EventSource", go: "v1.EventSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("component", "Component", String, 1, OmitEmpty),
        Field::new("host", "Host", String, 2, OmitEmpty),
    ],
};
pub static CORE_V1_EXEC_ACTION: Type = Type {
    name: "io.k8s.api.core.v1.ExecAction", go: "v1.ExecAction", atomic: false, group_version_kind: None, fields: &[
        Field::new("command", "Command", List(&String), 1, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_FC_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.FCVolumeSource", go: "v1.FCVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("targetWWNs", "TargetWWNs", List(&String), 1, OmitEmpty).list_atomic(),
        Field::new("lun", "Lun", Int32, 2, Pointer),
        Field::new("fsType", "FSType", String, 3, OmitEmpty),
        Field::new("readOnly", "ReadOnly", Bool, 4, OmitEmpty),
        Field::new("wwids", "WWIDs", List(&String), 5, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_FILE_KEY_SELECTOR: Type = Type {
    name: "io.k8s.api.core.v1.FileKeySelector", go: "v1.FileKeySelector", atomic: true, group_version_kind: None, fields: &[
        Field::new("volumeName", "VolumeName", String, 1, Always).required(),
        Field::new("path", "Path", String, 2, Always).required(),
        Field::new("key", "Key", String, 3, Always).required(),
        Field::new("optional", "Optional", Bool, 4, Pointer).default("false"),
    ],
};
pub static CORE_V1_FLEX_PERSISTENT_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.FlexPersistentVolumeSource", go: "v1.FlexPersistentVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("driver", "Driver", String, 1, Always).required(),
        Field::new("fsType", "FSType", String, 2, OmitEmpty),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 3, Pointer),
        Field::new("readOnly", "ReadOnly", Bool, 4, OmitEmpty),
        Field::new("options", "Options", Map(&String), 5, OmitEmpty),
    ],
};
pub static CORE_V1_FLEX_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.FlexVolumeSource", go: "v1.FlexVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("driver", "Driver", String, 1, Always).required(),
        Field::new("fsType", "FSType", String, 2, OmitEmpty),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_LOCAL_OBJECT_REFERENCE), 3, Pointer),
        Field::new("readOnly", "ReadOnly", Bool, 4, OmitEmpty),
        Field::new("options", "Options", Map(&String), 5, OmitEmpty),
    ],
};
pub static CORE_V1_FLOCKER_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.FlockerVolumeSource", go: "v1.FlockerVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("datasetName", "DatasetName", String, 1, OmitEmpty),
        Field::new("datasetUUID", "DatasetUUID", String, 2, OmitEmpty),
    ],
};
pub static CORE_V1_GCE_PERSISTENT_DISK_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.GCEPersistentDiskVolumeSource", go: "v1.GCEPersistentDiskVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("pdName", "PDName", String, 1, Always).required(),
        Field::new("fsType", "FSType", String, 2, OmitEmpty),
        Field::new("partition", "Partition", Int32, 3, OmitEmpty),
        Field::new("readOnly", "ReadOnly", Bool, 4, OmitEmpty),
    ],
};
pub static CORE_V1_GRPC_ACTION: Type = Type {
    name: "io.k8s.api.core.v1.GRPCAction", go: "v1.GRPCAction", atomic: false, group_version_kind: None, fields: &[
        Field::new("port", "Port", Int32, 1, Always).required(),
        Field::new("service", "Service", String, 2, AlwaysPointer).default("\"\""),
    ],
};
pub static CORE_V1_GIT_REPO_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.GitRepoVolumeSource", go: "v1.GitRepoVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("repository", "Repository", String, 1, Always).required(),
        Field::new("revision", "Revision", String, 2, OmitEmpty),
        Field::new("directory", "Directory", String, 3, OmitEmpty),
    ],
};
pub static CORE_V1_GLUSTERFS_PERSISTENT_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.GlusterfsPersistentVolumeSource", go: "v1.GlusterfsPersistentVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("endpoints", "EndpointsName", String, 1, Always).required(),
        Field::new("path", "Path", String, 2, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
        Field::new("endpointsNamespace", "EndpointsNamespace", String, 4, Pointer),
    ],
};
pub static CORE_V1_GLUSTERFS_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.GlusterfsVolumeSource", go: "v1.GlusterfsVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("endpoints", "EndpointsName", String, 1, Always).required(),
        Field::new("path", "Path", String, 2, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
    ],
};
pub static CORE_V1_HTTP_GET_ACTION: Type = Type {
    name: "io.k8s.api.core.v1.HTTPGetAction", go: "v1.HTTPGetAction", atomic: false, group_version_kind: None, fields: &[
        Field::new("path", "Path", String, 1, OmitEmpty),
        Field::new("port", "Port", IntOrString, 2, Always).required(),
        Field::new("host", "Host", String, 3, OmitEmpty),
        Field::new("scheme", "Scheme", String, 4, OmitEmpty).go_type("v1.URIScheme").one_of(&["HTTP", "HTTPS"]),
        Field::new("httpHeaders", "HTTPHeaders", List(&Struct(&CORE_V1_HTTP_HEADER)), 5, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_HTTP_HEADER: Type = Type {
    name: "io.k8s.api.core.v1.HTTPHeader", go: "v1.HTTPHeader", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("value", "Value", String, 2, Always).required(),
    ],
};
pub static CORE_V1_HOST_ALIAS: Type = Type {
    name: "io.k8s.api.core.v1.HostAlias", go: "v1.HostAlias", atomic: false, group_version_kind: None, fields: &[
        Field::new("ip", "IP", String, 1, Always).required(),
        Field::new("hostnames", "Hostnames", List(&String), 2, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_HOST_IP: Type = Type {
    name: "io.k8s.api.core.v1.HostIP", go: "v1.HostIP", atomic: false, group_version_kind: None, fields: &[
        Field::new("ip", "IP", String, 1, Always).required(),
    ],
};
pub static CORE_V1_HOST_PATH_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.HostPathVolumeSource", go: "v1.HostPathVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("path", "Path", String, 1, Always).required(),
        Field::new("type", "Type", String, 2, Pointer).go_type("v1.HostPathType").one_of(&["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"]),
    ],
};
pub static CORE_V1_ISCSI_PERSISTENT_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.ISCSIPersistentVolumeSource", go: "v1.ISCSIPersistentVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("targetPortal", "TargetPortal", String, 1, Always).required(),
        Field::new("iqn", "IQN", String, 2, Always).required(),
        Field::new("lun", "Lun", Int32, 3, Always).required(),
        Field::new("iscsiInterface", "ISCSIInterface", String, 4, OmitEmpty).default("\"default\""),
        Field::new("fsType", "FSType", String, 5, OmitEmpty),
        Field::new("readOnly", "ReadOnly", Bool, 6, OmitEmpty),
        Field::new("portals", "Portals", List(&String), 7, OmitEmpty).list_atomic(),
        Field::new("chapAuthDiscovery", "DiscoveryCHAPAuth", Bool, 8, OmitEmpty),
        Field::new("chapAuthSession", "SessionCHAPAuth", Bool, 11, OmitEmpty),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 10, Pointer),
        Field::new("initiatorName", "InitiatorName", String, 12, Pointer),
    ],
};
pub static CORE_V1_ISCSI_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.ISCSIVolumeSource", go: "v1.ISCSIVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("targetPortal", "TargetPortal", String, 1, Always).required(),
        Field::new("iqn", "IQN", String, 2, Always).required(),
        Field::new("lun", "Lun", Int32, 3, Always).required(),
        Field::new("iscsiInterface", "ISCSIInterface", String, 4, OmitEmpty).default("\"default\""),
        Field::new("fsType", "FSType", String, 5, OmitEmpty),
        Field::new("readOnly", "ReadOnly", Bool, 6, OmitEmpty),
        Field::new("portals", "Portals", List(&String), 7, OmitEmpty).list_atomic(),
        Field::new("chapAuthDiscovery", "DiscoveryCHAPAuth", Bool, 8, OmitEmpty),
        Field::new("chapAuthSession", "SessionCHAPAuth", Bool, 11, OmitEmpty),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_LOCAL_OBJECT_REFERENCE), 10, Pointer),
        Field::new("initiatorName", "InitiatorName", String, 12, Pointer),
    ],
};
pub static CORE_V1_IMAGE_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.ImageVolumeSource", go: "v1.ImageVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("reference", "Reference", String, 1, OmitEmpty),
        Field::new("pullPolicy", "PullPolicy", String, 2, OmitEmpty).go_type("v1.PullPolicy").one_of(&["Always", "IfNotPresent", "Never"]),
    ],
};
pub static CORE_V1_IMAGE_VOLUME_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.ImageVolumeStatus", go: "v1.ImageVolumeStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("imageRef", "ImageRef", String, 1, OmitEmpty).required(),
    ],
};
pub static CORE_V1_KEY_TO_PATH: Type = Type {
    name: "io.k8s.api.core.v1.KeyToPath", go: "v1.KeyToPath", atomic: false, group_version_kind: None, fields: &[
        Field::new("key", "Key", String, 1, Always).required(),
        Field::new("path", "Path", String, 2, Always).required(),
        Field::new("mode", "Mode", Int32, 3, Pointer),
    ],
};
pub static CORE_V1_LIFECYCLE: Type = Type {
    name: "io.k8s.api.core.v1.Lifecycle", go: "v1.Lifecycle", atomic: false, group_version_kind: None, fields: &[
        Field::new("postStart", "PostStart", Struct(&CORE_V1_LIFECYCLE_HANDLER), 1, Pointer),
        Field::new("preStop", "PreStop", Struct(&CORE_V1_LIFECYCLE_HANDLER), 2, Pointer),
        Field::new("stopSignal", "StopSignal", String, 3, Pointer).go_type("v1.Signal").one_of(&["SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGRTMAX", "SIGRTMAX-1", "SIGRTMAX-10", "SIGRTMAX-11", "SIGRTMAX-12", "SIGRTMAX-13", "SIGRTMAX-14", "SIGRTMAX-2", "SIGRTMAX-3", "SIGRTMAX-4", "SIGRTMAX-5", "SIGRTMAX-6", "SIGRTMAX-7", "SIGRTMAX-8", "SIGRTMAX-9", "SIGRTMIN", "SIGRTMIN+1", "SIGRTMIN+10", "SIGRTMIN+11", "SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14", "SIGRTMIN+15", "SIGRTMIN+2", "SIGRTMIN+3", "SIGRTMIN+4", "SIGRTMIN+5", "SIGRTMIN+6", "SIGRTMIN+7", "SIGRTMIN+8", "SIGRTMIN+9", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ"]),
    ],
};
pub static CORE_V1_LIFECYCLE_HANDLER: Type = Type {
    name: "io.k8s.api.core.v1.LifecycleHandler", go: "v1.LifecycleHandler", atomic: false, group_version_kind: None, fields: &[
        Field::new("exec", "Exec", Struct(&CORE_V1_EXEC_ACTION), 1, Pointer),
        Field::new("httpGet", "HTTPGet", Struct(&CORE_V1_HTTP_GET_ACTION), 2, Pointer),
        Field::new("tcpSocket", "TCPSocket", Struct(&CORE_V1_TCP_SOCKET_ACTION), 3, Pointer),
        Field::new("sleep", "Sleep", Struct(&CORE_V1_SLEEP_ACTION), 4, Pointer),
    ],
};
pub static CORE_V1_LIMIT_RANGE: Type = Type {
    name: "io.k8s.api.core.v1.LimitRange", go: "v1.LimitRange", atomic: false, group_version_kind: Some(("", "v1", "LimitRange")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_LIMIT_RANGE_SPEC), 2, OmitEmpty),
    ],
};
pub static CORE_V1_LIMIT_RANGE_ITEM: Type = Type {
    name: "io.k8s.api.core.v1.LimitRangeItem", go: "v1.LimitRangeItem", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.LimitType").required(),
        Field::new("max", "Max", Map(&Quantity), 2, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("min", "Min", Map(&Quantity), 3, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("default", "Default", Map(&Quantity), 4, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("defaultRequest", "DefaultRequest", Map(&Quantity), 5, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("maxLimitRequestRatio", "MaxLimitRequestRatio", Map(&Quantity), 6, OmitEmpty).go_type("v1.ResourceList"),
    ],
};
pub static CORE_V1_LIMIT_RANGE_LIST: Type = Type {
    name: "io.k8s.api.core.v1.LimitRangeList", go: "v1.LimitRangeList", atomic: false, group_version_kind: Some(("", "v1", "LimitRangeList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_LIMIT_RANGE)), 2, Always).required(),
    ],
};
pub static CORE_V1_LIMIT_RANGE_SPEC: Type = Type {
    name: "io.k8s.api.core.v1.LimitRangeSpec", go: "v1.LimitRangeSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("limits", "Limits", List(&Struct(&CORE_V1_LIMIT_RANGE_ITEM)), 1, Always).required().list_atomic(),
    ],
};
pub static CORE_V1_LINUX_CONTAINER_USER: Type = Type {
    name: "io.k8s.api.core.v1.LinuxContainerUser", go: "v1.LinuxContainerUser", atomic: false, group_version_kind: None, fields: &[
        Field::new("uid", "UID", Int64, 1, Always).required(),
        Field::new("gid", "GID", Int64, 2, Always).required(),
        Field::new("supplementalGroups", "SupplementalGroups", List(&Int64), 3, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_LOAD_BALANCER_INGRESS: Type = Type {
    name: "io.k8s.api.core.v1.LoadBalancerIngress", go: "v1.LoadBalancerIngress", atomic: false, group_version_kind: None, fields: &[
        Field::new("ip", "IP", String, 1, OmitEmpty),
        Field::new("hostname", "Hostname", String, 2, OmitEmpty),
        Field::new("ipMode", "IPMode", String, 3, Pointer).go_type("v1.LoadBalancerIPMode"),
        Field::new("ports", "Ports", List(&Struct(&CORE_V1_PORT_STATUS)), 4, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_LOAD_BALANCER_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.LoadBalancerStatus", go: "v1.LoadBalancerStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("ingress", "Ingress", List(&Struct(&CORE_V1_LOAD_BALANCER_INGRESS)), 1, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_LOCAL_OBJECT_REFERENCE: Type = Type {
    name: "io.k8s.api.core.v1.LocalObjectReference", go: "v1.LocalObjectReference", atomic: true, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty).default("\"\""),
    ],
};
pub static CORE_V1_LOCAL_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.LocalVolumeSource", go: "v1.LocalVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("path", "Path", String, 1, Always).required(),
        Field::new("fsType", "FSType", String, 2, Pointer),
    ],
};
pub static CORE_V1_MODIFY_VOLUME_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.ModifyVolumeStatus", go: "v1.ModifyVolumeStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("targetVolumeAttributesClassName", "TargetVolumeAttributesClassName", String, 1, OmitEmpty),
        Field::new("status", "Status", String, 2, Always).go_type("v1.PersistentVolumeClaimModifyVolumeStatus").one_of(&["InProgress", "Infeasible", "Pending"]).required(),
    ],
};
pub static CORE_V1_NFS_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.NFSVolumeSource", go: "v1.NFSVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("server", "Server", String, 1, Always).required(),
        Field::new("path", "Path", String, 2, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
    ],
};
pub static CORE_V1_NAMESPACE: Type = Type {
    name: "io.k8s.api.core.v1.Namespace", go: "v1.Namespace", atomic: false, group_version_kind: Some(("", "v1", "Namespace")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_NAMESPACE_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&CORE_V1_NAMESPACE_STATUS), 3, OmitEmpty),
    ],
};
pub static CORE_V1_NAMESPACE_CONDITION: Type = Type {
    name: "io.k8s.api.core.v1.NamespaceCondition", go: "v1.NamespaceCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.NamespaceConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 4, OmitEmpty),
        Field::new("reason", "Reason", String, 5, OmitEmpty),
        Field::new("message", "Message", String, 6, OmitEmpty),
    ],
};
pub static CORE_V1_NAMESPACE_LIST: Type = Type {
    name: "io.k8s.api.core.v1.NamespaceList", go: "v1.NamespaceList", atomic: false, group_version_kind: Some(("", "v1", "NamespaceList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_NAMESPACE)), 2, Always).required(),
    ],
};
pub static CORE_V1_NAMESPACE_SPEC: Type = Type {
    name: "io.k8s.api.core.v1.NamespaceSpec", go: "v1.NamespaceSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("finalizers", "Finalizers", List(&String), 1, OmitEmpty).go_type("[]v1.FinalizerName").list_atomic(),
    ],
};
pub static CORE_V1_NAMESPACE_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.NamespaceStatus", go: "v1.NamespaceStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("phase", "Phase", String, 1, OmitEmpty).go_type("v1.NamespacePhase").one_of(&["Active", "Terminating"]),
        Field::new("conditions", "Conditions", List(&Struct(&CORE_V1_NAMESPACE_CONDITION)), 2, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static CORE_V1_NODE: Type = Type {
    name: "io.k8s.api.core.v1.Node", go: "v1.Node", atomic: false, group_version_kind: Some(("", "v1", "Node")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_NODE_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&CORE_V1_NODE_STATUS), 3, OmitEmpty),
    ],
};
pub static CORE_V1_NODE_ADDRESS: Type = Type {
    name: "io.k8s.api.core.v1.NodeAddress", go: "v1.NodeAddress", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.NodeAddressType").required(),
        Field::new("address", "Address", String, 2, Always).required(),
    ],
};
pub static CORE_V1_NODE_AFFINITY: Type = Type {
    name: "io.k8s.api.core.v1.NodeAffinity", go: "v1.NodeAffinity", atomic: false, group_version_kind: None, fields: &[
        Field::new("requiredDuringSchedulingIgnoredDuringExecution", "RequiredDuringSchedulingIgnoredDuringExecution", Struct(&CORE_V1_NODE_SELECTOR), 1, Pointer),
        Field::new("preferredDuringSchedulingIgnoredDuringExecution", "PreferredDuringSchedulingIgnoredDuringExecution", List(&Struct(&CORE_V1_PREFERRED_SCHEDULING_TERM)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus", go: "v1.NodeAllocatableResourceClaimStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("resourceClaimName", "ResourceClaimName", String, 1, Always).required(),
        Field::new("containers", "Containers", List(&String), 2, OmitEmpty).list(Set),
        Field::new("resources", "Resources", Map(&Quantity), 3, Always).go_type("map[v1.ResourceName]resource.Quantity").required(),
    ],
};
pub static CORE_V1_NODE_CONDITION: Type = Type {
    name: "io.k8s.api.core.v1.NodeCondition", go: "v1.NodeCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.NodeConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastHeartbeatTime", "LastHeartbeatTime", Time, 3, OmitEmpty),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 4, OmitEmpty),
        Field::new("reason", "Reason", String, 5, OmitEmpty),
        Field::new("message", "Message", String, 6, OmitEmpty),
    ],
};
pub static CORE_V1_NODE_CONFIG_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.NodeConfigSource", go: "v1.NodeConfigSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("configMap", "ConfigMap", Struct(&CORE_V1_CONFIG_MAP_NODE_CONFIG_SOURCE), 2, Pointer),
    ],
};
pub static CORE_V1_NODE_CONFIG_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.NodeConfigStatus", go: "v1.NodeConfigStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("assigned", "Assigned", Struct(&CORE_V1_NODE_CONFIG_SOURCE), 1, Pointer),
        Field::new("active", "Active", Struct(&CORE_V1_NODE_CONFIG_SOURCE), 2, Pointer),
        Field::new("lastKnownGood", "LastKnownGood", Struct(&CORE_V1_NODE_CONFIG_SOURCE), 3, Pointer),
        Field::new("error", "Error", String, 4, OmitEmpty),
    ],
};
pub static CORE_V1_NODE_DAEMON_ENDPOINTS: Type = Type {
    name: "io.k8s.api.core.v1.NodeDaemonEndpoints", go: "v1.NodeDaemonEndpoints", atomic: false, group_version_kind: None, fields: &[
        Field::new("kubeletEndpoint", "KubeletEndpoint", Struct(&CORE_V1_DAEMON_ENDPOINT), 1, OmitEmpty),
    ],
};
pub static CORE_V1_NODE_FEATURES: Type = Type {
    name: "io.k8s.api.core.v1.NodeFeatures", go: "v1.NodeFeatures", atomic: false, group_version_kind: None, fields: &[
        Field::new("supplementalGroupsPolicy", "SupplementalGroupsPolicy", Bool, 1, Pointer),
    ],
};
pub static CORE_V1_NODE_LIST: Type = Type {
    name: "io.k8s.api.core.v1.NodeList", go: "v1.NodeList", atomic: false, group_version_kind: Some(("", "v1", "NodeList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_NODE)), 2, Always).required(),
    ],
};
pub static CORE_V1_NODE_PROXY_OPTIONS: Type = Type {
    name: "io.k8s.api.core.v1.NodeProxyOptions", go: "v1.NodeProxyOptions", atomic: false, group_version_kind: Some(("", "v1", "NodeProxyOptions")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("path", "Path", String, 1, OmitEmpty),
    ],
};
pub static CORE_V1_NODE_RUNTIME_HANDLER: Type = Type {
    name: "io.k8s.api.core.v1.NodeRuntimeHandler", go: "v1.NodeRuntimeHandler", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always),
        Field::new("features", "Features", Struct(&CORE_V1_NODE_RUNTIME_HANDLER_FEATURES), 2, Pointer),
    ],
};
pub static CORE_V1_NODE_RUNTIME_HANDLER_FEATURES: Type = Type {
    name: "io.k8s.api.core.v1.NodeRuntimeHandlerFeatures", go: "v1.NodeRuntimeHandlerFeatures", atomic: false, group_version_kind: None, fields: &[
        Field::new("recursiveReadOnlyMounts", "RecursiveReadOnlyMounts", Bool, 1, Pointer),
        Field::new("userNamespaces", "UserNamespaces", Bool, 2, Pointer),
    ],
};
pub static CORE_V1_NODE_SELECTOR: Type = Type {
    name: "io.k8s.api.core.v1.NodeSelector", go: "v1.NodeSelector", atomic: true, group_version_kind: None, fields: &[
        Field::new("nodeSelectorTerms", "NodeSelectorTerms", List(&Struct(&CORE_V1_NODE_SELECTOR_TERM)), 1, Always).required().list_atomic(),
    ],
};
pub static CORE_V1_NODE_SELECTOR_REQUIREMENT: Type = Type {
    name: "io.k8s.api.core.v1.NodeSelectorRequirement", go: "v1.NodeSelectorRequirement", atomic: false, group_version_kind: None, fields: &[
        Field::new("key", "Key", String, 1, Always).required(),
        Field::new("operator", "Operator", String, 2, Always).go_type("v1.NodeSelectorOperator").one_of(&["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"]).required(),
        Field::new("values", "Values", List(&String), 3, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_NODE_SELECTOR_TERM: Type = Type {
    name: "io.k8s.api.core.v1.NodeSelectorTerm", go: "v1.NodeSelectorTerm", atomic: true, group_version_kind: None, fields: &[
        Field::new("matchExpressions", "MatchExpressions", List(&Struct(&CORE_V1_NODE_SELECTOR_REQUIREMENT)), 1, OmitEmpty).list_atomic(),
        Field::new("matchFields", "MatchFields", List(&Struct(&CORE_V1_NODE_SELECTOR_REQUIREMENT)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_NODE_SPEC: Type = Type {
    name: "io.k8s.api.core.v1.NodeSpec", go: "v1.NodeSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("podCIDR", "PodCIDR", String, 1, OmitEmpty),
        Field::new("podCIDRs", "PodCIDRs", List(&String), 7, OmitEmpty).list(Set).patch(Merge, ""),
        Field::new("providerID", "ProviderID", String, 3, OmitEmpty),
        Field::new("unschedulable", "Unschedulable", Bool, 4, OmitEmpty),
        Field::new("taints", "Taints", List(&Struct(&CORE_V1_TAINT)), 5, OmitEmpty).list_atomic(),
        Field::new("configSource", "ConfigSource", Struct(&CORE_V1_NODE_CONFIG_SOURCE), 6, Pointer),
        Field::new("externalID", "DoNotUseExternalID", String, 2, OmitEmpty),
    ],
};
pub static CORE_V1_NODE_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.NodeStatus", go: "v1.NodeStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("capacity", "Capacity", Map(&Quantity), 1, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("allocatable", "Allocatable", Map(&Quantity), 2, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("phase", "Phase", String, 3, OmitEmpty).go_type("v1.NodePhase").one_of(&["Pending", "Running", "Terminated"]),
        Field::new("conditions", "Conditions", List(&Struct(&CORE_V1_NODE_CONDITION)), 4, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
        Field::new("addresses", "Addresses", List(&Struct(&CORE_V1_NODE_ADDRESS)), 5, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
        Field::new("daemonEndpoints", "DaemonEndpoints", Struct(&CORE_V1_NODE_DAEMON_ENDPOINTS), 6, OmitEmpty),
        Field::new("nodeInfo", "NodeInfo", Struct(&CORE_V1_NODE_SYSTEM_INFO), 7, OmitEmpty),
        Field::new("images", "Images", List(&Struct(&CORE_V1_CONTAINER_IMAGE)), 8, OmitEmpty).list_atomic(),
        Field::new("volumesInUse", "VolumesInUse", List(&String), 9, OmitEmpty).go_type("[]v1.UniqueVolumeName").list_atomic(),
        Field::new("volumesAttached", "VolumesAttached", List(&Struct(&CORE_V1_ATTACHED_VOLUME)), 10, OmitEmpty).list_atomic(),
        Field::new("config", "Config", Struct(&CORE_V1_NODE_CONFIG_STATUS), 11, Pointer),
        Field::new("runtimeHandlers", "RuntimeHandlers", List(&Struct(&CORE_V1_NODE_RUNTIME_HANDLER)), 12, OmitEmpty).list_atomic(),
        Field::new("features", "Features", Struct(&CORE_V1_NODE_FEATURES), 13, Pointer),
        Field::new("declaredFeatures", "DeclaredFeatures", List(&String), 14, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_NODE_SWAP_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.NodeSwapStatus", go: "v1.NodeSwapStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("capacity", "Capacity", Int64, 1, Pointer),
    ],
};
pub static CORE_V1_NODE_SYSTEM_INFO: Type = Type {
    name: "io.k8s.api.core.v1.NodeSystemInfo", go: "v1.NodeSystemInfo", atomic: false, group_version_kind: None, fields: &[
        Field::new("machineID", "MachineID", String, 1, Always).required(),
        Field::new("systemUUID", "SystemUUID", String, 2, Always).required(),
        Field::new("bootID", "BootID", String, 3, Always).required(),
        Field::new("kernelVersion", "KernelVersion", String, 4, Always).required(),
        Field::new("osImage", "OSImage", String, 5, Always).required(),
        Field::new("containerRuntimeVersion", "ContainerRuntimeVersion", String, 6, Always).required(),
        Field::new("kubeletVersion", "KubeletVersion", String, 7, Always).required(),
        Field::new("kubeProxyVersion", "KubeProxyVersion", String, 8, Always).required(),
        Field::new("operatingSystem", "OperatingSystem", String, 9, Always).required(),
        Field::new("architecture", "Architecture", String, 10, Always).required(),
        Field::new("swap", "Swap", Struct(&CORE_V1_NODE_SWAP_STATUS), 11, Pointer),
    ],
};
pub static CORE_V1_OBJECT_FIELD_SELECTOR: Type = Type {
    name: "io.k8s.api.core.v1.ObjectFieldSelector", go: "v1.ObjectFieldSelector", atomic: true, group_version_kind: None, fields: &[
        Field::new("apiVersion", "APIVersion", String, 1, OmitEmpty),
        Field::new("fieldPath", "FieldPath", String, 2, Always).required(),
    ],
};
pub static CORE_V1_OBJECT_REFERENCE: Type = Type {
    name: "io.k8s.api.core.v1.ObjectReference", go: "v1.ObjectReference", atomic: true, group_version_kind: None, fields: &[
        Field::new("kind", "Kind", String, 1, OmitEmpty),
        Field::new("namespace", "Namespace", String, 2, OmitEmpty),
        Field::new("name", "Name", String, 3, OmitEmpty),
        Field::new("uid", "UID", String, 4, OmitEmpty).go_type("types.UID"),
        Field::new("apiVersion", "APIVersion", String, 5, OmitEmpty),
        Field::new("resourceVersion", "ResourceVersion", String, 6, OmitEmpty),
        Field::new("fieldPath", "FieldPath", String, 7, OmitEmpty),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolume", go: "v1.PersistentVolume", atomic: false, group_version_kind: Some(("", "v1", "PersistentVolume")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_PERSISTENT_VOLUME_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&CORE_V1_PERSISTENT_VOLUME_STATUS), 3, OmitEmpty),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME_CLAIM: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolumeClaim", go: "v1.PersistentVolumeClaim", atomic: false, group_version_kind: Some(("", "v1", "PersistentVolumeClaim")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_PERSISTENT_VOLUME_CLAIM_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&CORE_V1_PERSISTENT_VOLUME_CLAIM_STATUS), 3, OmitEmpty),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME_CLAIM_CONDITION: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolumeClaimCondition", go: "v1.PersistentVolumeClaimCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.PersistentVolumeClaimConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastProbeTime", "LastProbeTime", Time, 3, OmitEmpty),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 4, OmitEmpty),
        Field::new("reason", "Reason", String, 5, OmitEmpty),
        Field::new("message", "Message", String, 6, OmitEmpty),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME_CLAIM_LIST: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolumeClaimList", go: "v1.PersistentVolumeClaimList", atomic: false, group_version_kind: Some(("", "v1", "PersistentVolumeClaimList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_PERSISTENT_VOLUME_CLAIM)), 2, Always).required(),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME_CLAIM_SPEC: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolumeClaimSpec", go: "v1.PersistentVolumeClaimSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("accessModes", "AccessModes", List(&String), 1, OmitEmpty).go_type("[]v1.PersistentVolumeAccessMode").one_of(&["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]).list_atomic(),
        Field::new("selector", "Selector", Struct(&META_V1_LABEL_SELECTOR), 4, Pointer),
        Field::new("resources", "Resources", Struct(&CORE_V1_VOLUME_RESOURCE_REQUIREMENTS), 2, OmitEmpty),
        Field::new("volumeName", "VolumeName", String, 3, OmitEmpty),
        Field::new("storageClassName", "StorageClassName", String, 5, Pointer),
        Field::new("volumeMode", "VolumeMode", String, 6, Pointer).go_type("v1.PersistentVolumeMode").one_of(&["Block", "Filesystem"]),
        Field::new("dataSource", "DataSource", Struct(&CORE_V1_TYPED_LOCAL_OBJECT_REFERENCE), 7, Pointer),
        Field::new("dataSourceRef", "DataSourceRef", Struct(&CORE_V1_TYPED_OBJECT_REFERENCE), 8, Pointer),
        Field::new("volumeAttributesClassName", "VolumeAttributesClassName", String, 9, Pointer),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME_CLAIM_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolumeClaimStatus", go: "v1.PersistentVolumeClaimStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("phase", "Phase", String, 1, OmitEmpty).go_type("v1.PersistentVolumeClaimPhase").one_of(&["Bound", "Lost", "Pending"]),
        Field::new("accessModes", "AccessModes", List(&String), 2, OmitEmpty).go_type("[]v1.PersistentVolumeAccessMode").one_of(&["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]).list_atomic(),
        Field::new("capacity", "Capacity", Map(&Quantity), 3, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("conditions", "Conditions", List(&Struct(&CORE_V1_PERSISTENT_VOLUME_CLAIM_CONDITION)), 4, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
        Field::new("allocatedResources", "AllocatedResources", Map(&Quantity), 5, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("allocatedResourceStatuses", "AllocatedResourceStatuses", Map(&String), 7, OmitEmpty).go_type("map[v1.ResourceName]v1.ClaimResourceStatus").map_granular(),
        Field::new("currentVolumeAttributesClassName", "CurrentVolumeAttributesClassName", String, 8, Pointer),
        Field::new("modifyVolumeStatus", "ModifyVolumeStatus", Struct(&CORE_V1_MODIFY_VOLUME_STATUS), 9, Pointer),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME_CLAIM_TEMPLATE: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolumeClaimTemplate", go: "v1.PersistentVolumeClaimTemplate", atomic: false, group_version_kind: None, fields: &[
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_PERSISTENT_VOLUME_CLAIM_SPEC), 2, Always).required(),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", go: "v1.PersistentVolumeClaimVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("claimName", "ClaimName", String, 1, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 2, OmitEmpty),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME_LIST: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolumeList", go: "v1.PersistentVolumeList", atomic: false, group_version_kind: Some(("", "v1", "PersistentVolumeList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_PERSISTENT_VOLUME)), 2, Always).required(),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME_SPEC: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolumeSpec", go: "v1.PersistentVolumeSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("capacity", "Capacity", Map(&Quantity), 1, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("gcePersistentDisk", "GCEPersistentDisk", Struct(&CORE_V1_GCE_PERSISTENT_DISK_VOLUME_SOURCE), 1, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("awsElasticBlockStore", "AWSElasticBlockStore", Struct(&CORE_V1_AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE), 2, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("hostPath", "HostPath", Struct(&CORE_V1_HOST_PATH_VOLUME_SOURCE), 3, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("glusterfs", "Glusterfs", Struct(&CORE_V1_GLUSTERFS_PERSISTENT_VOLUME_SOURCE), 4, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("nfs", "NFS", Struct(&CORE_V1_NFS_VOLUME_SOURCE), 5, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("rbd", "RBD", Struct(&CORE_V1_RBD_PERSISTENT_VOLUME_SOURCE), 6, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("iscsi", "ISCSI", Struct(&CORE_V1_ISCSI_PERSISTENT_VOLUME_SOURCE), 7, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("cinder", "Cinder", Struct(&CORE_V1_CINDER_PERSISTENT_VOLUME_SOURCE), 8, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("cephfs", "CephFS", Struct(&CORE_V1_CEPH_FS_PERSISTENT_VOLUME_SOURCE), 9, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("fc", "FC", Struct(&CORE_V1_FC_VOLUME_SOURCE), 10, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("flocker", "Flocker", Struct(&CORE_V1_FLOCKER_VOLUME_SOURCE), 11, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("flexVolume", "FlexVolume", Struct(&CORE_V1_FLEX_PERSISTENT_VOLUME_SOURCE), 12, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("azureFile", "AzureFile", Struct(&CORE_V1_AZURE_FILE_PERSISTENT_VOLUME_SOURCE), 13, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("vsphereVolume", "VsphereVolume", Struct(&CORE_V1_VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE), 14, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("quobyte", "Quobyte", Struct(&CORE_V1_QUOBYTE_VOLUME_SOURCE), 15, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("azureDisk", "AzureDisk", Struct(&CORE_V1_AZURE_DISK_VOLUME_SOURCE), 16, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("photonPersistentDisk", "PhotonPersistentDisk", Struct(&CORE_V1_PHOTON_PERSISTENT_DISK_VOLUME_SOURCE), 17, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("portworxVolume", "PortworxVolume", Struct(&CORE_V1_PORTWORX_VOLUME_SOURCE), 18, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("scaleIO", "ScaleIO", Struct(&CORE_V1_SCALE_IO_PERSISTENT_VOLUME_SOURCE), 19, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("local", "Local", Struct(&CORE_V1_LOCAL_VOLUME_SOURCE), 20, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("storageos", "StorageOS", Struct(&CORE_V1_STORAGE_OS_PERSISTENT_VOLUME_SOURCE), 21, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("csi", "CSI", Struct(&CORE_V1_CSI_PERSISTENT_VOLUME_SOURCE), 22, Pointer).proto_in(&[2]).embedded("PersistentVolumeSource"),
        Field::new("accessModes", "AccessModes", List(&String), 3, OmitEmpty).go_type("[]v1.PersistentVolumeAccessMode").one_of(&["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]).list_atomic(),
        Field::new("claimRef", "ClaimRef", Struct(&CORE_V1_OBJECT_REFERENCE), 4, Pointer).map_granular(),
        Field::new("persistentVolumeReclaimPolicy", "PersistentVolumeReclaimPolicy", String, 5, OmitEmpty).go_type("v1.PersistentVolumeReclaimPolicy").one_of(&["Delete", "Recycle", "Retain"]),
        Field::new("storageClassName", "StorageClassName", String, 6, OmitEmpty),
        Field::new("mountOptions", "MountOptions", List(&String), 7, OmitEmpty).list_atomic(),
        Field::new("volumeMode", "VolumeMode", String, 8, Pointer).go_type("v1.PersistentVolumeMode").one_of(&["Block", "Filesystem"]),
        Field::new("nodeAffinity", "NodeAffinity", Struct(&CORE_V1_VOLUME_NODE_AFFINITY), 9, Pointer),
        Field::new("volumeAttributesClassName", "VolumeAttributesClassName", String, 10, Pointer),
    ],
};
pub static CORE_V1_PERSISTENT_VOLUME_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.PersistentVolumeStatus", go: "v1.PersistentVolumeStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("phase", "Phase", String, 1, OmitEmpty).go_type("v1.PersistentVolumePhase").one_of(&["Available", "Bound", "Failed", "Pending", "Released"]),
        Field::new("message", "Message", String, 2, OmitEmpty),
        Field::new("reason", "Reason", String, 3, OmitEmpty),
        Field::new("lastPhaseTransitionTime", "LastPhaseTransitionTime", Time, 4, Pointer),
    ],
};
pub static CORE_V1_PHOTON_PERSISTENT_DISK_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource", go: "v1.PhotonPersistentDiskVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("pdID", "PdID", String, 1, Always).required(),
        Field::new("fsType", "FSType", String, 2, OmitEmpty),
    ],
};
pub static CORE_V1_POD: Type = Type {
    name: "io.k8s.api.core.v1.Pod", go: "v1.Pod", atomic: false, group_version_kind: Some(("", "v1", "Pod")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_POD_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&CORE_V1_POD_STATUS), 3, OmitEmpty),
    ],
};
pub static CORE_V1_POD_AFFINITY: Type = Type {
    name: "io.k8s.api.core.v1.PodAffinity", go: "v1.PodAffinity", atomic: false, group_version_kind: None, fields: &[
        Field::new("requiredDuringSchedulingIgnoredDuringExecution", "RequiredDuringSchedulingIgnoredDuringExecution", List(&Struct(&CORE_V1_POD_AFFINITY_TERM)), 1, OmitEmpty).list_atomic(),
        Field::new("preferredDuringSchedulingIgnoredDuringExecution", "PreferredDuringSchedulingIgnoredDuringExecution", List(&Struct(&CORE_V1_WEIGHTED_POD_AFFINITY_TERM)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_POD_AFFINITY_TERM: Type = Type {
    name: "io.k8s.api.core.v1.PodAffinityTerm", go: "v1.PodAffinityTerm", atomic: false, group_version_kind: None, fields: &[
        Field::new("labelSelector", "LabelSelector", Struct(&META_V1_LABEL_SELECTOR), 1, Pointer),
        Field::new("namespaces", "Namespaces", List(&String), 2, OmitEmpty).list_atomic(),
        Field::new("topologyKey", "TopologyKey", String, 3, Always).required(),
        Field::new("namespaceSelector", "NamespaceSelector", Struct(&META_V1_LABEL_SELECTOR), 4, Pointer),
        Field::new("matchLabelKeys", "MatchLabelKeys", List(&String), 5, OmitEmpty).list_atomic(),
        Field::new("mismatchLabelKeys", "MismatchLabelKeys", List(&String), 6, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_POD_ANTI_AFFINITY: Type = Type {
    name: "io.k8s.api.core.v1.PodAntiAffinity", go: "v1.PodAntiAffinity", atomic: false, group_version_kind: None, fields: &[
        Field::new("requiredDuringSchedulingIgnoredDuringExecution", "RequiredDuringSchedulingIgnoredDuringExecution", List(&Struct(&CORE_V1_POD_AFFINITY_TERM)), 1, OmitEmpty).list_atomic(),
        Field::new("preferredDuringSchedulingIgnoredDuringExecution", "PreferredDuringSchedulingIgnoredDuringExecution", List(&Struct(&CORE_V1_WEIGHTED_POD_AFFINITY_TERM)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_POD_ATTACH_OPTIONS: Type = Type {
    name: "io.k8s.api.core.v1.PodAttachOptions", go: "v1.PodAttachOptions", atomic: false, group_version_kind: Some(("", "v1", "PodAttachOptions")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("stdin", "Stdin", Bool, 1, OmitEmpty),
        Field::new("stdout", "Stdout", Bool, 2, OmitEmpty),
        Field::new("stderr", "Stderr", Bool, 3, OmitEmpty),
        Field::new("tty", "TTY", Bool, 4, OmitEmpty),
        Field::new("container", "Container", String, 5, OmitEmpty),
    ],
};
pub static CORE_V1_POD_CERTIFICATE_PROJECTION: Type = Type {
    name: "io.k8s.api.core.v1.PodCertificateProjection", go: "v1.PodCertificateProjection", atomic: false, group_version_kind: None, fields: &[
        Field::new("signerName", "SignerName", String, 1, OmitEmpty).required(),
        Field::new("keyType", "KeyType", String, 2, OmitEmpty).required(),
        Field::new("maxExpirationSeconds", "MaxExpirationSeconds", Int32, 3, Pointer),
        Field::new("credentialBundlePath", "CredentialBundlePath", String, 4, OmitEmpty),
        Field::new("keyPath", "KeyPath", String, 5, OmitEmpty),
        Field::new("certificateChainPath", "CertificateChainPath", String, 6, OmitEmpty),
        Field::new("userAnnotations", "UserAnnotations", Map(&String), 7, OmitEmpty),
    ],
};
pub static CORE_V1_POD_CONDITION: Type = Type {
    name: "io.k8s.api.core.v1.PodCondition", go: "v1.PodCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.PodConditionType").required(),
        Field::new("observedGeneration", "ObservedGeneration", Int64, 7, OmitEmpty),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastProbeTime", "LastProbeTime", Time, 3, OmitEmpty),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 4, OmitEmpty),
        Field::new("reason", "Reason", String, 5, OmitEmpty),
        Field::new("message", "Message", String, 6, OmitEmpty),
    ],
};
pub static CORE_V1_POD_DNS_CONFIG: Type = Type {
    name: "io.k8s.api.core.v1.PodDNSConfig", go: "v1.PodDNSConfig", atomic: false, group_version_kind: None, fields: &[
        Field::new("nameservers", "Nameservers", List(&String), 1, OmitEmpty).list_atomic(),
        Field::new("searches", "Searches", List(&String), 2, OmitEmpty).list_atomic(),
        Field::new("options", "Options", List(&Struct(&CORE_V1_POD_DNS_CONFIG_OPTION)), 3, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_POD_DNS_CONFIG_OPTION: Type = Type {
    name: "io.k8s.api.core.v1.PodDNSConfigOption", go: "v1.PodDNSConfigOption", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty),
        Field::new("value", "Value", String, 2, Pointer),
    ],
};
pub static CORE_V1_POD_EXEC_OPTIONS: Type = Type {
    name: "io.k8s.api.core.v1.PodExecOptions", go: "v1.PodExecOptions", atomic: false, group_version_kind: Some(("", "v1", "PodExecOptions")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("stdin", "Stdin", Bool, 1, OmitEmpty),
        Field::new("stdout", "Stdout", Bool, 2, OmitEmpty),
        Field::new("stderr", "Stderr", Bool, 3, OmitEmpty),
        Field::new("tty", "TTY", Bool, 4, OmitEmpty),
        Field::new("container", "Container", String, 5, OmitEmpty),
        Field::new("command", "Command", List(&String), 6, Always).required().list_atomic(),
    ],
};
pub static CORE_V1_POD_EXTENDED_RESOURCE_CLAIM_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.PodExtendedResourceClaimStatus", go: "v1.PodExtendedResourceClaimStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("requestMappings", "RequestMappings", List(&Struct(&CORE_V1_CONTAINER_EXTENDED_RESOURCE_REQUEST)), 1, Always).required().list_atomic(),
        Field::new("resourceClaimName", "ResourceClaimName", String, 2, Always).required(),
    ],
};
pub static CORE_V1_POD_IP: Type = Type {
    name: "io.k8s.api.core.v1.PodIP", go: "v1.PodIP", atomic: false, group_version_kind: None, fields: &[
        Field::new("ip", "IP", String, 1, Always).required(),
    ],
};
pub static CORE_V1_POD_LIST: Type = Type {
    name: "io.k8s.api.core.v1.PodList", go: "v1.PodList", atomic: false, group_version_kind: Some(("", "v1", "PodList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_POD)), 2, Always).required(),
    ],
};
pub static CORE_V1_POD_LOG_OPTIONS: Type = Type {
    name: "io.k8s.api.core.v1.PodLogOptions", go: "v1.PodLogOptions", atomic: false, group_version_kind: Some(("", "v1", "PodLogOptions")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("container", "Container", String, 1, OmitEmpty),
        Field::new("follow", "Follow", Bool, 2, OmitEmpty),
        Field::new("previous", "Previous", Bool, 3, OmitEmpty),
        Field::new("sinceSeconds", "SinceSeconds", Int64, 4, Pointer),
        Field::new("sinceTime", "SinceTime", Time, 5, Pointer),
        Field::new("timestamps", "Timestamps", Bool, 6, OmitEmpty),
        Field::new("tailLines", "TailLines", Int64, 7, Pointer),
        Field::new("limitBytes", "LimitBytes", Int64, 8, Pointer),
        Field::new("insecureSkipTLSVerifyBackend", "InsecureSkipTLSVerifyBackend", Bool, 9, OmitEmpty),
        Field::new("stream", "Stream", String, 10, Pointer),
    ],
};
pub static CORE_V1_POD_OS: Type = Type {
    name: "io.k8s.api.core.v1.PodOS", go: "v1.PodOS", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).go_type("v1.OSName").required(),
    ],
};
pub static CORE_V1_POD_PORT_FORWARD_OPTIONS: Type = Type {
    name: "io.k8s.api.core.v1.PodPortForwardOptions", go: "v1.PodPortForwardOptions", atomic: false, group_version_kind: Some(("", "v1", "PodPortForwardOptions")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("ports", "Ports", List(&Int32), 1, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_POD_PROXY_OPTIONS: Type = Type {
    name: "io.k8s.api.core.v1.PodProxyOptions", go: "v1.PodProxyOptions", atomic: false, group_version_kind: Some(("", "v1", "PodProxyOptions")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("path", "Path", String, 1, OmitEmpty),
    ],
};
pub static CORE_V1_POD_READINESS_GATE: Type = Type {
    name: "io.k8s.api.core.v1.PodReadinessGate", go: "v1.PodReadinessGate", atomic: false, group_version_kind: None, fields: &[
        Field::new("conditionType", "ConditionType", String, 1, Always).go_type("v1.PodConditionType").required(),
    ],
};
pub static CORE_V1_POD_RESOURCE_CLAIM: Type = Type {
    name: "io.k8s.api.core.v1.PodResourceClaim", go: "v1.PodResourceClaim", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("resourceClaimName", "ResourceClaimName", String, 3, Pointer),
        Field::new("resourceClaimTemplateName", "ResourceClaimTemplateName", String, 4, Pointer),
    ],
};
pub static CORE_V1_POD_RESOURCE_CLAIM_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.PodResourceClaimStatus", go: "v1.PodResourceClaimStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("resourceClaimName", "ResourceClaimName", String, 2, Pointer),
    ],
};
pub static CORE_V1_POD_SCHEDULING_GATE: Type = Type {
    name: "io.k8s.api.core.v1.PodSchedulingGate", go: "v1.PodSchedulingGate", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
    ],
};
pub static CORE_V1_POD_SCHEDULING_GROUP: Type = Type {
    name: "io.k8s.api.core.v1.PodSchedulingGroup", go: "v1.PodSchedulingGroup", atomic: false, group_version_kind: None, fields: &[
        Field::new("podGroupName", "PodGroupName", String, 1, Pointer).union(Member),
    ],
};
pub static CORE_V1_POD_SECURITY_CONTEXT: Type = Type {
    name: "io.k8s.api.core.v1.PodSecurityContext", go: "v1.PodSecurityContext", atomic: false, group_version_kind: None, fields: &[
        Field::new("seLinuxOptions", "SELinuxOptions", Struct(&CORE_V1_SE_LINUX_OPTIONS), 1, Pointer),
        Field::new("windowsOptions", "WindowsOptions", Struct(&CORE_V1_WINDOWS_SECURITY_CONTEXT_OPTIONS), 8, Pointer),
        Field::new("runAsUser", "RunAsUser", Int64, 2, Pointer),
        Field::new("runAsGroup", "RunAsGroup", Int64, 6, Pointer),
        Field::new("runAsNonRoot", "RunAsNonRoot", Bool, 3, Pointer),
        Field::new("supplementalGroups", "SupplementalGroups", List(&Int64), 4, OmitEmpty).list_atomic(),
        Field::new("supplementalGroupsPolicy", "SupplementalGroupsPolicy", String, 12, Pointer).go_type("v1.SupplementalGroupsPolicy").one_of(&["Merge", "Strict"]),
        Field::new("fsGroup", "FSGroup", Int64, 5, Pointer),
        Field::new("sysctls", "Sysctls", List(&Struct(&CORE_V1_SYSCTL)), 7, OmitEmpty).list_atomic(),
        Field::new("fsGroupChangePolicy", "FSGroupChangePolicy", String, 9, Pointer).go_type("v1.PodFSGroupChangePolicy").one_of(&["Always", "OnRootMismatch"]),
        Field::new("seccompProfile", "SeccompProfile", Struct(&CORE_V1_SECCOMP_PROFILE), 10, Pointer),
        Field::new("appArmorProfile", "AppArmorProfile", Struct(&CORE_V1_APP_ARMOR_PROFILE), 11, Pointer),
        Field::new("seLinuxChangePolicy", "SELinuxChangePolicy", String, 13, Pointer).go_type("v1.PodSELinuxChangePolicy"),
    ],
};
pub static CORE_V1_POD_SPEC: Type = Type {
    name: "io.k8s.api.core.v1.PodSpec", go: "v1.PodSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("volumes", "Volumes", List(&Struct(&CORE_V1_VOLUME)), 1, OmitEmpty).list(Keyed(&["name"])).patch(MergeRetainKeys, "name"),
        Field::new("initContainers", "InitContainers", List(&Struct(&CORE_V1_CONTAINER)), 20, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
        Field::new("containers", "Containers", List(&Struct(&CORE_V1_CONTAINER)), 2, Always).list(Keyed(&["name"])).patch(Merge, "name").required(),
        Field::new("ephemeralContainers", "EphemeralContainers", List(&Struct(&CORE_V1_EPHEMERAL_CONTAINER)), 34, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
        Field::new("restartPolicy", "RestartPolicy", String, 3, OmitEmpty).go_type("v1.RestartPolicy").one_of(&["Always", "Never", "OnFailure"]),
        Field::new("terminationGracePeriodSeconds", "TerminationGracePeriodSeconds", Int64, 4, Pointer),
        Field::new("activeDeadlineSeconds", "ActiveDeadlineSeconds", Int64, 5, Pointer),
        Field::new("dnsPolicy", "DNSPolicy", String, 6, OmitEmpty).go_type("v1.DNSPolicy").one_of(&["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
        Field::new("nodeSelector", "NodeSelector", Map(&String), 7, OmitEmpty).map_atomic(),
        Field::new("serviceAccountName", "ServiceAccountName", String, 8, OmitEmpty),
        Field::new("serviceAccount", "DeprecatedServiceAccount", String, 9, OmitEmpty),
        Field::new("automountServiceAccountToken", "AutomountServiceAccountToken", Bool, 21, Pointer),
        Field::new("nodeName", "NodeName", String, 10, OmitEmpty),
        Field::new("hostNetwork", "HostNetwork", Bool, 11, OmitEmpty),
        Field::new("hostPID", "HostPID", Bool, 12, OmitEmpty),
        Field::new("hostIPC", "HostIPC", Bool, 13, OmitEmpty),
        Field::new("shareProcessNamespace", "ShareProcessNamespace", Bool, 27, Pointer),
        Field::new("securityContext", "SecurityContext", Struct(&CORE_V1_POD_SECURITY_CONTEXT), 14, Pointer),
        Field::new("imagePullSecrets", "ImagePullSecrets", List(&Struct(&CORE_V1_LOCAL_OBJECT_REFERENCE)), 15, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
        Field::new("hostname", "Hostname", String, 16, OmitEmpty),
        Field::new("subdomain", "Subdomain", String, 17, OmitEmpty),
        Field::new("affinity", "Affinity", Struct(&CORE_V1_AFFINITY), 18, Pointer),
        Field::new("schedulerName", "SchedulerName", String, 19, OmitEmpty),
        Field::new("tolerations", "Tolerations", List(&Struct(&CORE_V1_TOLERATION)), 22, OmitEmpty).list_atomic(),
        Field::new("hostAliases", "HostAliases", List(&Struct(&CORE_V1_HOST_ALIAS)), 23, OmitEmpty).list(Keyed(&["ip"])).patch(Merge, "ip"),
        Field::new("priorityClassName", "PriorityClassName", String, 24, OmitEmpty),
        Field::new("priority", "Priority", Int32, 25, Pointer),
        Field::new("dnsConfig", "DNSConfig", Struct(&CORE_V1_POD_DNS_CONFIG), 26, Pointer),
        Field::new("readinessGates", "ReadinessGates", List(&Struct(&CORE_V1_POD_READINESS_GATE)), 28, OmitEmpty).list_atomic(),
        Field::new("runtimeClassName", "RuntimeClassName", String, 29, Pointer),
        Field::new("enableServiceLinks", "EnableServiceLinks", Bool, 30, Pointer),
        Field::new("preemptionPolicy", "PreemptionPolicy", String, 31, Pointer).go_type("v1.PreemptionPolicy").one_of(&["Never", "PreemptLowerPriority"]),
        Field::new("overhead", "Overhead", Map(&Quantity), 32, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("topologySpreadConstraints", "TopologySpreadConstraints", List(&Struct(&CORE_V1_TOPOLOGY_SPREAD_CONSTRAINT)), 33, OmitEmpty).list(Keyed(&["topologyKey", "whenUnsatisfiable"])).patch(Merge, "topologyKey"),
        Field::new("setHostnameAsFQDN", "SetHostnameAsFQDN", Bool, 35, Pointer),
        Field::new("os", "OS", Struct(&CORE_V1_POD_OS), 36, Pointer),
        Field::new("hostUsers", "HostUsers", Bool, 37, Pointer),
        Field::new("schedulingGates", "SchedulingGates", List(&Struct(&CORE_V1_POD_SCHEDULING_GATE)), 38, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
        Field::new("resourceClaims", "ResourceClaims", List(&Struct(&CORE_V1_POD_RESOURCE_CLAIM)), 39, OmitEmpty).list(Keyed(&["name"])).patch(MergeRetainKeys, "name"),
        Field::new("resources", "Resources", Struct(&CORE_V1_RESOURCE_REQUIREMENTS), 40, Pointer),
        Field::new("hostnameOverride", "HostnameOverride", String, 41, Pointer),
        Field::new("schedulingGroup", "SchedulingGroup", Struct(&CORE_V1_POD_SCHEDULING_GROUP), 43, Pointer),
    ],
};
pub static CORE_V1_POD_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.PodStatus", go: "v1.PodStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("observedGeneration", "ObservedGeneration", Int64, 17, OmitEmpty),
        Field::new("phase", "Phase", String, 1, OmitEmpty).go_type("v1.PodPhase").one_of(&["Failed", "Pending", "Running", "Succeeded", "Unknown"]),
        Field::new("conditions", "Conditions", List(&Struct(&CORE_V1_POD_CONDITION)), 2, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
        Field::new("message", "Message", String, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("nominatedNodeName", "NominatedNodeName", String, 11, OmitEmpty),
        Field::new("hostIP", "HostIP", String, 5, OmitEmpty),
        Field::new("hostIPs", "HostIPs", List(&Struct(&CORE_V1_HOST_IP)), 16, OmitEmpty).patch(Merge, "ip").list_atomic(),
        Field::new("podIP", "PodIP", String, 6, OmitEmpty),
        Field::new("podIPs", "PodIPs", List(&Struct(&CORE_V1_POD_IP)), 12, OmitEmpty).list(Keyed(&["ip"])).patch(Merge, "ip"),
        Field::new("startTime", "StartTime", Time, 7, Pointer),
        Field::new("initContainerStatuses", "InitContainerStatuses", List(&Struct(&CORE_V1_CONTAINER_STATUS)), 10, OmitEmpty).list_atomic(),
        Field::new("containerStatuses", "ContainerStatuses", List(&Struct(&CORE_V1_CONTAINER_STATUS)), 8, OmitEmpty).list_atomic(),
        Field::new("qosClass", "QOSClass", String, 9, OmitEmpty).go_type("v1.PodQOSClass").one_of(&["BestEffort", "Burstable", "Guaranteed"]),
        Field::new("ephemeralContainerStatuses", "EphemeralContainerStatuses", List(&Struct(&CORE_V1_CONTAINER_STATUS)), 13, OmitEmpty).list_atomic(),
        Field::new("resize", "Resize", String, 14, OmitEmpty).go_type("v1.PodResizeStatus"),
        Field::new("resourceClaimStatuses", "ResourceClaimStatuses", List(&Struct(&CORE_V1_POD_RESOURCE_CLAIM_STATUS)), 15, OmitEmpty).list(Keyed(&["name"])).patch(MergeRetainKeys, "name"),
        Field::new("extendedResourceClaimStatus", "ExtendedResourceClaimStatus", Struct(&CORE_V1_POD_EXTENDED_RESOURCE_CLAIM_STATUS), 18, Pointer),
        Field::new("allocatedResources", "AllocatedResources", Map(&Quantity), 19, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("resources", "Resources", Struct(&CORE_V1_RESOURCE_REQUIREMENTS), 20, Pointer),
        Field::new("nodeAllocatableResourceClaimStatuses", "NodeAllocatableResourceClaimStatuses", List(&Struct(&CORE_V1_NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS)), 21, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_POD_STATUS_RESULT: Type = Type {
    name: "io.k8s.api.core.v1.PodStatusResult", go: "v1.PodStatusResult", atomic: false, group_version_kind: Some(("", "v1", "PodStatusResult")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("status", "Status", Struct(&CORE_V1_POD_STATUS), 2, OmitEmpty),
    ],
};
pub static CORE_V1_POD_TEMPLATE: Type = Type {
    name: "io.k8s.api.core.v1.PodTemplate", go: "v1.PodTemplate", atomic: false, group_version_kind: Some(("", "v1", "PodTemplate")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("template", "Template", Struct(&CORE_V1_POD_TEMPLATE_SPEC), 2, OmitEmpty),
    ],
};
pub static CORE_V1_POD_TEMPLATE_LIST: Type = Type {
    name: "io.k8s.api.core.v1.PodTemplateList", go: "v1.PodTemplateList", atomic: false, group_version_kind: Some(("", "v1", "PodTemplateList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_POD_TEMPLATE)), 2, Always).required(),
    ],
};
pub static CORE_V1_POD_TEMPLATE_SPEC: Type = Type {
    name: "io.k8s.api.core.v1.PodTemplateSpec", go: "v1.PodTemplateSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_POD_SPEC), 2, OmitEmpty),
    ],
};
pub static CORE_V1_PORT_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.PortStatus", go: "v1.PortStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("port", "Port", Int32, 1, Always).required(),
        Field::new("protocol", "Protocol", String, 2, Always).go_type("v1.Protocol").one_of(&["SCTP", "TCP", "UDP"]).required(),
        Field::new("error", "Error", String, 3, Pointer),
    ],
};
pub static CORE_V1_PORTWORX_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.PortworxVolumeSource", go: "v1.PortworxVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("volumeID", "VolumeID", String, 1, Always).required(),
        Field::new("fsType", "FSType", String, 2, OmitEmpty),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
    ],
};
pub static CORE_V1_PREFERRED_SCHEDULING_TERM: Type = Type {
    name: "io.k8s.api.core.v1.PreferredSchedulingTerm", go: "v1.PreferredSchedulingTerm", atomic: false, group_version_kind: None, fields: &[
        Field::new("weight", "Weight", Int32, 1, Always).required(),
        Field::new("preference", "Preference", Struct(&CORE_V1_NODE_SELECTOR_TERM), 2, Always).required(),
    ],
};
pub static CORE_V1_PROBE: Type = Type {
    name: "io.k8s.api.core.v1.Probe", go: "v1.Probe", atomic: false, group_version_kind: None, fields: &[
        Field::new("exec", "Exec", Struct(&CORE_V1_EXEC_ACTION), 1, Pointer).proto_in(&[1]).embedded("ProbeHandler"),
        Field::new("httpGet", "HTTPGet", Struct(&CORE_V1_HTTP_GET_ACTION), 2, Pointer).proto_in(&[1]).embedded("ProbeHandler"),
        Field::new("tcpSocket", "TCPSocket", Struct(&CORE_V1_TCP_SOCKET_ACTION), 3, Pointer).proto_in(&[1]).embedded("ProbeHandler"),
        Field::new("grpc", "GRPC", Struct(&CORE_V1_GRPC_ACTION), 4, Pointer).proto_in(&[1]).embedded("ProbeHandler"),
        Field::new("initialDelaySeconds", "InitialDelaySeconds", Int32, 2, OmitEmpty),
        Field::new("timeoutSeconds", "TimeoutSeconds", Int32, 3, OmitEmpty),
        Field::new("periodSeconds", "PeriodSeconds", Int32, 4, OmitEmpty),
        Field::new("successThreshold", "SuccessThreshold", Int32, 5, OmitEmpty),
        Field::new("failureThreshold", "FailureThreshold", Int32, 6, OmitEmpty),
        Field::new("terminationGracePeriodSeconds", "TerminationGracePeriodSeconds", Int64, 7, Pointer),
    ],
};
pub static CORE_V1_PROJECTED_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.ProjectedVolumeSource", go: "v1.ProjectedVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("sources", "Sources", List(&Struct(&CORE_V1_VOLUME_PROJECTION)), 1, Always).list_atomic(),
        Field::new("defaultMode", "DefaultMode", Int32, 2, Pointer),
    ],
};
pub static CORE_V1_QUOBYTE_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.QuobyteVolumeSource", go: "v1.QuobyteVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("registry", "Registry", String, 1, Always).required(),
        Field::new("volume", "Volume", String, 2, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
        Field::new("user", "User", String, 4, OmitEmpty),
        Field::new("group", "Group", String, 5, OmitEmpty),
        Field::new("tenant", "Tenant", String, 6, OmitEmpty),
    ],
};
pub static CORE_V1_RBD_PERSISTENT_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.RBDPersistentVolumeSource", go: "v1.RBDPersistentVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("monitors", "CephMonitors", List(&String), 1, Always).required().list_atomic(),
        Field::new("image", "RBDImage", String, 2, Always).required(),
        Field::new("fsType", "FSType", String, 3, OmitEmpty),
        Field::new("pool", "RBDPool", String, 4, OmitEmpty).default("\"rbd\""),
        Field::new("user", "RadosUser", String, 5, OmitEmpty).default("\"admin\""),
        Field::new("keyring", "Keyring", String, 6, OmitEmpty).default("\"/etc/ceph/keyring\""),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 7, Pointer),
        Field::new("readOnly", "ReadOnly", Bool, 8, OmitEmpty),
    ],
};
pub static CORE_V1_RBD_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.RBDVolumeSource", go: "v1.RBDVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("monitors", "CephMonitors", List(&String), 1, Always).required().list_atomic(),
        Field::new("image", "RBDImage", String, 2, Always).required(),
        Field::new("fsType", "FSType", String, 3, OmitEmpty),
        Field::new("pool", "RBDPool", String, 4, OmitEmpty).default("\"rbd\""),
        Field::new("user", "RadosUser", String, 5, OmitEmpty).default("\"admin\""),
        Field::new("keyring", "Keyring", String, 6, OmitEmpty).default("\"/etc/ceph/keyring\""),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_LOCAL_OBJECT_REFERENCE), 7, Pointer),
        Field::new("readOnly", "ReadOnly", Bool, 8, OmitEmpty),
    ],
};
pub static CORE_V1_RANGE_ALLOCATION: Type = Type {
    name: "io.k8s.api.core.v1.RangeAllocation", go: "v1.RangeAllocation", atomic: false, group_version_kind: Some(("", "v1", "RangeAllocation")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("range", "Range", String, 2, Always).required(),
        Field::new("data", "Data", Bytes, 3, Always).required(),
    ],
};
pub static CORE_V1_REPLICATION_CONTROLLER: Type = Type {
    name: "io.k8s.api.core.v1.ReplicationController", go: "v1.ReplicationController", atomic: false, group_version_kind: Some(("", "v1", "ReplicationController")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_REPLICATION_CONTROLLER_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&CORE_V1_REPLICATION_CONTROLLER_STATUS), 3, OmitEmpty),
    ],
};
pub static CORE_V1_REPLICATION_CONTROLLER_CONDITION: Type = Type {
    name: "io.k8s.api.core.v1.ReplicationControllerCondition", go: "v1.ReplicationControllerCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.ReplicationControllerConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("message", "Message", String, 5, OmitEmpty),
    ],
};
pub static CORE_V1_REPLICATION_CONTROLLER_LIST: Type = Type {
    name: "io.k8s.api.core.v1.ReplicationControllerList", go: "v1.ReplicationControllerList", atomic: false, group_version_kind: Some(("", "v1", "ReplicationControllerList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_REPLICATION_CONTROLLER)), 2, Always).required(),
    ],
};
pub static CORE_V1_REPLICATION_CONTROLLER_SPEC: Type = Type {
    name: "io.k8s.api.core.v1.ReplicationControllerSpec", go: "v1.ReplicationControllerSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("replicas", "Replicas", Int32, 1, Pointer).default("1"),
        Field::new("minReadySeconds", "MinReadySeconds", Int32, 4, OmitEmpty).default("0"),
        Field::new("selector", "Selector", Map(&String), 2, OmitEmpty).map_atomic(),
        Field::new("template", "Template", Struct(&CORE_V1_POD_TEMPLATE_SPEC), 3, Pointer),
    ],
};
pub static CORE_V1_REPLICATION_CONTROLLER_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.ReplicationControllerStatus", go: "v1.ReplicationControllerStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("replicas", "Replicas", Int32, 1, Always).required(),
        Field::new("fullyLabeledReplicas", "FullyLabeledReplicas", Int32, 2, OmitEmpty),
        Field::new("readyReplicas", "ReadyReplicas", Int32, 4, OmitEmpty),
        Field::new("availableReplicas", "AvailableReplicas", Int32, 5, OmitEmpty),
        Field::new("observedGeneration", "ObservedGeneration", Int64, 3, OmitEmpty),
        Field::new("conditions", "Conditions", List(&Struct(&CORE_V1_REPLICATION_CONTROLLER_CONDITION)), 6, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static CORE_V1_RESOURCE_CLAIM: Type = Type {
    name: "io.k8s.api.core.v1.ResourceClaim", go: "v1.ResourceClaim", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("request", "Request", String, 2, OmitEmpty),
    ],
};
pub static CORE_V1_RESOURCE_FIELD_SELECTOR: Type = Type {
    name: "io.k8s.api.core.v1.ResourceFieldSelector", go: "v1.ResourceFieldSelector", atomic: true, group_version_kind: None, fields: &[
        Field::new("containerName", "ContainerName", String, 1, OmitEmpty),
        Field::new("resource", "Resource", String, 2, Always).required(),
        Field::new("divisor", "Divisor", Quantity, 3, OmitEmpty),
    ],
};
pub static CORE_V1_RESOURCE_HEALTH: Type = Type {
    name: "io.k8s.api.core.v1.ResourceHealth", go: "v1.ResourceHealth", atomic: false, group_version_kind: None, fields: &[
        Field::new("resourceID", "ResourceID", String, 1, Always).go_type("v1.ResourceID").required(),
        Field::new("health", "Health", String, 2, OmitEmpty).go_type("v1.ResourceHealthStatus"),
        Field::new("message", "Message", String, 6, Pointer),
    ],
};
pub static CORE_V1_RESOURCE_QUOTA: Type = Type {
    name: "io.k8s.api.core.v1.ResourceQuota", go: "v1.ResourceQuota", atomic: false, group_version_kind: Some(("", "v1", "ResourceQuota")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_RESOURCE_QUOTA_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&CORE_V1_RESOURCE_QUOTA_STATUS), 3, OmitEmpty),
    ],
};
pub static CORE_V1_RESOURCE_QUOTA_LIST: Type = Type {
    name: "io.k8s.api.core.v1.ResourceQuotaList", go: "v1.ResourceQuotaList", atomic: false, group_version_kind: Some(("", "v1", "ResourceQuotaList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_RESOURCE_QUOTA)), 2, Always).required(),
    ],
};
pub static CORE_V1_RESOURCE_QUOTA_SPEC: Type = Type {
    name: "io.k8s.api.core.v1.ResourceQuotaSpec", go: "v1.ResourceQuotaSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("hard", "Hard", Map(&Quantity), 1, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("scopes", "Scopes", List(&String), 2, OmitEmpty).go_type("[]v1.ResourceQuotaScope").one_of(&["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating", "VolumeAttributesClass"]).list_atomic(),
        Field::new("scopeSelector", "ScopeSelector", Struct(&CORE_V1_SCOPE_SELECTOR), 3, Pointer),
    ],
};
pub static CORE_V1_RESOURCE_QUOTA_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.ResourceQuotaStatus", go: "v1.ResourceQuotaStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("hard", "Hard", Map(&Quantity), 1, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("used", "Used", Map(&Quantity), 2, OmitEmpty).go_type("v1.ResourceList"),
    ],
};
pub static CORE_V1_RESOURCE_REQUIREMENTS: Type = Type {
    name: "io.k8s.api.core.v1.ResourceRequirements", go: "v1.ResourceRequirements", atomic: false, group_version_kind: None, fields: &[
        Field::new("limits", "Limits", Map(&Quantity), 1, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("requests", "Requests", Map(&Quantity), 2, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("claims", "Claims", List(&Struct(&CORE_V1_RESOURCE_CLAIM)), 3, OmitEmpty).list(Keyed(&["name"])),
    ],
};
pub static CORE_V1_RESOURCE_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.ResourceStatus", go: "v1.ResourceStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).go_type("v1.ResourceName").required(),
        Field::new("resources", "Resources", List(&Struct(&CORE_V1_RESOURCE_HEALTH)), 2, OmitEmpty).list(Keyed(&["resourceID"])),
    ],
};
pub static CORE_V1_SE_LINUX_OPTIONS: Type = Type {
    name: "io.k8s.api.core.v1.SELinuxOptions", go: "v1.SELinuxOptions", atomic: false, group_version_kind: None, fields: &[
        Field::new("user", "User", String, 1, OmitEmpty),
        Field::new("role", "Role", String, 2, OmitEmpty),
        Field::new("type", "Type", String, 3, OmitEmpty),
        Field::new("level", "Level", String, 4, OmitEmpty),
    ],
};
pub static CORE_V1_SCALE_IO_PERSISTENT_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource", go: "v1.ScaleIOPersistentVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("gateway", "Gateway", String, 1, Always).required(),
        Field::new("system", "System", String, 2, Always).required(),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_SECRET_REFERENCE), 3, AlwaysPointer).required(),
        Field::new("sslEnabled", "SSLEnabled", Bool, 4, OmitEmpty),
        Field::new("protectionDomain", "ProtectionDomain", String, 5, OmitEmpty),
        Field::new("storagePool", "StoragePool", String, 6, OmitEmpty),
        Field::new("storageMode", "StorageMode", String, 7, OmitEmpty).default("\"ThinProvisioned\""),
        Field::new("volumeName", "VolumeName", String, 8, OmitEmpty),
        Field::new("fsType", "FSType", String, 9, OmitEmpty).default("\"xfs\""),
        Field::new("readOnly", "ReadOnly", Bool, 10, OmitEmpty),
    ],
};
pub static CORE_V1_SCALE_IO_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.ScaleIOVolumeSource", go: "v1.ScaleIOVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("gateway", "Gateway", String, 1, Always).required(),
        Field::new("system", "System", String, 2, Always).required(),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_LOCAL_OBJECT_REFERENCE), 3, AlwaysPointer).required(),
        Field::new("sslEnabled", "SSLEnabled", Bool, 4, OmitEmpty),
        Field::new("protectionDomain", "ProtectionDomain", String, 5, OmitEmpty),
        Field::new("storagePool", "StoragePool", String, 6, OmitEmpty),
        Field::new("storageMode", "StorageMode", String, 7, OmitEmpty).default("\"ThinProvisioned\""),
        Field::new("volumeName", "VolumeName", String, 8, OmitEmpty),
        Field::new("fsType", "FSType", String, 9, OmitEmpty).default("\"xfs\""),
        Field::new("readOnly", "ReadOnly", Bool, 10, OmitEmpty),
    ],
};
pub static CORE_V1_SCOPE_SELECTOR: Type = Type {
    name: "io.k8s.api.core.v1.ScopeSelector", go: "v1.ScopeSelector", atomic: true, group_version_kind: None, fields: &[
        Field::new("matchExpressions", "MatchExpressions", List(&Struct(&CORE_V1_SCOPED_RESOURCE_SELECTOR_REQUIREMENT)), 1, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_SCOPED_RESOURCE_SELECTOR_REQUIREMENT: Type = Type {
    name: "io.k8s.api.core.v1.ScopedResourceSelectorRequirement", go: "v1.ScopedResourceSelectorRequirement", atomic: false, group_version_kind: None, fields: &[
        Field::new("scopeName", "ScopeName", String, 1, Always).go_type("v1.ResourceQuotaScope").one_of(&["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating", "VolumeAttributesClass"]).required(),
        Field::new("operator", "Operator", String, 2, Always).go_type("v1.ScopeSelectorOperator").one_of(&["DoesNotExist", "Exists", "In", "NotIn"]).required(),
        Field::new("values", "Values", List(&String), 3, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_SECCOMP_PROFILE: Type = Type {
    name: "io.k8s.api.core.v1.SeccompProfile", go: "v1.SeccompProfile", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.SeccompProfileType").one_of(&["Localhost", "RuntimeDefault", "Unconfined"]).required().union(Discriminator),
        Field::new("localhostProfile", "LocalhostProfile", String, 2, Pointer).union(Member),
    ],
};
pub static CORE_V1_SECRET: Type = Type {
    name: "io.k8s.api.core.v1.Secret", go: "v1.Secret", atomic: false, group_version_kind: Some(("", "v1", "Secret")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("immutable", "Immutable", Bool, 5, Pointer),
        Field::new("data", "Data", Map(&Bytes), 2, OmitEmpty),
        Field::new("stringData", "StringData", Map(&String), 4, OmitEmpty),
        Field::new("type", "Type", String, 3, OmitEmpty).go_type("v1.SecretType"),
    ],
};
pub static CORE_V1_SECRET_ENV_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.SecretEnvSource", go: "v1.SecretEnvSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty).proto_in(&[1]).embedded("LocalObjectReference").default("\"\""),
        Field::new("optional", "Optional", Bool, 2, Pointer),
    ],
};
pub static CORE_V1_SECRET_KEY_SELECTOR: Type = Type {
    name: "io.k8s.api.core.v1.SecretKeySelector", go: "v1.SecretKeySelector", atomic: true, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty).proto_in(&[1]).embedded("LocalObjectReference").default("\"\""),
        Field::new("key", "Key", String, 2, Always).required(),
        Field::new("optional", "Optional", Bool, 3, Pointer),
    ],
};
pub static CORE_V1_SECRET_LIST: Type = Type {
    name: "io.k8s.api.core.v1.SecretList", go: "v1.SecretList", atomic: false, group_version_kind: Some(("", "v1", "SecretList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_SECRET)), 2, Always).required(),
    ],
};
pub static CORE_V1_SECRET_PROJECTION: Type = Type {
    name: "io.k8s.api.core.v1.SecretProjection", go: "v1.SecretProjection", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty).proto_in(&[1]).embedded("LocalObjectReference").default("\"\""),
        Field::new("items", "Items", List(&Struct(&CORE_V1_KEY_TO_PATH)), 2, OmitEmpty).list_atomic(),
        Field::new("optional", "Optional", Bool, 4, Pointer),
    ],
};
pub static CORE_V1_SECRET_REFERENCE: Type = Type {
    name: "io.k8s.api.core.v1.SecretReference", go: "v1.SecretReference", atomic: true, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty),
        Field::new("namespace", "Namespace", String, 2, OmitEmpty),
    ],
};
pub static CORE_V1_SECRET_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.SecretVolumeSource", go: "v1.SecretVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("secretName", "SecretName", String, 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_KEY_TO_PATH)), 2, OmitEmpty).list_atomic(),
        Field::new("defaultMode", "DefaultMode", Int32, 3, Pointer),
        Field::new("optional", "Optional", Bool, 4, Pointer),
    ],
};
pub static CORE_V1_SECURITY_CONTEXT: Type = Type {
    name: "io.k8s.api.core.v1.SecurityContext", go: "v1.SecurityContext", atomic: false, group_version_kind: None, fields: &[
        Field::new("capabilities", "Capabilities", Struct(&CORE_V1_CAPABILITIES), 1, Pointer),
        Field::new("privileged", "Privileged", Bool, 2, Pointer),
        Field::new("seLinuxOptions", "SELinuxOptions", Struct(&CORE_V1_SE_LINUX_OPTIONS), 3, Pointer),
        Field::new("windowsOptions", "WindowsOptions", Struct(&CORE_V1_WINDOWS_SECURITY_CONTEXT_OPTIONS), 10, Pointer),
        Field::new("runAsUser", "RunAsUser", Int64, 4, Pointer),
        Field::new("runAsGroup", "RunAsGroup", Int64, 8, Pointer),
        Field::new("runAsNonRoot", "RunAsNonRoot", Bool, 5, Pointer),
        Field::new("readOnlyRootFilesystem", "ReadOnlyRootFilesystem", Bool, 6, Pointer),
        Field::new("allowPrivilegeEscalation", "AllowPrivilegeEscalation", Bool, 7, Pointer),
        Field::new("procMount", "ProcMount", String, 9, Pointer).go_type("v1.ProcMountType").one_of(&["Default", "Unmasked"]),
        Field::new("seccompProfile", "SeccompProfile", Struct(&CORE_V1_SECCOMP_PROFILE), 11, Pointer),
        Field::new("appArmorProfile", "AppArmorProfile", Struct(&CORE_V1_APP_ARMOR_PROFILE), 12, Pointer),
    ],
};
pub static CORE_V1_SERIALIZED_REFERENCE: Type = Type {
    name: "io.k8s.api.core.v1.SerializedReference", go: "v1.SerializedReference", atomic: false, group_version_kind: Some(("", "v1", "SerializedReference")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("reference", "Reference", Struct(&CORE_V1_OBJECT_REFERENCE), 1, OmitEmpty),
    ],
};
pub static CORE_V1_SERVICE: Type = Type {
    name: "io.k8s.api.core.v1.Service", go: "v1.Service", atomic: false, group_version_kind: Some(("", "v1", "Service")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&CORE_V1_SERVICE_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&CORE_V1_SERVICE_STATUS), 3, OmitEmpty),
    ],
};
pub static CORE_V1_SERVICE_ACCOUNT: Type = Type {
    name: "io.k8s.api.core.v1.ServiceAccount", go: "v1.ServiceAccount", atomic: false, group_version_kind: Some(("", "v1", "ServiceAccount")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("secrets", "Secrets", List(&Struct(&CORE_V1_OBJECT_REFERENCE)), 2, OmitEmpty).list(Keyed(&["name"])).patch(Merge, "name"),
        Field::new("imagePullSecrets", "ImagePullSecrets", List(&Struct(&CORE_V1_LOCAL_OBJECT_REFERENCE)), 3, OmitEmpty).list_atomic(),
        Field::new("automountServiceAccountToken", "AutomountServiceAccountToken", Bool, 4, Pointer),
    ],
};
pub static CORE_V1_SERVICE_ACCOUNT_LIST: Type = Type {
    name: "io.k8s.api.core.v1.ServiceAccountList", go: "v1.ServiceAccountList", atomic: false, group_version_kind: Some(("", "v1", "ServiceAccountList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_SERVICE_ACCOUNT)), 2, Always).required(),
    ],
};
pub static CORE_V1_SERVICE_ACCOUNT_TOKEN_PROJECTION: Type = Type {
    name: "io.k8s.api.core.v1.ServiceAccountTokenProjection", go: "v1.ServiceAccountTokenProjection", atomic: false, group_version_kind: None, fields: &[
        Field::new("audience", "Audience", String, 1, OmitEmpty),
        Field::new("expirationSeconds", "ExpirationSeconds", Int64, 2, Pointer),
        Field::new("path", "Path", String, 3, Always).required(),
    ],
};
pub static CORE_V1_SERVICE_LIST: Type = Type {
    name: "io.k8s.api.core.v1.ServiceList", go: "v1.ServiceList", atomic: false, group_version_kind: Some(("", "v1", "ServiceList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&CORE_V1_SERVICE)), 2, Always).required(),
    ],
};
pub static CORE_V1_SERVICE_PORT: Type = Type {
    name: "io.k8s.api.core.v1.ServicePort", go: "v1.ServicePort", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty),
        Field::new("protocol", "Protocol", String, 2, OmitEmpty).go_type("v1.Protocol").default("\"TCP\"").one_of(&["SCTP", "TCP", "UDP"]),
        Field::new("appProtocol", "AppProtocol", String, 6, Pointer),
        Field::new("port", "Port", Int32, 3, Always).required(),
        Field::new("targetPort", "TargetPort", IntOrString, 4, OmitEmpty),
        Field::new("nodePort", "NodePort", Int32, 5, OmitEmpty),
    ],
};
pub static CORE_V1_SERVICE_PROXY_OPTIONS: Type = Type {
    name: "io.k8s.api.core.v1.ServiceProxyOptions", go: "v1.ServiceProxyOptions", atomic: false, group_version_kind: Some(("", "v1", "ServiceProxyOptions")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("path", "Path", String, 1, OmitEmpty),
    ],
};
pub static CORE_V1_SERVICE_SPEC: Type = Type {
    name: "io.k8s.api.core.v1.ServiceSpec", go: "v1.ServiceSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("ports", "Ports", List(&Struct(&CORE_V1_SERVICE_PORT)), 1, OmitEmpty).list(Keyed(&["port", "protocol"])).patch(Merge, "port"),
        Field::new("selector", "Selector", Map(&String), 2, OmitEmpty).map_atomic(),
        Field::new("clusterIP", "ClusterIP", String, 3, OmitEmpty),
        Field::new("clusterIPs", "ClusterIPs", List(&String), 18, OmitEmpty).list_atomic(),
        Field::new("type", "Type", String, 4, OmitEmpty).go_type("v1.ServiceType").one_of(&["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]),
        Field::new("externalIPs", "ExternalIPs", List(&String), 5, OmitEmpty).list_atomic(),
        Field::new("sessionAffinity", "SessionAffinity", String, 7, OmitEmpty).go_type("v1.ServiceAffinity").one_of(&["ClientIP", "None"]),
        Field::new("loadBalancerIP", "LoadBalancerIP", String, 8, OmitEmpty),
        Field::new("loadBalancerSourceRanges", "LoadBalancerSourceRanges", List(&String), 9, OmitEmpty).list_atomic(),
        Field::new("externalName", "ExternalName", String, 10, OmitEmpty),
        Field::new("externalTrafficPolicy", "ExternalTrafficPolicy", String, 11, OmitEmpty).go_type("v1.ServiceExternalTrafficPolicy").one_of(&["Cluster", "Local"]),
        Field::new("healthCheckNodePort", "HealthCheckNodePort", Int32, 12, OmitEmpty),
        Field::new("publishNotReadyAddresses", "PublishNotReadyAddresses", Bool, 13, OmitEmpty),
        Field::new("sessionAffinityConfig", "SessionAffinityConfig", Struct(&CORE_V1_SESSION_AFFINITY_CONFIG), 14, Pointer),
        Field::new("ipFamilies", "IPFamilies", List(&String), 19, OmitEmpty).go_type("[]v1.IPFamily").one_of(&["", "IPv4", "IPv6"]).list_atomic(),
        Field::new("ipFamilyPolicy", "IPFamilyPolicy", String, 17, Pointer).go_type("v1.IPFamilyPolicy").one_of(&["PreferDualStack", "RequireDualStack", "SingleStack"]),
        Field::new("allocateLoadBalancerNodePorts", "AllocateLoadBalancerNodePorts", Bool, 20, Pointer),
        Field::new("loadBalancerClass", "LoadBalancerClass", String, 21, Pointer),
        Field::new("internalTrafficPolicy", "InternalTrafficPolicy", String, 22, Pointer).go_type("v1.ServiceInternalTrafficPolicy").one_of(&["Cluster", "Local"]),
        Field::new("trafficDistribution", "TrafficDistribution", String, 23, Pointer),
    ],
};
pub static CORE_V1_SERVICE_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.ServiceStatus", go: "v1.ServiceStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("loadBalancer", "LoadBalancer", Struct(&CORE_V1_LOAD_BALANCER_STATUS), 1, OmitEmpty),
        Field::new("conditions", "Conditions", List(&Struct(&META_V1_CONDITION)), 2, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static CORE_V1_SESSION_AFFINITY_CONFIG: Type = Type {
    name: "io.k8s.api.core.v1.SessionAffinityConfig", go: "v1.SessionAffinityConfig", atomic: false, group_version_kind: None, fields: &[
        Field::new("clientIP", "ClientIP", Struct(&CORE_V1_CLIENT_IP_CONFIG), 1, Pointer),
    ],
};
pub static CORE_V1_SLEEP_ACTION: Type = Type {
    name: "io.k8s.api.core.v1.SleepAction", go: "v1.SleepAction", atomic: false, group_version_kind: None, fields: &[
        Field::new("seconds", "Seconds", Int64, 1, Always).required(),
    ],
};
pub static CORE_V1_STORAGE_OS_PERSISTENT_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.StorageOSPersistentVolumeSource", go: "v1.StorageOSPersistentVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("volumeName", "VolumeName", String, 1, OmitEmpty),
        Field::new("volumeNamespace", "VolumeNamespace", String, 2, OmitEmpty),
        Field::new("fsType", "FSType", String, 3, OmitEmpty),
        Field::new("readOnly", "ReadOnly", Bool, 4, OmitEmpty),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_OBJECT_REFERENCE), 5, Pointer),
    ],
};
pub static CORE_V1_STORAGE_OS_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.StorageOSVolumeSource", go: "v1.StorageOSVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("volumeName", "VolumeName", String, 1, OmitEmpty),
        Field::new("volumeNamespace", "VolumeNamespace", String, 2, OmitEmpty),
        Field::new("fsType", "FSType", String, 3, OmitEmpty),
        Field::new("readOnly", "ReadOnly", Bool, 4, OmitEmpty),
        Field::new("secretRef", "SecretRef", Struct(&CORE_V1_LOCAL_OBJECT_REFERENCE), 5, Pointer),
    ],
};
pub static CORE_V1_SYSCTL: Type = Type {
    name: "io.k8s.api.core.v1.Sysctl", go: "v1.Sysctl", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("value", "Value", String, 2, Always).required(),
    ],
};
pub static CORE_V1_TCP_SOCKET_ACTION: Type = Type {
    name: "io.k8s.api.core.v1.TCPSocketAction", go: "v1.TCPSocketAction", atomic: false, group_version_kind: None, fields: &[
        Field::new("port", "Port", IntOrString, 1, Always).required(),
        Field::new("host", "Host", String, 2, OmitEmpty),
    ],
};
pub static CORE_V1_TAINT: Type = Type {
    name: "io.k8s.api.core.v1.Taint", go: "v1.Taint", atomic: false, group_version_kind: None, fields: &[
        Field::new("key", "Key", String, 1, Always).required(),
        Field::new("value", "Value", String, 2, OmitEmpty),
        Field::new("effect", "Effect", String, 3, Always).go_type("v1.TaintEffect").one_of(&["NoExecute", "NoSchedule", "PreferNoSchedule"]).required(),
        Field::new("timeAdded", "TimeAdded", Time, 4, Pointer),
    ],
};
pub static CORE_V1_TOLERATION: Type = Type {
    name: "io.k8s.api.core.v1.Toleration", go: "v1.Toleration", atomic: false, group_version_kind: None, fields: &[
        Field::new("key", "Key", String, 1, OmitEmpty),
        Field::new("operator", "Operator", String, 2, OmitEmpty).go_type("v1.TolerationOperator").one_of(&["Equal", "Exists", "Gt", "Lt"]),
        Field::new("value", "Value", String, 3, OmitEmpty),
        Field::new("effect", "Effect", String, 4, OmitEmpty).go_type("v1.TaintEffect").one_of(&["NoExecute", "NoSchedule", "PreferNoSchedule"]),
        Field::new("tolerationSeconds", "TolerationSeconds", Int64, 5, Pointer),
    ],
};
pub static CORE_V1_TOPOLOGY_SELECTOR_LABEL_REQUIREMENT: Type = Type {
    name: "io.k8s.api.core.v1.TopologySelectorLabelRequirement", go: "v1.TopologySelectorLabelRequirement", atomic: false, group_version_kind: None, fields: &[
        Field::new("key", "Key", String, 1, Always).required(),
        Field::new("values", "Values", List(&String), 2, Always).required().list_atomic(),
    ],
};
pub static CORE_V1_TOPOLOGY_SELECTOR_TERM: Type = Type {
    name: "io.k8s.api.core.v1.TopologySelectorTerm", go: "v1.TopologySelectorTerm", atomic: true, group_version_kind: None, fields: &[
        Field::new("matchLabelExpressions", "MatchLabelExpressions", List(&Struct(&CORE_V1_TOPOLOGY_SELECTOR_LABEL_REQUIREMENT)), 1, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_TOPOLOGY_SPREAD_CONSTRAINT: Type = Type {
    name: "io.k8s.api.core.v1.TopologySpreadConstraint", go: "v1.TopologySpreadConstraint", atomic: false, group_version_kind: None, fields: &[
        Field::new("maxSkew", "MaxSkew", Int32, 1, Always).required(),
        Field::new("topologyKey", "TopologyKey", String, 2, Always).required(),
        Field::new("whenUnsatisfiable", "WhenUnsatisfiable", String, 3, Always).go_type("v1.UnsatisfiableConstraintAction").one_of(&["DoNotSchedule", "ScheduleAnyway"]).required(),
        Field::new("labelSelector", "LabelSelector", Struct(&META_V1_LABEL_SELECTOR), 4, Pointer),
        Field::new("minDomains", "MinDomains", Int32, 5, Pointer),
        Field::new("nodeAffinityPolicy", "NodeAffinityPolicy", String, 6, Pointer).go_type("v1.NodeInclusionPolicy").one_of(&["Honor", "Ignore"]),
        Field::new("nodeTaintsPolicy", "NodeTaintsPolicy", String, 7, Pointer).go_type("v1.NodeInclusionPolicy").one_of(&["Honor", "Ignore"]),
        Field::new("matchLabelKeys", "MatchLabelKeys", List(&String), 8, OmitEmpty).list_atomic(),
    ],
};
pub static CORE_V1_TYPED_LOCAL_OBJECT_REFERENCE: Type = Type {
    name: "io.k8s.api.core.v1.TypedLocalObjectReference", go: "v1.TypedLocalObjectReference", atomic: true, group_version_kind: None, fields: &[
        Field::new("apiGroup", "APIGroup", String, 1, AlwaysPointer),
        Field::new("kind", "Kind", String, 2, Always).required(),
        Field::new("name", "Name", String, 3, Always).required(),
    ],
};
pub static CORE_V1_TYPED_OBJECT_REFERENCE: Type = Type {
    name: "io.k8s.api.core.v1.TypedObjectReference", go: "v1.TypedObjectReference", atomic: false, group_version_kind: None, fields: &[
        Field::new("apiGroup", "APIGroup", String, 1, AlwaysPointer),
        Field::new("kind", "Kind", String, 2, Always).required(),
        Field::new("name", "Name", String, 3, Always).required(),
        Field::new("namespace", "Namespace", String, 4, Pointer),
    ],
};
pub static CORE_V1_VOLUME: Type = Type {
    name: "io.k8s.api.core.v1.Volume", go: "v1.Volume", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("hostPath", "HostPath", Struct(&CORE_V1_HOST_PATH_VOLUME_SOURCE), 1, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("emptyDir", "EmptyDir", Struct(&CORE_V1_EMPTY_DIR_VOLUME_SOURCE), 2, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("gcePersistentDisk", "GCEPersistentDisk", Struct(&CORE_V1_GCE_PERSISTENT_DISK_VOLUME_SOURCE), 3, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("awsElasticBlockStore", "AWSElasticBlockStore", Struct(&CORE_V1_AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE), 4, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("gitRepo", "GitRepo", Struct(&CORE_V1_GIT_REPO_VOLUME_SOURCE), 5, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("secret", "Secret", Struct(&CORE_V1_SECRET_VOLUME_SOURCE), 6, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("nfs", "NFS", Struct(&CORE_V1_NFS_VOLUME_SOURCE), 7, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("iscsi", "ISCSI", Struct(&CORE_V1_ISCSI_VOLUME_SOURCE), 8, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("glusterfs", "Glusterfs", Struct(&CORE_V1_GLUSTERFS_VOLUME_SOURCE), 9, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("persistentVolumeClaim", "PersistentVolumeClaim", Struct(&CORE_V1_PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE), 10, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("rbd", "RBD", Struct(&CORE_V1_RBD_VOLUME_SOURCE), 11, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("flexVolume", "FlexVolume", Struct(&CORE_V1_FLEX_VOLUME_SOURCE), 12, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("cinder", "Cinder", Struct(&CORE_V1_CINDER_VOLUME_SOURCE), 13, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("cephfs", "CephFS", Struct(&CORE_V1_CEPH_FS_VOLUME_SOURCE), 14, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("flocker", "Flocker", Struct(&CORE_V1_FLOCKER_VOLUME_SOURCE), 15, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("downwardAPI", "DownwardAPI", Struct(&CORE_V1_DOWNWARD_API_VOLUME_SOURCE), 16, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("fc", "FC", Struct(&CORE_V1_FC_VOLUME_SOURCE), 17, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("azureFile", "AzureFile", Struct(&CORE_V1_AZURE_FILE_VOLUME_SOURCE), 18, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("configMap", "ConfigMap", Struct(&CORE_V1_CONFIG_MAP_VOLUME_SOURCE), 19, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("vsphereVolume", "VsphereVolume", Struct(&CORE_V1_VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE), 20, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("quobyte", "Quobyte", Struct(&CORE_V1_QUOBYTE_VOLUME_SOURCE), 21, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("azureDisk", "AzureDisk", Struct(&CORE_V1_AZURE_DISK_VOLUME_SOURCE), 22, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("photonPersistentDisk", "PhotonPersistentDisk", Struct(&CORE_V1_PHOTON_PERSISTENT_DISK_VOLUME_SOURCE), 23, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("projected", "Projected", Struct(&CORE_V1_PROJECTED_VOLUME_SOURCE), 26, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("portworxVolume", "PortworxVolume", Struct(&CORE_V1_PORTWORX_VOLUME_SOURCE), 24, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("scaleIO", "ScaleIO", Struct(&CORE_V1_SCALE_IO_VOLUME_SOURCE), 25, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("storageos", "StorageOS", Struct(&CORE_V1_STORAGE_OS_VOLUME_SOURCE), 27, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("csi", "CSI", Struct(&CORE_V1_CSI_VOLUME_SOURCE), 28, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("ephemeral", "Ephemeral", Struct(&CORE_V1_EPHEMERAL_VOLUME_SOURCE), 29, Pointer).proto_in(&[2]).embedded("VolumeSource"),
        Field::new("image", "Image", Struct(&CORE_V1_IMAGE_VOLUME_SOURCE), 30, Pointer).proto_in(&[2]).embedded("VolumeSource"),
    ],
};
pub static CORE_V1_VOLUME_DEVICE: Type = Type {
    name: "io.k8s.api.core.v1.VolumeDevice", go: "v1.VolumeDevice", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("devicePath", "DevicePath", String, 2, Always).required(),
    ],
};
pub static CORE_V1_VOLUME_MOUNT: Type = Type {
    name: "io.k8s.api.core.v1.VolumeMount", go: "v1.VolumeMount", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 2, OmitEmpty),
        Field::new("recursiveReadOnly", "RecursiveReadOnly", String, 7, Pointer).go_type("v1.RecursiveReadOnlyMode"),
        Field::new("mountPath", "MountPath", String, 3, Always).required(),
        Field::new("subPath", "SubPath", String, 4, OmitEmpty),
        Field::new("mountPropagation", "MountPropagation", String, 5, Pointer).go_type("v1.MountPropagationMode").one_of(&["Bidirectional", "HostToContainer", "None"]),
        Field::new("subPathExpr", "SubPathExpr", String, 6, OmitEmpty),
    ],
};
pub static CORE_V1_VOLUME_MOUNT_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.VolumeMountStatus", go: "v1.VolumeMountStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("mountPath", "MountPath", String, 2, Always).required(),
        Field::new("readOnly", "ReadOnly", Bool, 3, OmitEmpty),
        Field::new("recursiveReadOnly", "RecursiveReadOnly", String, 4, Pointer).go_type("v1.RecursiveReadOnlyMode"),
        Field::new("volumeStatus", "VolumeStatus", Struct(&CORE_V1_VOLUME_STATUS), 5, Pointer),
    ],
};
pub static CORE_V1_VOLUME_NODE_AFFINITY: Type = Type {
    name: "io.k8s.api.core.v1.VolumeNodeAffinity", go: "v1.VolumeNodeAffinity", atomic: false, group_version_kind: None, fields: &[
        Field::new("required", "Required", Struct(&CORE_V1_NODE_SELECTOR), 1, Pointer),
    ],
};
pub static CORE_V1_VOLUME_PROJECTION: Type = Type {
    name: "io.k8s.api.core.v1.VolumeProjection", go: "v1.VolumeProjection", atomic: false, group_version_kind: None, fields: &[
        Field::new("secret", "Secret", Struct(&CORE_V1_SECRET_PROJECTION), 1, Pointer),
        Field::new("downwardAPI", "DownwardAPI", Struct(&CORE_V1_DOWNWARD_API_PROJECTION), 2, Pointer),
        Field::new("configMap", "ConfigMap", Struct(&CORE_V1_CONFIG_MAP_PROJECTION), 3, Pointer),
        Field::new("serviceAccountToken", "ServiceAccountToken", Struct(&CORE_V1_SERVICE_ACCOUNT_TOKEN_PROJECTION), 4, Pointer),
        Field::new("clusterTrustBundle", "ClusterTrustBundle", Struct(&CORE_V1_CLUSTER_TRUST_BUNDLE_PROJECTION), 5, Pointer),
        Field::new("podCertificate", "PodCertificate", Struct(&CORE_V1_POD_CERTIFICATE_PROJECTION), 6, Pointer),
    ],
};
pub static CORE_V1_VOLUME_RESOURCE_REQUIREMENTS: Type = Type {
    name: "io.k8s.api.core.v1.VolumeResourceRequirements", go: "v1.VolumeResourceRequirements", atomic: false, group_version_kind: None, fields: &[
        Field::new("limits", "Limits", Map(&Quantity), 1, OmitEmpty).go_type("v1.ResourceList"),
        Field::new("requests", "Requests", Map(&Quantity), 2, OmitEmpty).go_type("v1.ResourceList"),
    ],
};
pub static CORE_V1_VOLUME_STATUS: Type = Type {
    name: "io.k8s.api.core.v1.VolumeStatus", go: "v1.VolumeStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("image", "Image", Struct(&CORE_V1_IMAGE_VOLUME_STATUS), 1, Pointer),
    ],
};
pub static CORE_V1_VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE: Type = Type {
    name: "io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource", go: "v1.VsphereVirtualDiskVolumeSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("volumePath", "VolumePath", String, 1, Always).required(),
        Field::new("fsType", "FSType", String, 2, OmitEmpty),
        Field::new("storagePolicyName", "StoragePolicyName", String, 3, OmitEmpty),
        Field::new("storagePolicyID", "StoragePolicyID", String, 4, OmitEmpty),
    ],
};
pub static CORE_V1_WEIGHTED_POD_AFFINITY_TERM: Type = Type {
    name: "io.k8s.api.core.v1.WeightedPodAffinityTerm", go: "v1.WeightedPodAffinityTerm", atomic: false, group_version_kind: None, fields: &[
        Field::new("weight", "Weight", Int32, 1, Always).required(),
        Field::new("podAffinityTerm", "PodAffinityTerm", Struct(&CORE_V1_POD_AFFINITY_TERM), 2, Always).required(),
    ],
};
pub static CORE_V1_WINDOWS_SECURITY_CONTEXT_OPTIONS: Type = Type {
    name: "io.k8s.api.core.v1.WindowsSecurityContextOptions", go: "v1.WindowsSecurityContextOptions", atomic: false, group_version_kind: None, fields: &[
        Field::new("gmsaCredentialSpecName", "GMSACredentialSpecName", String, 1, Pointer),
        Field::new("gmsaCredentialSpec", "GMSACredentialSpec", String, 2, Pointer),
        Field::new("runAsUserName", "RunAsUserName", String, 3, Pointer),
        Field::new("hostProcess", "HostProcess", Bool, 4, Pointer),
    ],
};
pub static DISCOVERY_V1_ENDPOINT: Type = Type {
    name: "io.k8s.api.discovery.v1.Endpoint", go: "v1.Endpoint", atomic: false, group_version_kind: None, fields: &[
        Field::new("addresses", "Addresses", List(&String), 1, Always).list(Set).required(),
        Field::new("conditions", "Conditions", Struct(&DISCOVERY_V1_ENDPOINT_CONDITIONS), 2, OmitEmpty),
        Field::new("hostname", "Hostname", String, 3, Pointer),
        Field::new("targetRef", "TargetRef", Struct(&CORE_V1_OBJECT_REFERENCE), 4, Pointer),
        Field::new("deprecatedTopology", "DeprecatedTopology", Map(&String), 5, OmitEmpty),
        Field::new("nodeName", "NodeName", String, 6, Pointer),
        Field::new("zone", "Zone", String, 7, Pointer),
        Field::new("hints", "Hints", Struct(&DISCOVERY_V1_ENDPOINT_HINTS), 8, Pointer),
    ],
};
pub static DISCOVERY_V1_ENDPOINT_CONDITIONS: Type = Type {
    name: "io.k8s.api.discovery.v1.EndpointConditions", go: "v1.EndpointConditions", atomic: false, group_version_kind: None, fields: &[
        Field::new("ready", "Ready", Bool, 1, Pointer),
        Field::new("serving", "Serving", Bool, 2, Pointer),
        Field::new("terminating", "Terminating", Bool, 3, Pointer),
    ],
};
pub static DISCOVERY_V1_ENDPOINT_HINTS: Type = Type {
    name: "io.k8s.api.discovery.v1.EndpointHints", go: "v1.EndpointHints", atomic: false, group_version_kind: None, fields: &[
        Field::new("forZones", "ForZones", List(&Struct(&DISCOVERY_V1_FOR_ZONE)), 1, OmitEmpty).list_atomic(),
        Field::new("forNodes", "ForNodes", List(&Struct(&DISCOVERY_V1_FOR_NODE)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static DISCOVERY_V1_ENDPOINT_PORT: Type = Type {
    name: "io.k8s.api.discovery.v1.EndpointPort", go: "v1.EndpointPort", atomic: true, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Pointer),
        Field::new("protocol", "Protocol", String, 2, Pointer).go_type("v1.Protocol").one_of(&["SCTP", "TCP", "UDP"]),
        Field::new("port", "Port", Int32, 3, Pointer),
        Field::new("appProtocol", "AppProtocol", String, 4, Pointer),
    ],
};
pub static DISCOVERY_V1_ENDPOINT_SLICE: Type = Type {
    name: "io.k8s.api.discovery.v1.EndpointSlice", go: "v1.EndpointSlice", atomic: false, group_version_kind: Some(("discovery.k8s.io", "v1", "EndpointSlice")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("addressType", "AddressType", String, 4, Always).go_type("v1.AddressType").one_of(&["FQDN", "IPv4", "IPv6"]).required(),
        Field::new("endpoints", "Endpoints", List(&Struct(&DISCOVERY_V1_ENDPOINT)), 2, Always).list_atomic(),
        Field::new("ports", "Ports", List(&Struct(&DISCOVERY_V1_ENDPOINT_PORT)), 3, Always).list_atomic(),
    ],
};
pub static DISCOVERY_V1_ENDPOINT_SLICE_LIST: Type = Type {
    name: "io.k8s.api.discovery.v1.EndpointSliceList", go: "v1.EndpointSliceList", atomic: false, group_version_kind: Some(("discovery.k8s.io", "v1", "EndpointSliceList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&DISCOVERY_V1_ENDPOINT_SLICE)), 2, Always).required(),
    ],
};
pub static DISCOVERY_V1_FOR_NODE: Type = Type {
    name: "io.k8s.api.discovery.v1.ForNode", go: "v1.ForNode", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
    ],
};
pub static DISCOVERY_V1_FOR_ZONE: Type = Type {
    name: "io.k8s.api.discovery.v1.ForZone", go: "v1.ForZone", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
    ],
};
pub static EVENTS_V1_EVENT: Type = Type {
    name: "io.k8s.api.events.v1.Event", go: "v1.Event", atomic: false, group_version_kind: Some(("events.k8s.io", "v1", "Event")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, Always),
        Field::new("eventTime", "EventTime", MicroTime, 2, Always).required(),
        Field::new("series", "Series", Struct(&EVENTS_V1_EVENT_SERIES), 3, Pointer),
        Field::new("reportingController", "ReportingController", String, 4, OmitEmpty),
        Field::new("reportingInstance", "ReportingInstance", String, 5, OmitEmpty),
        Field::new("action", "Action", String, 6, OmitEmpty),
        Field::new("reason", "Reason", String, 7, OmitEmpty),
        Field::new("regarding", "Regarding", Struct(&CORE_V1_OBJECT_REFERENCE), 8, OmitEmpty),
        Field::new("related", "Related", Struct(&CORE_V1_OBJECT_REFERENCE), 9, Pointer),
        Field::new("note", "Note", String, 10, OmitEmpty),
        Field::new("type", "Type", String, 11, OmitEmpty),
        Field::new("deprecatedSource", "DeprecatedSource", Struct(&CORE_V1_EVENT_SOURCE), 12, OmitEmpty),
        Field::new("deprecatedFirstTimestamp", "DeprecatedFirstTimestamp", Time, 13, OmitEmpty),
        Field::new("deprecatedLastTimestamp", "DeprecatedLastTimestamp", Time, 14, OmitEmpty),
        Field::new("deprecatedCount", "DeprecatedCount", Int32, 15, OmitEmpty),
    ],
};
pub static EVENTS_V1_EVENT_LIST: Type = Type {
    name: "io.k8s.api.events.v1.EventList", go: "v1.EventList", atomic: false, group_version_kind: Some(("events.k8s.io", "v1", "EventList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&EVENTS_V1_EVENT)), 2, Always).required(),
    ],
};
pub static EVENTS_V1_EVENT_SERIES: Type = Type {
    name: "io.k8s.api.events.v1.EventSeries", go: "v1.EventSeries", atomic: false, group_version_kind: None, fields: &[
        Field::new("count", "Count", Int32, 1, Always).required(),
        Field::new("lastObservedTime", "LastObservedTime", MicroTime, 2, Always).required(),
    ],
};
pub static FLOWCONTROL_V1_EXEMPT_PRIORITY_LEVEL_CONFIGURATION: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration", go: "v1.ExemptPriorityLevelConfiguration", atomic: false, group_version_kind: None, fields: &[
        Field::new("nominalConcurrencyShares", "NominalConcurrencyShares", Int32, 1, Pointer),
        Field::new("lendablePercent", "LendablePercent", Int32, 2, Pointer),
    ],
};
pub static FLOWCONTROL_V1_FLOW_DISTINGUISHER_METHOD: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod", go: "v1.FlowDistinguisherMethod", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.FlowDistinguisherMethodType").required(),
    ],
};
pub static FLOWCONTROL_V1_FLOW_SCHEMA: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.FlowSchema", go: "v1.FlowSchema", atomic: false, group_version_kind: Some(("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&FLOWCONTROL_V1_FLOW_SCHEMA_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&FLOWCONTROL_V1_FLOW_SCHEMA_STATUS), 3, OmitEmpty),
    ],
};
pub static FLOWCONTROL_V1_FLOW_SCHEMA_CONDITION: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.FlowSchemaCondition", go: "v1.FlowSchemaCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, OmitEmpty).go_type("v1.FlowSchemaConditionType"),
        Field::new("status", "Status", String, 2, OmitEmpty).go_type("v1.ConditionStatus"),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("message", "Message", String, 5, OmitEmpty),
    ],
};
pub static FLOWCONTROL_V1_FLOW_SCHEMA_LIST: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.FlowSchemaList", go: "v1.FlowSchemaList", atomic: false, group_version_kind: Some(("flowcontrol.apiserver.k8s.io", "v1", "FlowSchemaList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&FLOWCONTROL_V1_FLOW_SCHEMA)), 2, Always).required(),
    ],
};
pub static FLOWCONTROL_V1_FLOW_SCHEMA_SPEC: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.FlowSchemaSpec", go: "v1.FlowSchemaSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("priorityLevelConfiguration", "PriorityLevelConfiguration", Struct(&FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_REFERENCE), 1, Always).required(),
        Field::new("matchingPrecedence", "MatchingPrecedence", Int32, 2, Always),
        Field::new("distinguisherMethod", "DistinguisherMethod", Struct(&FLOWCONTROL_V1_FLOW_DISTINGUISHER_METHOD), 3, Pointer),
        Field::new("rules", "Rules", List(&Struct(&FLOWCONTROL_V1_POLICY_RULES_WITH_SUBJECTS)), 4, OmitEmpty).list_atomic(),
    ],
};
pub static FLOWCONTROL_V1_FLOW_SCHEMA_STATUS: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.FlowSchemaStatus", go: "v1.FlowSchemaStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("conditions", "Conditions", List(&Struct(&FLOWCONTROL_V1_FLOW_SCHEMA_CONDITION)), 1, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static FLOWCONTROL_V1_GROUP_SUBJECT: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.GroupSubject", go: "v1.GroupSubject", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
    ],
};
pub static FLOWCONTROL_V1_LIMIT_RESPONSE: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.LimitResponse", go: "v1.LimitResponse", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.LimitResponseType").required().union(Discriminator),
        Field::new("queuing", "Queuing", Struct(&FLOWCONTROL_V1_QUEUING_CONFIGURATION), 2, Pointer).union(Member),
    ],
};
pub static FLOWCONTROL_V1_LIMITED_PRIORITY_LEVEL_CONFIGURATION: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration", go: "v1.LimitedPriorityLevelConfiguration", atomic: false, group_version_kind: None, fields: &[
        Field::new("nominalConcurrencyShares", "NominalConcurrencyShares", Int32, 1, AlwaysPointer),
        Field::new("limitResponse", "LimitResponse", Struct(&FLOWCONTROL_V1_LIMIT_RESPONSE), 2, OmitEmpty),
        Field::new("lendablePercent", "LendablePercent", Int32, 3, Pointer),
        Field::new("borrowingLimitPercent", "BorrowingLimitPercent", Int32, 4, Pointer),
    ],
};
pub static FLOWCONTROL_V1_NON_RESOURCE_POLICY_RULE: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.NonResourcePolicyRule", go: "v1.NonResourcePolicyRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("verbs", "Verbs", List(&String), 1, Always).list(Set).required(),
        Field::new("nonResourceURLs", "NonResourceURLs", List(&String), 6, Always).list(Set).required(),
    ],
};
pub static FLOWCONTROL_V1_POLICY_RULES_WITH_SUBJECTS: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects", go: "v1.PolicyRulesWithSubjects", atomic: false, group_version_kind: None, fields: &[
        Field::new("subjects", "Subjects", List(&Struct(&FLOWCONTROL_V1_SUBJECT)), 1, Always).required().list_atomic(),
        Field::new("resourceRules", "ResourceRules", List(&Struct(&FLOWCONTROL_V1_RESOURCE_POLICY_RULE)), 2, OmitEmpty).list_atomic(),
        Field::new("nonResourceRules", "NonResourceRules", List(&Struct(&FLOWCONTROL_V1_NON_RESOURCE_POLICY_RULE)), 3, OmitEmpty).list_atomic(),
    ],
};
pub static FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration", go: "v1.PriorityLevelConfiguration", atomic: false, group_version_kind: Some(("flowcontrol.apiserver.k8s.io", "v1", "PriorityLevelConfiguration")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_STATUS), 3, OmitEmpty),
    ],
};
pub static FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_CONDITION: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition", go: "v1.PriorityLevelConfigurationCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, OmitEmpty).go_type("v1.PriorityLevelConfigurationConditionType"),
        Field::new("status", "Status", String, 2, OmitEmpty).go_type("v1.ConditionStatus"),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("message", "Message", String, 5, OmitEmpty),
    ],
};
pub static FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_LIST: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationList", go: "v1.PriorityLevelConfigurationList", atomic: false, group_version_kind: Some(("flowcontrol.apiserver.k8s.io", "v1", "PriorityLevelConfigurationList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION)), 2, Always).required(),
    ],
};
pub static FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_REFERENCE: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference", go: "v1.PriorityLevelConfigurationReference", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
    ],
};
pub static FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_SPEC: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec", go: "v1.PriorityLevelConfigurationSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.PriorityLevelEnablement").required().union(Discriminator),
        Field::new("limited", "Limited", Struct(&FLOWCONTROL_V1_LIMITED_PRIORITY_LEVEL_CONFIGURATION), 2, Pointer).union(Member),
        Field::new("exempt", "Exempt", Struct(&FLOWCONTROL_V1_EXEMPT_PRIORITY_LEVEL_CONFIGURATION), 3, Pointer).union(Member),
    ],
};
pub static FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_STATUS: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus", go: "v1.PriorityLevelConfigurationStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("conditions", "Conditions", List(&Struct(&FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_CONDITION)), 1, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static FLOWCONTROL_V1_QUEUING_CONFIGURATION: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.QueuingConfiguration", go: "v1.QueuingConfiguration", atomic: false, group_version_kind: None, fields: &[
        Field::new("queues", "Queues", Int32, 1, Always),
        Field::new("handSize", "HandSize", Int32, 2, Always),
        Field::new("queueLengthLimit", "QueueLengthLimit", Int32, 3, Always),
    ],
};
pub static FLOWCONTROL_V1_RESOURCE_POLICY_RULE: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.ResourcePolicyRule", go: "v1.ResourcePolicyRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("verbs", "Verbs", List(&String), 1, Always).list(Set).required(),
        Field::new("apiGroups", "APIGroups", List(&String), 2, Always).list(Set).required(),
        Field::new("resources", "Resources", List(&String), 3, Always).list(Set).required(),
        Field::new("clusterScope", "ClusterScope", Bool, 4, OmitEmpty),
        Field::new("namespaces", "Namespaces", List(&String), 5, Always).list(Set),
    ],
};
pub static FLOWCONTROL_V1_SERVICE_ACCOUNT_SUBJECT: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.ServiceAccountSubject", go: "v1.ServiceAccountSubject", atomic: false, group_version_kind: None, fields: &[
        Field::new("namespace", "Namespace", String, 1, Always).required(),
        Field::new("name", "Name", String, 2, Always).required(),
    ],
};
pub static FLOWCONTROL_V1_SUBJECT: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.Subject", go: "v1.Subject", atomic: false, group_version_kind: None, fields: &[
        Field::new("kind", "Kind", String, 1, Always).go_type("v1.SubjectKind").required().union(Discriminator),
        Field::new("user", "User", Struct(&FLOWCONTROL_V1_USER_SUBJECT), 2, Pointer).union(Member),
        Field::new("group", "Group", Struct(&FLOWCONTROL_V1_GROUP_SUBJECT), 3, Pointer).union(Member),
        Field::new("serviceAccount", "ServiceAccount", Struct(&FLOWCONTROL_V1_SERVICE_ACCOUNT_SUBJECT), 4, Pointer).union(Member),
    ],
};
pub static FLOWCONTROL_V1_USER_SUBJECT: Type = Type {
    name: "io.k8s.api.flowcontrol.v1.UserSubject", go: "v1.UserSubject", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
    ],
};
pub static NETWORKING_V1_HTTP_INGRESS_PATH: Type = Type {
    name: "io.k8s.api.networking.v1.HTTPIngressPath", go: "v1.HTTPIngressPath", atomic: false, group_version_kind: None, fields: &[
        Field::new("path", "Path", String, 1, OmitEmpty),
        Field::new("pathType", "PathType", String, 3, AlwaysPointer).go_type("v1.PathType").one_of(&["Exact", "ImplementationSpecific", "Prefix"]).required(),
        Field::new("backend", "Backend", Struct(&NETWORKING_V1_INGRESS_BACKEND), 2, Always).required(),
    ],
};
pub static NETWORKING_V1_HTTP_INGRESS_RULE_VALUE: Type = Type {
    name: "io.k8s.api.networking.v1.HTTPIngressRuleValue", go: "v1.HTTPIngressRuleValue", atomic: false, group_version_kind: None, fields: &[
        Field::new("paths", "Paths", List(&Struct(&NETWORKING_V1_HTTP_INGRESS_PATH)), 1, Always).required().list_atomic(),
    ],
};
pub static NETWORKING_V1_IP_ADDRESS: Type = Type {
    name: "io.k8s.api.networking.v1.IPAddress", go: "v1.IPAddress", atomic: false, group_version_kind: Some(("networking.k8s.io", "v1", "IPAddress")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&NETWORKING_V1_IP_ADDRESS_SPEC), 2, OmitEmpty).required(),
    ],
};
pub static NETWORKING_V1_IP_ADDRESS_LIST: Type = Type {
    name: "io.k8s.api.networking.v1.IPAddressList", go: "v1.IPAddressList", atomic: false, group_version_kind: Some(("networking.k8s.io", "v1", "IPAddressList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&NETWORKING_V1_IP_ADDRESS)), 2, Always).required(),
    ],
};
pub static NETWORKING_V1_IP_ADDRESS_SPEC: Type = Type {
    name: "io.k8s.api.networking.v1.IPAddressSpec", go: "v1.IPAddressSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("parentRef", "ParentRef", Struct(&NETWORKING_V1_PARENT_REFERENCE), 1, Pointer).required(),
    ],
};
pub static NETWORKING_V1_IP_BLOCK: Type = Type {
    name: "io.k8s.api.networking.v1.IPBlock", go: "v1.IPBlock", atomic: false, group_version_kind: None, fields: &[
        Field::new("cidr", "CIDR", String, 1, Always).required(),
        Field::new("except", "Except", List(&String), 2, OmitEmpty).list_atomic(),
    ],
};
pub static NETWORKING_V1_INGRESS: Type = Type {
    name: "io.k8s.api.networking.v1.Ingress", go: "v1.Ingress", atomic: false, group_version_kind: Some(("networking.k8s.io", "v1", "Ingress")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&NETWORKING_V1_INGRESS_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&NETWORKING_V1_INGRESS_STATUS), 3, OmitEmpty),
    ],
};
pub static NETWORKING_V1_INGRESS_BACKEND: Type = Type {
    name: "io.k8s.api.networking.v1.IngressBackend", go: "v1.IngressBackend", atomic: false, group_version_kind: None, fields: &[
        Field::new("service", "Service", Struct(&NETWORKING_V1_INGRESS_SERVICE_BACKEND), 4, Pointer),
        Field::new("resource", "Resource", Struct(&CORE_V1_TYPED_LOCAL_OBJECT_REFERENCE), 3, Pointer),
    ],
};
pub static NETWORKING_V1_INGRESS_CLASS: Type = Type {
    name: "io.k8s.api.networking.v1.IngressClass", go: "v1.IngressClass", atomic: false, group_version_kind: Some(("networking.k8s.io", "v1", "IngressClass")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&NETWORKING_V1_INGRESS_CLASS_SPEC), 2, OmitEmpty),
    ],
};
pub static NETWORKING_V1_INGRESS_CLASS_LIST: Type = Type {
    name: "io.k8s.api.networking.v1.IngressClassList", go: "v1.IngressClassList", atomic: false, group_version_kind: Some(("networking.k8s.io", "v1", "IngressClassList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&NETWORKING_V1_INGRESS_CLASS)), 2, Always).required(),
    ],
};
pub static NETWORKING_V1_INGRESS_CLASS_PARAMETERS_REFERENCE: Type = Type {
    name: "io.k8s.api.networking.v1.IngressClassParametersReference", go: "v1.IngressClassParametersReference", atomic: false, group_version_kind: None, fields: &[
        Field::new("apiGroup", "APIGroup", String, 1, Pointer),
        Field::new("kind", "Kind", String, 2, Always).required(),
        Field::new("name", "Name", String, 3, Always).required(),
        Field::new("scope", "Scope", String, 4, AlwaysPointer),
        Field::new("namespace", "Namespace", String, 5, Pointer),
    ],
};
pub static NETWORKING_V1_INGRESS_CLASS_SPEC: Type = Type {
    name: "io.k8s.api.networking.v1.IngressClassSpec", go: "v1.IngressClassSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("controller", "Controller", String, 1, OmitEmpty),
        Field::new("parameters", "Parameters", Struct(&NETWORKING_V1_INGRESS_CLASS_PARAMETERS_REFERENCE), 2, Pointer),
    ],
};
pub static NETWORKING_V1_INGRESS_LIST: Type = Type {
    name: "io.k8s.api.networking.v1.IngressList", go: "v1.IngressList", atomic: false, group_version_kind: Some(("networking.k8s.io", "v1", "IngressList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&NETWORKING_V1_INGRESS)), 2, Always).required(),
    ],
};
pub static NETWORKING_V1_INGRESS_LOAD_BALANCER_INGRESS: Type = Type {
    name: "io.k8s.api.networking.v1.IngressLoadBalancerIngress", go: "v1.IngressLoadBalancerIngress", atomic: false, group_version_kind: None, fields: &[
        Field::new("ip", "IP", String, 1, OmitEmpty),
        Field::new("hostname", "Hostname", String, 2, OmitEmpty),
        Field::new("ports", "Ports", List(&Struct(&NETWORKING_V1_INGRESS_PORT_STATUS)), 4, OmitEmpty).list_atomic(),
    ],
};
pub static NETWORKING_V1_INGRESS_LOAD_BALANCER_STATUS: Type = Type {
    name: "io.k8s.api.networking.v1.IngressLoadBalancerStatus", go: "v1.IngressLoadBalancerStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("ingress", "Ingress", List(&Struct(&NETWORKING_V1_INGRESS_LOAD_BALANCER_INGRESS)), 1, OmitEmpty).list_atomic(),
    ],
};
pub static NETWORKING_V1_INGRESS_PORT_STATUS: Type = Type {
    name: "io.k8s.api.networking.v1.IngressPortStatus", go: "v1.IngressPortStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("port", "Port", Int32, 1, Always).required(),
        Field::new("protocol", "Protocol", String, 2, Always).go_type("v1.Protocol").one_of(&["SCTP", "TCP", "UDP"]).required(),
        Field::new("error", "Error", String, 3, Pointer),
    ],
};
pub static NETWORKING_V1_INGRESS_RULE: Type = Type {
    name: "io.k8s.api.networking.v1.IngressRule", go: "v1.IngressRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("host", "Host", String, 1, OmitEmpty),
        Field::new("http", "HTTP", Struct(&NETWORKING_V1_HTTP_INGRESS_RULE_VALUE), 1, Pointer).proto_in(&[2]).embedded("IngressRuleValue").undocumented(),
    ],
};
pub static NETWORKING_V1_INGRESS_SERVICE_BACKEND: Type = Type {
    name: "io.k8s.api.networking.v1.IngressServiceBackend", go: "v1.IngressServiceBackend", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("port", "Port", Struct(&NETWORKING_V1_SERVICE_BACKEND_PORT), 2, OmitEmpty),
    ],
};
pub static NETWORKING_V1_INGRESS_SPEC: Type = Type {
    name: "io.k8s.api.networking.v1.IngressSpec", go: "v1.IngressSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("ingressClassName", "IngressClassName", String, 4, Pointer),
        Field::new("defaultBackend", "DefaultBackend", Struct(&NETWORKING_V1_INGRESS_BACKEND), 1, Pointer),
        Field::new("tls", "TLS", List(&Struct(&NETWORKING_V1_INGRESS_TLS)), 2, OmitEmpty).list_atomic(),
        Field::new("rules", "Rules", List(&Struct(&NETWORKING_V1_INGRESS_RULE)), 3, OmitEmpty).list_atomic(),
    ],
};
pub static NETWORKING_V1_INGRESS_STATUS: Type = Type {
    name: "io.k8s.api.networking.v1.IngressStatus", go: "v1.IngressStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("loadBalancer", "LoadBalancer", Struct(&NETWORKING_V1_INGRESS_LOAD_BALANCER_STATUS), 1, OmitEmpty),
    ],
};
pub static NETWORKING_V1_INGRESS_TLS: Type = Type {
    name: "io.k8s.api.networking.v1.IngressTLS", go: "v1.IngressTLS", atomic: false, group_version_kind: None, fields: &[
        Field::new("hosts", "Hosts", List(&String), 1, OmitEmpty).list_atomic(),
        Field::new("secretName", "SecretName", String, 2, OmitEmpty),
    ],
};
pub static NETWORKING_V1_NETWORK_POLICY: Type = Type {
    name: "io.k8s.api.networking.v1.NetworkPolicy", go: "v1.NetworkPolicy", atomic: false, group_version_kind: Some(("networking.k8s.io", "v1", "NetworkPolicy")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&NETWORKING_V1_NETWORK_POLICY_SPEC), 2, OmitEmpty),
    ],
};
pub static NETWORKING_V1_NETWORK_POLICY_EGRESS_RULE: Type = Type {
    name: "io.k8s.api.networking.v1.NetworkPolicyEgressRule", go: "v1.NetworkPolicyEgressRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("ports", "Ports", List(&Struct(&NETWORKING_V1_NETWORK_POLICY_PORT)), 1, OmitEmpty).list_atomic(),
        Field::new("to", "To", List(&Struct(&NETWORKING_V1_NETWORK_POLICY_PEER)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static NETWORKING_V1_NETWORK_POLICY_INGRESS_RULE: Type = Type {
    name: "io.k8s.api.networking.v1.NetworkPolicyIngressRule", go: "v1.NetworkPolicyIngressRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("ports", "Ports", List(&Struct(&NETWORKING_V1_NETWORK_POLICY_PORT)), 1, OmitEmpty).list_atomic(),
        Field::new("from", "From", List(&Struct(&NETWORKING_V1_NETWORK_POLICY_PEER)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static NETWORKING_V1_NETWORK_POLICY_LIST: Type = Type {
    name: "io.k8s.api.networking.v1.NetworkPolicyList", go: "v1.NetworkPolicyList", atomic: false, group_version_kind: Some(("networking.k8s.io", "v1", "NetworkPolicyList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&NETWORKING_V1_NETWORK_POLICY)), 2, Always).required(),
    ],
};
pub static NETWORKING_V1_NETWORK_POLICY_PEER: Type = Type {
    name: "io.k8s.api.networking.v1.NetworkPolicyPeer", go: "v1.NetworkPolicyPeer", atomic: false, group_version_kind: None, fields: &[
        Field::new("podSelector", "PodSelector", Struct(&META_V1_LABEL_SELECTOR), 1, Pointer),
        Field::new("namespaceSelector", "NamespaceSelector", Struct(&META_V1_LABEL_SELECTOR), 2, Pointer),
        Field::new("ipBlock", "IPBlock", Struct(&NETWORKING_V1_IP_BLOCK), 3, Pointer),
    ],
};
pub static NETWORKING_V1_NETWORK_POLICY_PORT: Type = Type {
    name: "io.k8s.api.networking.v1.NetworkPolicyPort", go: "v1.NetworkPolicyPort", atomic: false, group_version_kind: None, fields: &[
        Field::new("protocol", "Protocol", String, 1, Pointer).go_type("v1.Protocol").one_of(&["SCTP", "TCP", "UDP"]),
        Field::new("port", "Port", IntOrString, 2, Pointer),
        Field::new("endPort", "EndPort", Int32, 3, Pointer),
    ],
};
pub static NETWORKING_V1_NETWORK_POLICY_SPEC: Type = Type {
    name: "io.k8s.api.networking.v1.NetworkPolicySpec", go: "v1.NetworkPolicySpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("podSelector", "PodSelector", Struct(&META_V1_LABEL_SELECTOR), 1, Always),
        Field::new("ingress", "Ingress", List(&Struct(&NETWORKING_V1_NETWORK_POLICY_INGRESS_RULE)), 2, OmitEmpty).list_atomic(),
        Field::new("egress", "Egress", List(&Struct(&NETWORKING_V1_NETWORK_POLICY_EGRESS_RULE)), 3, OmitEmpty).list_atomic(),
        Field::new("policyTypes", "PolicyTypes", List(&String), 4, OmitEmpty).go_type("[]v1.PolicyType").one_of(&["Egress", "Ingress"]).list_atomic(),
    ],
};
pub static NETWORKING_V1_PARENT_REFERENCE: Type = Type {
    name: "io.k8s.api.networking.v1.ParentReference", go: "v1.ParentReference", atomic: false, group_version_kind: None, fields: &[
        Field::new("group", "Group", String, 1, OmitEmpty),
        Field::new("resource", "Resource", String, 2, OmitEmpty).required(),
        Field::new("namespace", "Namespace", String, 3, OmitEmpty),
        Field::new("name", "Name", String, 4, OmitEmpty).required(),
    ],
};
pub static NETWORKING_V1_SERVICE_BACKEND_PORT: Type = Type {
    name: "io.k8s.api.networking.v1.ServiceBackendPort", go: "v1.ServiceBackendPort", atomic: true, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty),
        Field::new("number", "Number", Int32, 2, OmitEmpty),
    ],
};
pub static NETWORKING_V1_SERVICE_CIDR: Type = Type {
    name: "io.k8s.api.networking.v1.ServiceCIDR", go: "v1.ServiceCIDR", atomic: false, group_version_kind: Some(("networking.k8s.io", "v1", "ServiceCIDR")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&NETWORKING_V1_SERVICE_CIDR_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&NETWORKING_V1_SERVICE_CIDR_STATUS), 3, OmitEmpty),
    ],
};
pub static NETWORKING_V1_SERVICE_CIDR_LIST: Type = Type {
    name: "io.k8s.api.networking.v1.ServiceCIDRList", go: "v1.ServiceCIDRList", atomic: false, group_version_kind: Some(("networking.k8s.io", "v1", "ServiceCIDRList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&NETWORKING_V1_SERVICE_CIDR)), 2, Always).required(),
    ],
};
pub static NETWORKING_V1_SERVICE_CIDR_SPEC: Type = Type {
    name: "io.k8s.api.networking.v1.ServiceCIDRSpec", go: "v1.ServiceCIDRSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("cidrs", "CIDRs", List(&String), 1, OmitEmpty).list_atomic(),
    ],
};
pub static NETWORKING_V1_SERVICE_CIDR_STATUS: Type = Type {
    name: "io.k8s.api.networking.v1.ServiceCIDRStatus", go: "v1.ServiceCIDRStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("conditions", "Conditions", List(&Struct(&META_V1_CONDITION)), 1, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static NODE_V1_OVERHEAD: Type = Type {
    name: "io.k8s.api.node.v1.Overhead", go: "v1.Overhead", atomic: false, group_version_kind: None, fields: &[
        Field::new("podFixed", "PodFixed", Map(&Quantity), 1, OmitEmpty).go_type("v1.ResourceList"),
    ],
};
pub static NODE_V1_RUNTIME_CLASS: Type = Type {
    name: "io.k8s.api.node.v1.RuntimeClass", go: "v1.RuntimeClass", atomic: false, group_version_kind: Some(("node.k8s.io", "v1", "RuntimeClass")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("handler", "Handler", String, 2, Always).required(),
        Field::new("overhead", "Overhead", Struct(&NODE_V1_OVERHEAD), 3, Pointer),
        Field::new("scheduling", "Scheduling", Struct(&NODE_V1_SCHEDULING), 4, Pointer),
    ],
};
pub static NODE_V1_RUNTIME_CLASS_LIST: Type = Type {
    name: "io.k8s.api.node.v1.RuntimeClassList", go: "v1.RuntimeClassList", atomic: false, group_version_kind: Some(("node.k8s.io", "v1", "RuntimeClassList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&NODE_V1_RUNTIME_CLASS)), 2, Always).required(),
    ],
};
pub static NODE_V1_SCHEDULING: Type = Type {
    name: "io.k8s.api.node.v1.Scheduling", go: "v1.Scheduling", atomic: false, group_version_kind: None, fields: &[
        Field::new("nodeSelector", "NodeSelector", Map(&String), 1, OmitEmpty).map_atomic(),
        Field::new("tolerations", "Tolerations", List(&Struct(&CORE_V1_TOLERATION)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static POLICY_V1_EVICTION: Type = Type {
    name: "io.k8s.api.policy.v1.Eviction", go: "v1.Eviction", atomic: false, group_version_kind: Some(("policy", "v1", "Eviction")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("deleteOptions", "DeleteOptions", Struct(&META_V1_DELETE_OPTIONS), 2, Pointer),
    ],
};
pub static POLICY_V1_POD_DISRUPTION_BUDGET: Type = Type {
    name: "io.k8s.api.policy.v1.PodDisruptionBudget", go: "v1.PodDisruptionBudget", atomic: false, group_version_kind: Some(("policy", "v1", "PodDisruptionBudget")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&POLICY_V1_POD_DISRUPTION_BUDGET_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&POLICY_V1_POD_DISRUPTION_BUDGET_STATUS), 3, OmitEmpty),
    ],
};
pub static POLICY_V1_POD_DISRUPTION_BUDGET_LIST: Type = Type {
    name: "io.k8s.api.policy.v1.PodDisruptionBudgetList", go: "v1.PodDisruptionBudgetList", atomic: false, group_version_kind: Some(("policy", "v1", "PodDisruptionBudgetList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&POLICY_V1_POD_DISRUPTION_BUDGET)), 2, Always).required(),
    ],
};
pub static POLICY_V1_POD_DISRUPTION_BUDGET_SPEC: Type = Type {
    name: "io.k8s.api.policy.v1.PodDisruptionBudgetSpec", go: "v1.PodDisruptionBudgetSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("minAvailable", "MinAvailable", IntOrString, 1, Pointer),
        Field::new("selector", "Selector", Struct(&META_V1_LABEL_SELECTOR), 2, Pointer).patch(Replace, ""),
        Field::new("maxUnavailable", "MaxUnavailable", IntOrString, 3, Pointer),
        Field::new("unhealthyPodEvictionPolicy", "UnhealthyPodEvictionPolicy", String, 4, Pointer).go_type("v1.UnhealthyPodEvictionPolicyType").one_of(&["AlwaysAllow", "IfHealthyBudget"]),
    ],
};
pub static POLICY_V1_POD_DISRUPTION_BUDGET_STATUS: Type = Type {
    name: "io.k8s.api.policy.v1.PodDisruptionBudgetStatus", go: "v1.PodDisruptionBudgetStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("observedGeneration", "ObservedGeneration", Int64, 1, OmitEmpty),
        Field::new("disruptedPods", "DisruptedPods", Map(&Time), 2, OmitEmpty),
        Field::new("disruptionsAllowed", "DisruptionsAllowed", Int32, 3, Always),
        Field::new("currentHealthy", "CurrentHealthy", Int32, 4, Always),
        Field::new("desiredHealthy", "DesiredHealthy", Int32, 5, Always),
        Field::new("expectedPods", "ExpectedPods", Int32, 6, Always),
        Field::new("conditions", "Conditions", List(&Struct(&META_V1_CONDITION)), 7, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static RBAC_V1_AGGREGATION_RULE: Type = Type {
    name: "io.k8s.api.rbac.v1.AggregationRule", go: "v1.AggregationRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("clusterRoleSelectors", "ClusterRoleSelectors", List(&Struct(&META_V1_LABEL_SELECTOR)), 1, OmitEmpty).list_atomic(),
    ],
};
pub static RBAC_V1_CLUSTER_ROLE: Type = Type {
    name: "io.k8s.api.rbac.v1.ClusterRole", go: "v1.ClusterRole", atomic: false, group_version_kind: Some(("rbac.authorization.k8s.io", "v1", "ClusterRole")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("rules", "Rules", List(&Struct(&RBAC_V1_POLICY_RULE)), 2, Always).list_atomic(),
        Field::new("aggregationRule", "AggregationRule", Struct(&RBAC_V1_AGGREGATION_RULE), 3, Pointer),
    ],
};
pub static RBAC_V1_CLUSTER_ROLE_BINDING: Type = Type {
    name: "io.k8s.api.rbac.v1.ClusterRoleBinding", go: "v1.ClusterRoleBinding", atomic: false, group_version_kind: Some(("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("subjects", "Subjects", List(&Struct(&RBAC_V1_SUBJECT)), 2, OmitEmpty).list_atomic(),
        Field::new("roleRef", "RoleRef", Struct(&RBAC_V1_ROLE_REF), 3, Always).required(),
    ],
};
pub static RBAC_V1_CLUSTER_ROLE_BINDING_LIST: Type = Type {
    name: "io.k8s.api.rbac.v1.ClusterRoleBindingList", go: "v1.ClusterRoleBindingList", atomic: false, group_version_kind: Some(("rbac.authorization.k8s.io", "v1", "ClusterRoleBindingList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&RBAC_V1_CLUSTER_ROLE_BINDING)), 2, Always).required(),
    ],
};
pub static RBAC_V1_CLUSTER_ROLE_LIST: Type = Type {
    name: "io.k8s.api.rbac.v1.ClusterRoleList", go: "v1.ClusterRoleList", atomic: false, group_version_kind: Some(("rbac.authorization.k8s.io", "v1", "ClusterRoleList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&RBAC_V1_CLUSTER_ROLE)), 2, Always).required(),
    ],
};
pub static RBAC_V1_POLICY_RULE: Type = Type {
    name: "io.k8s.api.rbac.v1.PolicyRule", go: "v1.PolicyRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("verbs", "Verbs", List(&String), 1, Always).required().list_atomic(),
        Field::new("apiGroups", "APIGroups", List(&String), 2, OmitEmpty).list_atomic(),
        Field::new("resources", "Resources", List(&String), 3, OmitEmpty).list_atomic(),
        Field::new("resourceNames", "ResourceNames", List(&String), 4, OmitEmpty).list_atomic(),
        Field::new("nonResourceURLs", "NonResourceURLs", List(&String), 5, OmitEmpty).list_atomic(),
    ],
};
pub static RBAC_V1_ROLE: Type = Type {
    name: "io.k8s.api.rbac.v1.Role", go: "v1.Role", atomic: false, group_version_kind: Some(("rbac.authorization.k8s.io", "v1", "Role")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("rules", "Rules", List(&Struct(&RBAC_V1_POLICY_RULE)), 2, Always).list_atomic(),
    ],
};
pub static RBAC_V1_ROLE_BINDING: Type = Type {
    name: "io.k8s.api.rbac.v1.RoleBinding", go: "v1.RoleBinding", atomic: false, group_version_kind: Some(("rbac.authorization.k8s.io", "v1", "RoleBinding")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("subjects", "Subjects", List(&Struct(&RBAC_V1_SUBJECT)), 2, OmitEmpty).list_atomic(),
        Field::new("roleRef", "RoleRef", Struct(&RBAC_V1_ROLE_REF), 3, Always).required(),
    ],
};
pub static RBAC_V1_ROLE_BINDING_LIST: Type = Type {
    name: "io.k8s.api.rbac.v1.RoleBindingList", go: "v1.RoleBindingList", atomic: false, group_version_kind: Some(("rbac.authorization.k8s.io", "v1", "RoleBindingList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&RBAC_V1_ROLE_BINDING)), 2, Always).required(),
    ],
};
pub static RBAC_V1_ROLE_LIST: Type = Type {
    name: "io.k8s.api.rbac.v1.RoleList", go: "v1.RoleList", atomic: false, group_version_kind: Some(("rbac.authorization.k8s.io", "v1", "RoleList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&RBAC_V1_ROLE)), 2, Always).required(),
    ],
};
pub static RBAC_V1_ROLE_REF: Type = Type {
    name: "io.k8s.api.rbac.v1.RoleRef", go: "v1.RoleRef", atomic: true, group_version_kind: None, fields: &[
        Field::new("apiGroup", "APIGroup", String, 1, Always),
        Field::new("kind", "Kind", String, 2, Always).required(),
        Field::new("name", "Name", String, 3, Always).required(),
    ],
};
pub static RBAC_V1_SUBJECT: Type = Type {
    name: "io.k8s.api.rbac.v1.Subject", go: "v1.Subject", atomic: true, group_version_kind: None, fields: &[
        Field::new("kind", "Kind", String, 1, Always).required(),
        Field::new("apiGroup", "APIGroup", String, 2, OmitEmpty),
        Field::new("name", "Name", String, 3, Always).required(),
        Field::new("namespace", "Namespace", String, 4, OmitEmpty),
    ],
};
pub static RESOURCE_V1_ALLOCATED_DEVICE_STATUS: Type = Type {
    name: "io.k8s.api.resource.v1.AllocatedDeviceStatus", go: "v1.AllocatedDeviceStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("driver", "Driver", String, 1, Always).required(),
        Field::new("pool", "Pool", String, 2, Always).required(),
        Field::new("device", "Device", String, 3, Always).required(),
        Field::new("shareID", "ShareID", String, 7, Pointer),
        Field::new("conditions", "Conditions", List(&Struct(&META_V1_CONDITION)), 4, Always).list(Keyed(&["type"])),
        Field::new("data", "Data", RawExtension, 5, Pointer),
        Field::new("networkData", "NetworkData", Struct(&RESOURCE_V1_NETWORK_DEVICE_DATA), 6, Pointer),
    ],
};
pub static RESOURCE_V1_ALLOCATION_RESULT: Type = Type {
    name: "io.k8s.api.resource.v1.AllocationResult", go: "v1.AllocationResult", atomic: false, group_version_kind: None, fields: &[
        Field::new("devices", "Devices", Struct(&RESOURCE_V1_DEVICE_ALLOCATION_RESULT), 1, OmitEmpty),
        Field::new("nodeSelector", "NodeSelector", Struct(&CORE_V1_NODE_SELECTOR), 3, Pointer),
        Field::new("allocationTimestamp", "AllocationTimestamp", Time, 5, Pointer),
    ],
};
pub static RESOURCE_V1_CEL_DEVICE_SELECTOR: Type = Type {
    name: "io.k8s.api.resource.v1.CELDeviceSelector", go: "v1.CELDeviceSelector", atomic: false, group_version_kind: None, fields: &[
        Field::new("expression", "Expression", String, 1, Always).required(),
    ],
};
pub static RESOURCE_V1_CAPACITY_REQUEST_POLICY: Type = Type {
    name: "io.k8s.api.resource.v1.CapacityRequestPolicy", go: "v1.CapacityRequestPolicy", atomic: false, group_version_kind: None, fields: &[
        Field::new("default", "Default", Quantity, 1, AlwaysPointer),
        Field::new("validValues", "ValidValues", List(&Quantity), 3, OmitEmpty).list_atomic(),
        Field::new("validRange", "ValidRange", Struct(&RESOURCE_V1_CAPACITY_REQUEST_POLICY_RANGE), 4, Pointer),
    ],
};
pub static RESOURCE_V1_CAPACITY_REQUEST_POLICY_RANGE: Type = Type {
    name: "io.k8s.api.resource.v1.CapacityRequestPolicyRange", go: "v1.CapacityRequestPolicyRange", atomic: false, group_version_kind: None, fields: &[
        Field::new("min", "Min", Quantity, 1, Pointer).required(),
        Field::new("max", "Max", Quantity, 2, Pointer),
        Field::new("step", "Step", Quantity, 3, Pointer),
    ],
};
pub static RESOURCE_V1_CAPACITY_REQUIREMENTS: Type = Type {
    name: "io.k8s.api.resource.v1.CapacityRequirements", go: "v1.CapacityRequirements", atomic: false, group_version_kind: None, fields: &[
        Field::new("requests", "Requests", Map(&Quantity), 1, OmitEmpty).go_type("map[v1.QualifiedName]resource.Quantity"),
    ],
};
pub static RESOURCE_V1_COUNTER: Type = Type {
    name: "io.k8s.api.resource.v1.Counter", go: "v1.Counter", atomic: false, group_version_kind: None, fields: &[
        Field::new("value", "Value", Quantity, 1, Always).required(),
    ],
};
pub static RESOURCE_V1_COUNTER_SET: Type = Type {
    name: "io.k8s.api.resource.v1.CounterSet", go: "v1.CounterSet", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("counters", "Counters", Map(&Struct(&RESOURCE_V1_COUNTER)), 2, OmitEmpty).required(),
    ],
};
pub static RESOURCE_V1_DEVICE: Type = Type {
    name: "io.k8s.api.resource.v1.Device", go: "v1.Device", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("attributes", "Attributes", Map(&Struct(&RESOURCE_V1_DEVICE_ATTRIBUTE)), 2, OmitEmpty).go_type("map[v1.QualifiedName]v1.DeviceAttribute"),
        Field::new("capacity", "Capacity", Map(&Struct(&RESOURCE_V1_DEVICE_CAPACITY)), 3, OmitEmpty).go_type("map[v1.QualifiedName]v1.DeviceCapacity"),
        Field::new("consumesCounters", "ConsumesCounters", List(&Struct(&RESOURCE_V1_DEVICE_COUNTER_CONSUMPTION)), 4, OmitEmpty).list_atomic(),
        Field::new("nodeName", "NodeName", String, 5, Pointer),
        Field::new("nodeSelector", "NodeSelector", Struct(&CORE_V1_NODE_SELECTOR), 6, Pointer),
        Field::new("allNodes", "AllNodes", Bool, 7, Pointer),
        Field::new("taints", "Taints", List(&Struct(&RESOURCE_V1_DEVICE_TAINT)), 8, OmitEmpty).list_atomic(),
        Field::new("bindsToNode", "BindsToNode", Bool, 9, Pointer),
        Field::new("bindingConditions", "BindingConditions", List(&String), 10, OmitEmpty).list_atomic(),
        Field::new("bindingFailureConditions", "BindingFailureConditions", List(&String), 11, OmitEmpty).list_atomic(),
        Field::new("allowMultipleAllocations", "AllowMultipleAllocations", Bool, 12, Pointer),
        Field::new("nodeAllocatableResourceMappings", "NodeAllocatableResourceMappings", Map(&Struct(&RESOURCE_V1_NODE_ALLOCATABLE_RESOURCE_MAPPING)), 13, OmitEmpty).go_type("map[v1.ResourceName]v1.NodeAllocatableResourceMapping"),
    ],
};
pub static RESOURCE_V1_DEVICE_ALLOCATION_CONFIGURATION: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceAllocationConfiguration", go: "v1.DeviceAllocationConfiguration", atomic: false, group_version_kind: None, fields: &[
        Field::new("source", "Source", String, 1, Always).go_type("v1.AllocationConfigSource").one_of(&["FromClaim", "FromClass"]).required(),
        Field::new("requests", "Requests", List(&String), 2, OmitEmpty).list_atomic(),
        Field::new("opaque", "Opaque", Struct(&RESOURCE_V1_OPAQUE_DEVICE_CONFIGURATION), 1, Pointer).proto_in(&[3]).embedded("DeviceConfiguration"),
    ],
};
pub static RESOURCE_V1_DEVICE_ALLOCATION_RESULT: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceAllocationResult", go: "v1.DeviceAllocationResult", atomic: false, group_version_kind: None, fields: &[
        Field::new("results", "Results", List(&Struct(&RESOURCE_V1_DEVICE_REQUEST_ALLOCATION_RESULT)), 1, OmitEmpty).list_atomic(),
        Field::new("config", "Config", List(&Struct(&RESOURCE_V1_DEVICE_ALLOCATION_CONFIGURATION)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static RESOURCE_V1_DEVICE_ATTRIBUTE: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceAttribute", go: "v1.DeviceAttribute", atomic: false, group_version_kind: None, fields: &[
        Field::new("int", "IntValue", Int64, 2, Pointer),
        Field::new("bool", "BoolValue", Bool, 3, Pointer),
        Field::new("string", "StringValue", String, 4, Pointer),
        Field::new("version", "VersionValue", String, 5, Pointer),
        Field::new("ints", "IntValues", List(&Int64), 6, OmitEmpty).list_atomic(),
        Field::new("bools", "BoolValues", List(&Bool), 7, OmitEmpty).list_atomic(),
        Field::new("strings", "StringValues", List(&String), 8, OmitEmpty).list_atomic(),
        Field::new("versions", "VersionValues", List(&String), 9, OmitEmpty).list_atomic(),
    ],
};
pub static RESOURCE_V1_DEVICE_CAPACITY: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceCapacity", go: "v1.DeviceCapacity", atomic: false, group_version_kind: None, fields: &[
        Field::new("value", "Value", Quantity, 1, Always).required(),
        Field::new("requestPolicy", "RequestPolicy", Struct(&RESOURCE_V1_CAPACITY_REQUEST_POLICY), 2, Pointer),
    ],
};
pub static RESOURCE_V1_DEVICE_CLAIM: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceClaim", go: "v1.DeviceClaim", atomic: false, group_version_kind: None, fields: &[
        Field::new("requests", "Requests", List(&Struct(&RESOURCE_V1_DEVICE_REQUEST)), 1, Always).list_atomic(),
        Field::new("constraints", "Constraints", List(&Struct(&RESOURCE_V1_DEVICE_CONSTRAINT)), 2, OmitEmpty).list_atomic(),
        Field::new("config", "Config", List(&Struct(&RESOURCE_V1_DEVICE_CLAIM_CONFIGURATION)), 3, OmitEmpty).list_atomic(),
    ],
};
pub static RESOURCE_V1_DEVICE_CLAIM_CONFIGURATION: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceClaimConfiguration", go: "v1.DeviceClaimConfiguration", atomic: false, group_version_kind: None, fields: &[
        Field::new("requests", "Requests", List(&String), 1, OmitEmpty).list_atomic(),
        Field::new("opaque", "Opaque", Struct(&RESOURCE_V1_OPAQUE_DEVICE_CONFIGURATION), 1, Pointer).proto_in(&[2]).embedded("DeviceConfiguration"),
    ],
};
pub static RESOURCE_V1_DEVICE_CLASS: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceClass", go: "v1.DeviceClass", atomic: false, group_version_kind: Some(("resource.k8s.io", "v1", "DeviceClass")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&RESOURCE_V1_DEVICE_CLASS_SPEC), 2, Always).required(),
    ],
};
pub static RESOURCE_V1_DEVICE_CLASS_CONFIGURATION: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceClassConfiguration", go: "v1.DeviceClassConfiguration", atomic: false, group_version_kind: None, fields: &[
        Field::new("opaque", "Opaque", Struct(&RESOURCE_V1_OPAQUE_DEVICE_CONFIGURATION), 1, Pointer).proto_in(&[1]).embedded("DeviceConfiguration"),
    ],
};
pub static RESOURCE_V1_DEVICE_CLASS_LIST: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceClassList", go: "v1.DeviceClassList", atomic: false, group_version_kind: Some(("resource.k8s.io", "v1", "DeviceClassList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&RESOURCE_V1_DEVICE_CLASS)), 2, Always).required(),
    ],
};
pub static RESOURCE_V1_DEVICE_CLASS_SPEC: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceClassSpec", go: "v1.DeviceClassSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("selectors", "Selectors", List(&Struct(&RESOURCE_V1_DEVICE_SELECTOR)), 1, OmitEmpty).list_atomic(),
        Field::new("config", "Config", List(&Struct(&RESOURCE_V1_DEVICE_CLASS_CONFIGURATION)), 2, OmitEmpty).list_atomic(),
        Field::new("extendedResourceName", "ExtendedResourceName", String, 4, Pointer),
    ],
};
pub static RESOURCE_V1_DEVICE_CONSTRAINT: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceConstraint", go: "v1.DeviceConstraint", atomic: false, group_version_kind: None, fields: &[
        Field::new("requests", "Requests", List(&String), 1, OmitEmpty).list_atomic(),
        Field::new("matchAttribute", "MatchAttribute", String, 2, Pointer).go_type("v1.FullyQualifiedName"),
        Field::new("distinctAttribute", "DistinctAttribute", String, 3, Pointer).go_type("v1.FullyQualifiedName"),
    ],
};
pub static RESOURCE_V1_DEVICE_COUNTER_CONSUMPTION: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceCounterConsumption", go: "v1.DeviceCounterConsumption", atomic: false, group_version_kind: None, fields: &[
        Field::new("counterSet", "CounterSet", String, 1, Always).required(),
        Field::new("counters", "Counters", Map(&Struct(&RESOURCE_V1_COUNTER)), 2, OmitEmpty).required(),
    ],
};
pub static RESOURCE_V1_DEVICE_REQUEST: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceRequest", go: "v1.DeviceRequest", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("exactly", "Exactly", Struct(&RESOURCE_V1_EXACT_DEVICE_REQUEST), 2, Pointer),
        Field::new("firstAvailable", "FirstAvailable", List(&Struct(&RESOURCE_V1_DEVICE_SUB_REQUEST)), 3, OmitEmpty).list_atomic(),
    ],
};
pub static RESOURCE_V1_DEVICE_REQUEST_ALLOCATION_RESULT: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceRequestAllocationResult", go: "v1.DeviceRequestAllocationResult", atomic: false, group_version_kind: None, fields: &[
        Field::new("request", "Request", String, 1, Always).required(),
        Field::new("driver", "Driver", String, 2, Always).required(),
        Field::new("pool", "Pool", String, 3, Always).required(),
        Field::new("device", "Device", String, 4, Always).required(),
        Field::new("adminAccess", "AdminAccess", Bool, 5, Pointer),
        Field::new("tolerations", "Tolerations", List(&Struct(&RESOURCE_V1_DEVICE_TOLERATION)), 6, OmitEmpty).list_atomic(),
        Field::new("bindingConditions", "BindingConditions", List(&String), 7, OmitEmpty).list_atomic(),
        Field::new("bindingFailureConditions", "BindingFailureConditions", List(&String), 8, OmitEmpty).list_atomic(),
        Field::new("shareID", "ShareID", String, 9, Pointer).go_type("types.UID"),
        Field::new("consumedCapacity", "ConsumedCapacity", Map(&Quantity), 10, OmitEmpty).go_type("map[v1.QualifiedName]resource.Quantity"),
    ],
};
pub static RESOURCE_V1_DEVICE_SELECTOR: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceSelector", go: "v1.DeviceSelector", atomic: false, group_version_kind: None, fields: &[
        Field::new("cel", "CEL", Struct(&RESOURCE_V1_CEL_DEVICE_SELECTOR), 1, Pointer),
    ],
};
pub static RESOURCE_V1_DEVICE_SUB_REQUEST: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceSubRequest", go: "v1.DeviceSubRequest", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("deviceClassName", "DeviceClassName", String, 2, Always).required(),
        Field::new("selectors", "Selectors", List(&Struct(&RESOURCE_V1_DEVICE_SELECTOR)), 3, OmitEmpty).list_atomic(),
        Field::new("allocationMode", "AllocationMode", String, 4, OmitEmpty).go_type("v1.DeviceAllocationMode").one_of(&["All", "ExactCount"]),
        Field::new("count", "Count", Int64, 5, OmitEmpty),
        Field::new("tolerations", "Tolerations", List(&Struct(&RESOURCE_V1_DEVICE_TOLERATION)), 6, OmitEmpty).list_atomic(),
        Field::new("capacity", "Capacity", Struct(&RESOURCE_V1_CAPACITY_REQUIREMENTS), 7, Pointer),
    ],
};
pub static RESOURCE_V1_DEVICE_TAINT: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceTaint", go: "v1.DeviceTaint", atomic: false, group_version_kind: None, fields: &[
        Field::new("key", "Key", String, 1, Always).required(),
        Field::new("value", "Value", String, 2, OmitEmpty),
        Field::new("effect", "Effect", String, 3, Always).go_type("v1.DeviceTaintEffect").one_of(&["NoExecute", "NoSchedule", "None"]).required(),
        Field::new("timeAdded", "TimeAdded", Time, 4, Pointer),
    ],
};
pub static RESOURCE_V1_DEVICE_TOLERATION: Type = Type {
    name: "io.k8s.api.resource.v1.DeviceToleration", go: "v1.DeviceToleration", atomic: false, group_version_kind: None, fields: &[
        Field::new("key", "Key", String, 1, OmitEmpty),
        Field::new("operator", "Operator", String, 2, OmitEmpty).go_type("v1.DeviceTolerationOperator").default("\"Equal\"").one_of(&["Equal", "Exists"]),
        Field::new("value", "Value", String, 3, OmitEmpty),
        Field::new("effect", "Effect", String, 4, OmitEmpty).go_type("v1.DeviceTaintEffect").one_of(&["NoExecute", "NoSchedule", "None"]),
        Field::new("tolerationSeconds", "TolerationSeconds", Int64, 5, Pointer),
    ],
};
pub static RESOURCE_V1_EXACT_DEVICE_REQUEST: Type = Type {
    name: "io.k8s.api.resource.v1.ExactDeviceRequest", go: "v1.ExactDeviceRequest", atomic: false, group_version_kind: None, fields: &[
        Field::new("deviceClassName", "DeviceClassName", String, 1, Always).required(),
        Field::new("selectors", "Selectors", List(&Struct(&RESOURCE_V1_DEVICE_SELECTOR)), 2, OmitEmpty).list_atomic(),
        Field::new("allocationMode", "AllocationMode", String, 3, OmitEmpty).go_type("v1.DeviceAllocationMode").one_of(&["All", "ExactCount"]),
        Field::new("count", "Count", Int64, 4, OmitEmpty),
        Field::new("adminAccess", "AdminAccess", Bool, 5, Pointer),
        Field::new("tolerations", "Tolerations", List(&Struct(&RESOURCE_V1_DEVICE_TOLERATION)), 6, OmitEmpty).list_atomic(),
        Field::new("capacity", "Capacity", Struct(&RESOURCE_V1_CAPACITY_REQUIREMENTS), 7, Pointer),
    ],
};
pub static RESOURCE_V1_NETWORK_DEVICE_DATA: Type = Type {
    name: "io.k8s.api.resource.v1.NetworkDeviceData", go: "v1.NetworkDeviceData", atomic: false, group_version_kind: None, fields: &[
        Field::new("interfaceName", "InterfaceName", String, 1, OmitEmpty),
        Field::new("ips", "IPs", List(&String), 2, OmitEmpty).list_atomic(),
        Field::new("hardwareAddress", "HardwareAddress", String, 3, OmitEmpty),
    ],
};
pub static RESOURCE_V1_NODE_ALLOCATABLE_RESOURCE_MAPPING: Type = Type {
    name: "io.k8s.api.resource.v1.NodeAllocatableResourceMapping", go: "v1.NodeAllocatableResourceMapping", atomic: false, group_version_kind: None, fields: &[
        Field::new("capacityKey", "CapacityKey", String, 1, Pointer).go_type("v1.QualifiedName"),
        Field::new("allocationMultiplier", "AllocationMultiplier", Quantity, 2, Pointer),
    ],
};
pub static RESOURCE_V1_OPAQUE_DEVICE_CONFIGURATION: Type = Type {
    name: "io.k8s.api.resource.v1.OpaqueDeviceConfiguration", go: "v1.OpaqueDeviceConfiguration", atomic: false, group_version_kind: None, fields: &[
        Field::new("driver", "Driver", String, 1, Always).required(),
        Field::new("parameters", "Parameters", RawExtension, 2, Always).required(),
    ],
};
pub static RESOURCE_V1_RESOURCE_CLAIM: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceClaim", go: "v1.ResourceClaim", atomic: false, group_version_kind: Some(("resource.k8s.io", "v1", "ResourceClaim")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&RESOURCE_V1_RESOURCE_CLAIM_SPEC), 2, Always).required(),
        Field::new("status", "Status", Struct(&RESOURCE_V1_RESOURCE_CLAIM_STATUS), 3, OmitEmpty),
    ],
};
pub static RESOURCE_V1_RESOURCE_CLAIM_CONSUMER_REFERENCE: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceClaimConsumerReference", go: "v1.ResourceClaimConsumerReference", atomic: false, group_version_kind: None, fields: &[
        Field::new("apiGroup", "APIGroup", String, 1, OmitEmpty),
        Field::new("resource", "Resource", String, 3, Always).required(),
        Field::new("name", "Name", String, 4, Always).required(),
        Field::new("uid", "UID", String, 5, Always).go_type("types.UID").required(),
    ],
};
pub static RESOURCE_V1_RESOURCE_CLAIM_LIST: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceClaimList", go: "v1.ResourceClaimList", atomic: false, group_version_kind: Some(("resource.k8s.io", "v1", "ResourceClaimList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&RESOURCE_V1_RESOURCE_CLAIM)), 2, Always).required(),
    ],
};
pub static RESOURCE_V1_RESOURCE_CLAIM_SPEC: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceClaimSpec", go: "v1.ResourceClaimSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("devices", "Devices", Struct(&RESOURCE_V1_DEVICE_CLAIM), 1, Always),
    ],
};
pub static RESOURCE_V1_RESOURCE_CLAIM_STATUS: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceClaimStatus", go: "v1.ResourceClaimStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("allocation", "Allocation", Struct(&RESOURCE_V1_ALLOCATION_RESULT), 1, Pointer),
        Field::new("reservedFor", "ReservedFor", List(&Struct(&RESOURCE_V1_RESOURCE_CLAIM_CONSUMER_REFERENCE)), 2, OmitEmpty).list(Keyed(&["uid"])).patch(Merge, "uid"),
        Field::new("devices", "Devices", List(&Struct(&RESOURCE_V1_ALLOCATED_DEVICE_STATUS)), 4, OmitEmpty).list(Keyed(&["driver", "device", "pool", "shareID"])),
    ],
};
pub static RESOURCE_V1_RESOURCE_CLAIM_TEMPLATE: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceClaimTemplate", go: "v1.ResourceClaimTemplate", atomic: false, group_version_kind: Some(("resource.k8s.io", "v1", "ResourceClaimTemplate")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&RESOURCE_V1_RESOURCE_CLAIM_TEMPLATE_SPEC), 2, Always).required(),
    ],
};
pub static RESOURCE_V1_RESOURCE_CLAIM_TEMPLATE_LIST: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceClaimTemplateList", go: "v1.ResourceClaimTemplateList", atomic: false, group_version_kind: Some(("resource.k8s.io", "v1", "ResourceClaimTemplateList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&RESOURCE_V1_RESOURCE_CLAIM_TEMPLATE)), 2, Always).required(),
    ],
};
pub static RESOURCE_V1_RESOURCE_CLAIM_TEMPLATE_SPEC: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceClaimTemplateSpec", go: "v1.ResourceClaimTemplateSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&RESOURCE_V1_RESOURCE_CLAIM_SPEC), 2, Always).required(),
    ],
};
pub static RESOURCE_V1_RESOURCE_POOL: Type = Type {
    name: "io.k8s.api.resource.v1.ResourcePool", go: "v1.ResourcePool", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("generation", "Generation", Int64, 2, Always).required(),
        Field::new("resourceSliceCount", "ResourceSliceCount", Int64, 3, Always).required(),
    ],
};
pub static RESOURCE_V1_RESOURCE_SLICE: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceSlice", go: "v1.ResourceSlice", atomic: false, group_version_kind: Some(("resource.k8s.io", "v1", "ResourceSlice")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&RESOURCE_V1_RESOURCE_SLICE_SPEC), 2, Always).required(),
    ],
};
pub static RESOURCE_V1_RESOURCE_SLICE_LIST: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceSliceList", go: "v1.ResourceSliceList", atomic: false, group_version_kind: Some(("resource.k8s.io", "v1", "ResourceSliceList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&RESOURCE_V1_RESOURCE_SLICE)), 2, Always).required(),
    ],
};
pub static RESOURCE_V1_RESOURCE_SLICE_SPEC: Type = Type {
    name: "io.k8s.api.resource.v1.ResourceSliceSpec", go: "v1.ResourceSliceSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("driver", "Driver", String, 1, Always).required(),
        Field::new("pool", "Pool", Struct(&RESOURCE_V1_RESOURCE_POOL), 2, Always).required(),
        Field::new("nodeName", "NodeName", String, 3, Pointer),
        Field::new("nodeSelector", "NodeSelector", Struct(&CORE_V1_NODE_SELECTOR), 4, Pointer),
        Field::new("allNodes", "AllNodes", Bool, 5, Pointer),
        Field::new("devices", "Devices", List(&Struct(&RESOURCE_V1_DEVICE)), 6, OmitEmpty).list_atomic(),
        Field::new("perDeviceNodeSelection", "PerDeviceNodeSelection", Bool, 7, Pointer),
        Field::new("sharedCounters", "SharedCounters", List(&Struct(&RESOURCE_V1_COUNTER_SET)), 8, OmitEmpty).list_atomic(),
    ],
};
pub static SCHEDULING_V1_PRIORITY_CLASS: Type = Type {
    name: "io.k8s.api.scheduling.v1.PriorityClass", go: "v1.PriorityClass", atomic: false, group_version_kind: Some(("scheduling.k8s.io", "v1", "PriorityClass")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("value", "Value", Int32, 2, Always),
        Field::new("globalDefault", "GlobalDefault", Bool, 3, OmitEmpty),
        Field::new("description", "Description", String, 4, OmitEmpty),
        Field::new("preemptionPolicy", "PreemptionPolicy", String, 5, Pointer).go_type("v1.PreemptionPolicy").one_of(&["Never", "PreemptLowerPriority"]),
    ],
};
pub static SCHEDULING_V1_PRIORITY_CLASS_LIST: Type = Type {
    name: "io.k8s.api.scheduling.v1.PriorityClassList", go: "v1.PriorityClassList", atomic: false, group_version_kind: Some(("scheduling.k8s.io", "v1", "PriorityClassList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&SCHEDULING_V1_PRIORITY_CLASS)), 2, Always).required(),
    ],
};
pub static STORAGE_V1_CSI_DRIVER: Type = Type {
    name: "io.k8s.api.storage.v1.CSIDriver", go: "v1.CSIDriver", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "CSIDriver")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&STORAGE_V1_CSI_DRIVER_SPEC), 2, Always).required(),
    ],
};
pub static STORAGE_V1_CSI_DRIVER_LIST: Type = Type {
    name: "io.k8s.api.storage.v1.CSIDriverList", go: "v1.CSIDriverList", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "CSIDriverList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&STORAGE_V1_CSI_DRIVER)), 2, Always).required(),
    ],
};
pub static STORAGE_V1_CSI_DRIVER_SPEC: Type = Type {
    name: "io.k8s.api.storage.v1.CSIDriverSpec", go: "v1.CSIDriverSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("attachRequired", "AttachRequired", Bool, 1, Pointer),
        Field::new("podInfoOnMount", "PodInfoOnMount", Bool, 2, Pointer),
        Field::new("volumeLifecycleModes", "VolumeLifecycleModes", List(&String), 3, OmitEmpty).go_type("[]v1.VolumeLifecycleMode").list(Set),
        Field::new("storageCapacity", "StorageCapacity", Bool, 4, Pointer),
        Field::new("fsGroupPolicy", "FSGroupPolicy", String, 5, Pointer).go_type("v1.FSGroupPolicy"),
        Field::new("tokenRequests", "TokenRequests", List(&Struct(&STORAGE_V1_TOKEN_REQUEST)), 6, OmitEmpty).list_atomic(),
        Field::new("requiresRepublish", "RequiresRepublish", Bool, 7, Pointer),
        Field::new("seLinuxMount", "SELinuxMount", Bool, 8, Pointer),
        Field::new("nodeAllocatableUpdatePeriodSeconds", "NodeAllocatableUpdatePeriodSeconds", Int64, 9, Pointer),
        Field::new("serviceAccountTokenInSecrets", "ServiceAccountTokenInSecrets", Bool, 10, Pointer),
        Field::new("preventPodSchedulingIfMissing", "PreventPodSchedulingIfMissing", Bool, 11, Pointer),
    ],
};
pub static STORAGE_V1_CSI_NODE: Type = Type {
    name: "io.k8s.api.storage.v1.CSINode", go: "v1.CSINode", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "CSINode")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&STORAGE_V1_CSI_NODE_SPEC), 2, Always).required(),
    ],
};
pub static STORAGE_V1_CSI_NODE_DRIVER: Type = Type {
    name: "io.k8s.api.storage.v1.CSINodeDriver", go: "v1.CSINodeDriver", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("nodeID", "NodeID", String, 2, Always).required(),
        Field::new("topologyKeys", "TopologyKeys", List(&String), 3, Always).list_atomic(),
        Field::new("allocatable", "Allocatable", Struct(&STORAGE_V1_VOLUME_NODE_RESOURCES), 4, Pointer),
    ],
};
pub static STORAGE_V1_CSI_NODE_LIST: Type = Type {
    name: "io.k8s.api.storage.v1.CSINodeList", go: "v1.CSINodeList", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "CSINodeList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&STORAGE_V1_CSI_NODE)), 2, Always).required(),
    ],
};
pub static STORAGE_V1_CSI_NODE_SPEC: Type = Type {
    name: "io.k8s.api.storage.v1.CSINodeSpec", go: "v1.CSINodeSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("drivers", "Drivers", List(&Struct(&STORAGE_V1_CSI_NODE_DRIVER)), 1, Always).list(Keyed(&["name"])).patch(Merge, "name").required(),
    ],
};
pub static STORAGE_V1_CSI_STORAGE_CAPACITY: Type = Type {
    name: "io.k8s.api.storage.v1.CSIStorageCapacity", go: "v1.CSIStorageCapacity", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "CSIStorageCapacity")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("nodeTopology", "NodeTopology", Struct(&META_V1_LABEL_SELECTOR), 2, Pointer),
        Field::new("storageClassName", "StorageClassName", String, 3, Always).required(),
        Field::new("capacity", "Capacity", Quantity, 4, Pointer),
        Field::new("maximumVolumeSize", "MaximumVolumeSize", Quantity, 5, Pointer),
    ],
};
pub static STORAGE_V1_CSI_STORAGE_CAPACITY_LIST: Type = Type {
    name: "io.k8s.api.storage.v1.CSIStorageCapacityList", go: "v1.CSIStorageCapacityList", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "CSIStorageCapacityList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&STORAGE_V1_CSI_STORAGE_CAPACITY)), 2, Always).required(),
    ],
};
pub static STORAGE_V1_STORAGE_CLASS: Type = Type {
    name: "io.k8s.api.storage.v1.StorageClass", go: "v1.StorageClass", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "StorageClass")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("provisioner", "Provisioner", String, 2, Always).required(),
        Field::new("parameters", "Parameters", Map(&String), 3, OmitEmpty),
        Field::new("reclaimPolicy", "ReclaimPolicy", String, 4, Pointer).go_type("v1.PersistentVolumeReclaimPolicy").one_of(&["Delete", "Recycle", "Retain"]),
        Field::new("mountOptions", "MountOptions", List(&String), 5, OmitEmpty).list_atomic(),
        Field::new("allowVolumeExpansion", "AllowVolumeExpansion", Bool, 6, Pointer),
        Field::new("volumeBindingMode", "VolumeBindingMode", String, 7, Pointer).go_type("v1.VolumeBindingMode").one_of(&["Immediate", "WaitForFirstConsumer"]),
        Field::new("allowedTopologies", "AllowedTopologies", List(&Struct(&CORE_V1_TOPOLOGY_SELECTOR_TERM)), 8, OmitEmpty).list_atomic(),
    ],
};
pub static STORAGE_V1_STORAGE_CLASS_LIST: Type = Type {
    name: "io.k8s.api.storage.v1.StorageClassList", go: "v1.StorageClassList", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "StorageClassList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&STORAGE_V1_STORAGE_CLASS)), 2, Always).required(),
    ],
};
pub static STORAGE_V1_TOKEN_REQUEST: Type = Type {
    name: "io.k8s.api.storage.v1.TokenRequest", go: "v1.TokenRequest", atomic: false, group_version_kind: None, fields: &[
        Field::new("audience", "Audience", String, 1, Always).required(),
        Field::new("expirationSeconds", "ExpirationSeconds", Int64, 2, Pointer),
    ],
};
pub static STORAGE_V1_VOLUME_ATTACHMENT: Type = Type {
    name: "io.k8s.api.storage.v1.VolumeAttachment", go: "v1.VolumeAttachment", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "VolumeAttachment")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&STORAGE_V1_VOLUME_ATTACHMENT_SPEC), 2, Always).required(),
        Field::new("status", "Status", Struct(&STORAGE_V1_VOLUME_ATTACHMENT_STATUS), 3, OmitEmpty),
    ],
};
pub static STORAGE_V1_VOLUME_ATTACHMENT_LIST: Type = Type {
    name: "io.k8s.api.storage.v1.VolumeAttachmentList", go: "v1.VolumeAttachmentList", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "VolumeAttachmentList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&STORAGE_V1_VOLUME_ATTACHMENT)), 2, Always).required(),
    ],
};
pub static STORAGE_V1_VOLUME_ATTACHMENT_SOURCE: Type = Type {
    name: "io.k8s.api.storage.v1.VolumeAttachmentSource", go: "v1.VolumeAttachmentSource", atomic: false, group_version_kind: None, fields: &[
        Field::new("persistentVolumeName", "PersistentVolumeName", String, 1, Pointer),
        Field::new("inlineVolumeSpec", "InlineVolumeSpec", Struct(&CORE_V1_PERSISTENT_VOLUME_SPEC), 2, Pointer),
    ],
};
pub static STORAGE_V1_VOLUME_ATTACHMENT_SPEC: Type = Type {
    name: "io.k8s.api.storage.v1.VolumeAttachmentSpec", go: "v1.VolumeAttachmentSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("attacher", "Attacher", String, 1, Always).required(),
        Field::new("source", "Source", Struct(&STORAGE_V1_VOLUME_ATTACHMENT_SOURCE), 2, Always).required(),
        Field::new("nodeName", "NodeName", String, 3, Always).required(),
    ],
};
pub static STORAGE_V1_VOLUME_ATTACHMENT_STATUS: Type = Type {
    name: "io.k8s.api.storage.v1.VolumeAttachmentStatus", go: "v1.VolumeAttachmentStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("attached", "Attached", Bool, 1, Always).required(),
        Field::new("attachmentMetadata", "AttachmentMetadata", Map(&String), 2, OmitEmpty),
        Field::new("attachError", "AttachError", Struct(&STORAGE_V1_VOLUME_ERROR), 3, Pointer),
        Field::new("detachError", "DetachError", Struct(&STORAGE_V1_VOLUME_ERROR), 4, Pointer),
    ],
};
pub static STORAGE_V1_VOLUME_ATTRIBUTES_CLASS: Type = Type {
    name: "io.k8s.api.storage.v1.VolumeAttributesClass", go: "v1.VolumeAttributesClass", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "VolumeAttributesClass")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("driverName", "DriverName", String, 2, Always).required(),
        Field::new("parameters", "Parameters", Map(&String), 3, OmitEmpty),
    ],
};
pub static STORAGE_V1_VOLUME_ATTRIBUTES_CLASS_LIST: Type = Type {
    name: "io.k8s.api.storage.v1.VolumeAttributesClassList", go: "v1.VolumeAttributesClassList", atomic: false, group_version_kind: Some(("storage.k8s.io", "v1", "VolumeAttributesClassList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&STORAGE_V1_VOLUME_ATTRIBUTES_CLASS)), 2, Always).required(),
    ],
};
pub static STORAGE_V1_VOLUME_ERROR: Type = Type {
    name: "io.k8s.api.storage.v1.VolumeError", go: "v1.VolumeError", atomic: false, group_version_kind: None, fields: &[
        Field::new("time", "Time", Time, 1, OmitEmpty),
        Field::new("message", "Message", String, 2, OmitEmpty),
        Field::new("errorCode", "ErrorCode", Int32, 3, Pointer),
    ],
};
pub static STORAGE_V1_VOLUME_NODE_RESOURCES: Type = Type {
    name: "io.k8s.api.storage.v1.VolumeNodeResources", go: "v1.VolumeNodeResources", atomic: false, group_version_kind: None, fields: &[
        Field::new("count", "Count", Int32, 1, Pointer),
    ],
};
pub static APIEXTENSIONS_V1_CONVERSION_REQUEST: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionRequest", go: "v1.ConversionRequest", atomic: false, group_version_kind: None, fields: &[
        Field::new("uid", "UID", String, 1, Always).go_type("types.UID").required(),
        Field::new("desiredAPIVersion", "DesiredAPIVersion", String, 2, Always).required(),
        Field::new("objects", "Objects", List(&RawExtension), 3, Always).required().list_atomic(),
    ],
};
pub static APIEXTENSIONS_V1_CONVERSION_RESPONSE: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionResponse", go: "v1.ConversionResponse", atomic: false, group_version_kind: None, fields: &[
        Field::new("uid", "UID", String, 1, Always).go_type("types.UID").required(),
        Field::new("convertedObjects", "ConvertedObjects", List(&RawExtension), 2, Always).required().list_atomic(),
        Field::new("result", "Result", Struct(&META_V1_STATUS), 3, Always).required(),
    ],
};
pub static APIEXTENSIONS_V1_CONVERSION_REVIEW: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionReview", go: "v1.ConversionReview", atomic: false, group_version_kind: Some(("apiextensions.k8s.io", "v1", "ConversionReview")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("request", "Request", Struct(&APIEXTENSIONS_V1_CONVERSION_REQUEST), 1, Pointer),
        Field::new("response", "Response", Struct(&APIEXTENSIONS_V1_CONVERSION_RESPONSE), 2, Pointer),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_COLUMN_DEFINITION: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition", go: "v1.CustomResourceColumnDefinition", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("type", "Type", String, 2, Always).required(),
        Field::new("format", "Format", String, 3, OmitEmpty),
        Field::new("description", "Description", String, 4, OmitEmpty),
        Field::new("priority", "Priority", Int32, 5, OmitEmpty),
        Field::new("jsonPath", "JSONPath", String, 6, Always).required(),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_CONVERSION: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion", go: "v1.CustomResourceConversion", atomic: false, group_version_kind: None, fields: &[
        Field::new("strategy", "Strategy", String, 1, Always).go_type("v1.ConversionStrategyType").required(),
        Field::new("webhook", "Webhook", Struct(&APIEXTENSIONS_V1_WEBHOOK_CONVERSION), 2, Pointer),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition", go: "v1.CustomResourceDefinition", atomic: false, group_version_kind: Some(("apiextensions.k8s.io", "v1", "CustomResourceDefinition")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_SPEC), 2, Always).required(),
        Field::new("status", "Status", Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_STATUS), 3, OmitEmpty),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_CONDITION: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition", go: "v1.CustomResourceDefinitionCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.CustomResourceDefinitionConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("message", "Message", String, 5, OmitEmpty),
        Field::new("observedGeneration", "ObservedGeneration", Int64, 6, OmitEmpty),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_LIST: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionList", go: "v1.CustomResourceDefinitionList", atomic: false, group_version_kind: Some(("apiextensions.k8s.io", "v1", "CustomResourceDefinitionList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION)), 2, Always).required(),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_NAMES: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames", go: "v1.CustomResourceDefinitionNames", atomic: false, group_version_kind: None, fields: &[
        Field::new("plural", "Plural", String, 1, Always).required(),
        Field::new("singular", "Singular", String, 2, OmitEmpty),
        Field::new("shortNames", "ShortNames", List(&String), 3, OmitEmpty).list_atomic(),
        Field::new("kind", "Kind", String, 4, Always).required(),
        Field::new("listKind", "ListKind", String, 5, OmitEmpty),
        Field::new("categories", "Categories", List(&String), 6, OmitEmpty).list_atomic(),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_SPEC: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec", go: "v1.CustomResourceDefinitionSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("group", "Group", String, 1, Always).required(),
        Field::new("names", "Names", Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_NAMES), 3, Always).required(),
        Field::new("scope", "Scope", String, 4, Always).go_type("v1.ResourceScope").required(),
        Field::new("versions", "Versions", List(&Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_VERSION)), 7, Always).required().list_atomic(),
        Field::new("conversion", "Conversion", Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_CONVERSION), 9, Pointer),
        Field::new("preserveUnknownFields", "PreserveUnknownFields", Bool, 10, OmitEmpty),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_STATUS: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus", go: "v1.CustomResourceDefinitionStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("conditions", "Conditions", List(&Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_CONDITION)), 1, Always).list(Keyed(&["type"])),
        Field::new("acceptedNames", "AcceptedNames", Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_NAMES), 2, Always),
        Field::new("storedVersions", "StoredVersions", List(&String), 3, Always).list_atomic(),
        Field::new("observedGeneration", "ObservedGeneration", Int64, 4, OmitEmpty),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_VERSION: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion", go: "v1.CustomResourceDefinitionVersion", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("served", "Served", Bool, 2, Always).required(),
        Field::new("storage", "Storage", Bool, 3, Always).required(),
        Field::new("deprecated", "Deprecated", Bool, 7, OmitEmpty),
        Field::new("deprecationWarning", "DeprecationWarning", String, 8, Pointer),
        Field::new("schema", "Schema", Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_VALIDATION), 4, Pointer),
        Field::new("subresources", "Subresources", Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_SUBRESOURCES), 5, Pointer),
        Field::new("additionalPrinterColumns", "AdditionalPrinterColumns", List(&Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_COLUMN_DEFINITION)), 6, OmitEmpty).list_atomic(),
        Field::new("selectableFields", "SelectableFields", List(&Struct(&APIEXTENSIONS_V1_SELECTABLE_FIELD)), 9, OmitEmpty).list_atomic(),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_SUBRESOURCE_SCALE: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale", go: "v1.CustomResourceSubresourceScale", atomic: false, group_version_kind: None, fields: &[
        Field::new("specReplicasPath", "SpecReplicasPath", String, 1, Always).required(),
        Field::new("statusReplicasPath", "StatusReplicasPath", String, 2, Always).required(),
        Field::new("labelSelectorPath", "LabelSelectorPath", String, 3, Pointer),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_SUBRESOURCE_STATUS: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus", go: "v1.CustomResourceSubresourceStatus", atomic: false, group_version_kind: None, fields: &[
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_SUBRESOURCES: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources", go: "v1.CustomResourceSubresources", atomic: false, group_version_kind: None, fields: &[
        Field::new("status", "Status", Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_SUBRESOURCE_STATUS), 1, Pointer),
        Field::new("scale", "Scale", Struct(&APIEXTENSIONS_V1_CUSTOM_RESOURCE_SUBRESOURCE_SCALE), 2, Pointer),
    ],
};
pub static APIEXTENSIONS_V1_CUSTOM_RESOURCE_VALIDATION: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation", go: "v1.CustomResourceValidation", atomic: false, group_version_kind: None, fields: &[
        Field::new("openAPIV3Schema", "OpenAPIV3Schema", Struct(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS), 1, Pointer),
    ],
};
pub static APIEXTENSIONS_V1_EXTERNAL_DOCUMENTATION: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation", go: "v1.ExternalDocumentation", atomic: false, group_version_kind: None, fields: &[
        Field::new("description", "Description", String, 1, OmitEmpty).undocumented(),
        Field::new("url", "URL", String, 2, OmitEmpty).undocumented(),
    ],
};
pub static APIEXTENSIONS_V1_JSON_SCHEMA_PROPS: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps", go: "v1.JSONSchemaProps", atomic: false, group_version_kind: None, fields: &[
        Field::new("id", "ID", String, 1, OmitEmpty).undocumented(),
        Field::new("$schema", "Schema", String, 2, OmitEmpty).go_type("v1.JSONSchemaURL").undocumented(),
        Field::new("$ref", "Ref", String, 3, Pointer).undocumented(),
        Field::new("description", "Description", String, 4, OmitEmpty).undocumented(),
        Field::new("type", "Type", String, 5, OmitEmpty).undocumented(),
        Field::new("format", "Format", String, 6, OmitEmpty),
        Field::new("title", "Title", String, 7, OmitEmpty).undocumented(),
        Field::new("default", "Default", Json, 8, Pointer),
        Field::new("maximum", "Maximum", Float64, 9, Pointer).undocumented(),
        Field::new("exclusiveMaximum", "ExclusiveMaximum", Bool, 10, OmitEmpty).undocumented(),
        Field::new("minimum", "Minimum", Float64, 11, Pointer).undocumented(),
        Field::new("exclusiveMinimum", "ExclusiveMinimum", Bool, 12, OmitEmpty).undocumented(),
        Field::new("maxLength", "MaxLength", Int64, 13, Pointer).undocumented(),
        Field::new("minLength", "MinLength", Int64, 14, Pointer).undocumented(),
        Field::new("pattern", "Pattern", String, 15, OmitEmpty).undocumented(),
        Field::new("maxItems", "MaxItems", Int64, 16, Pointer).undocumented(),
        Field::new("minItems", "MinItems", Int64, 17, Pointer).undocumented(),
        Field::new("uniqueItems", "UniqueItems", Bool, 18, OmitEmpty).undocumented(),
        Field::new("multipleOf", "MultipleOf", Float64, 19, Pointer).undocumented(),
        Field::new("enum", "Enum", List(&Json), 20, OmitEmpty).list_atomic().undocumented(),
        Field::new("maxProperties", "MaxProperties", Int64, 21, Pointer).undocumented(),
        Field::new("minProperties", "MinProperties", Int64, 22, Pointer).undocumented(),
        Field::new("required", "Required", List(&String), 23, OmitEmpty).list_atomic().undocumented(),
        Field::new("items", "Items", SchemaOrArray(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS), 24, Pointer).undocumented(),
        Field::new("allOf", "AllOf", List(&Struct(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS)), 25, OmitEmpty).list_atomic().undocumented(),
        Field::new("oneOf", "OneOf", List(&Struct(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS)), 26, OmitEmpty).list_atomic().undocumented(),
        Field::new("anyOf", "AnyOf", List(&Struct(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS)), 27, OmitEmpty).list_atomic().undocumented(),
        Field::new("not", "Not", Struct(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS), 28, Pointer).undocumented(),
        Field::new("properties", "Properties", Map(&Struct(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS)), 29, OmitEmpty).undocumented(),
        Field::new("additionalProperties", "AdditionalProperties", SchemaOrBool(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS), 30, Pointer).undocumented(),
        Field::new("patternProperties", "PatternProperties", Map(&Struct(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS)), 31, OmitEmpty).undocumented(),
        Field::new("dependencies", "Dependencies", Map(&SchemaOrStrings(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS)), 32, OmitEmpty).go_type("v1.JSONSchemaDependencies").undocumented(),
        Field::new("additionalItems", "AdditionalItems", SchemaOrBool(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS), 33, Pointer).undocumented(),
        Field::new("definitions", "Definitions", Map(&Struct(&APIEXTENSIONS_V1_JSON_SCHEMA_PROPS)), 34, OmitEmpty).go_type("v1.JSONSchemaDefinitions").undocumented(),
        Field::new("externalDocs", "ExternalDocs", Struct(&APIEXTENSIONS_V1_EXTERNAL_DOCUMENTATION), 35, Pointer).undocumented(),
        Field::new("example", "Example", Json, 36, Pointer).undocumented(),
        Field::new("nullable", "Nullable", Bool, 37, OmitEmpty).undocumented(),
        Field::new("x-kubernetes-preserve-unknown-fields", "XPreserveUnknownFields", Bool, 38, Pointer),
        Field::new("x-kubernetes-embedded-resource", "XEmbeddedResource", Bool, 39, OmitEmpty),
        Field::new("x-kubernetes-int-or-string", "XIntOrString", Bool, 40, OmitEmpty),
        Field::new("x-kubernetes-list-map-keys", "XListMapKeys", List(&String), 41, OmitEmpty).list_atomic(),
        Field::new("x-kubernetes-list-type", "XListType", String, 42, Pointer),
        Field::new("x-kubernetes-map-type", "XMapType", String, 43, Pointer),
        Field::new("x-kubernetes-validations", "XValidations", List(&Struct(&APIEXTENSIONS_V1_VALIDATION_RULE)), 44, OmitEmpty).go_type("v1.ValidationRules").list(Keyed(&["rule"])).patch(Merge, "rule"),
    ],
};
pub static APIEXTENSIONS_V1_SELECTABLE_FIELD: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField", go: "v1.SelectableField", atomic: false, group_version_kind: None, fields: &[
        Field::new("jsonPath", "JSONPath", String, 1, Always).required(),
    ],
};
pub static APIEXTENSIONS_V1_SERVICE_REFERENCE: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference", go: "v1.ServiceReference", atomic: false, group_version_kind: None, fields: &[
        Field::new("namespace", "Namespace", String, 1, Always).required(),
        Field::new("name", "Name", String, 2, Always).required(),
        Field::new("path", "Path", String, 3, Pointer),
        Field::new("port", "Port", Int32, 4, Pointer),
    ],
};
pub static APIEXTENSIONS_V1_VALIDATION_RULE: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule", go: "v1.ValidationRule", atomic: false, group_version_kind: None, fields: &[
        Field::new("rule", "Rule", String, 1, Always).required(),
        Field::new("message", "Message", String, 2, OmitEmpty),
        Field::new("messageExpression", "MessageExpression", String, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, Pointer).go_type("v1.FieldValueErrorReason").one_of(&["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]),
        Field::new("fieldPath", "FieldPath", String, 5, OmitEmpty),
        Field::new("optionalOldSelf", "OptionalOldSelf", Bool, 6, Pointer),
    ],
};
pub static APIEXTENSIONS_V1_WEBHOOK_CLIENT_CONFIG: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig", go: "v1.WebhookClientConfig", atomic: false, group_version_kind: None, fields: &[
        Field::new("url", "URL", String, 3, Pointer),
        Field::new("service", "Service", Struct(&APIEXTENSIONS_V1_SERVICE_REFERENCE), 1, Pointer),
        Field::new("caBundle", "CABundle", Bytes, 2, OmitEmpty),
    ],
};
pub static APIEXTENSIONS_V1_WEBHOOK_CONVERSION: Type = Type {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion", go: "v1.WebhookConversion", atomic: false, group_version_kind: None, fields: &[
        Field::new("clientConfig", "ClientConfig", Struct(&APIEXTENSIONS_V1_WEBHOOK_CLIENT_CONFIG), 2, Pointer),
        Field::new("conversionReviewVersions", "ConversionReviewVersions", List(&String), 3, Always).required().list_atomic(),
    ],
};
pub static META_V1_API_GROUP: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup", go: "v1.APIGroup", atomic: false, group_version_kind: Some(("", "v1", "APIGroup")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("versions", "Versions", List(&Struct(&META_V1_GROUP_VERSION_FOR_DISCOVERY)), 2, Always).required().list_atomic(),
        Field::new("preferredVersion", "PreferredVersion", Struct(&META_V1_GROUP_VERSION_FOR_DISCOVERY), 3, OmitEmpty),
        Field::new("serverAddressByClientCIDRs", "ServerAddressByClientCIDRs", List(&Struct(&META_V1_SERVER_ADDRESS_BY_CLIENT_CIDR)), 4, OmitEmpty).list_atomic(),
    ],
};
pub static META_V1_API_GROUP_LIST: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList", go: "v1.APIGroupList", atomic: false, group_version_kind: Some(("", "v1", "APIGroupList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("groups", "Groups", List(&Struct(&META_V1_API_GROUP)), 1, Always).required().list_atomic(),
    ],
};
pub static META_V1_API_RESOURCE: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.APIResource", go: "v1.APIResource", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, Always).required(),
        Field::new("singularName", "SingularName", String, 6, Always).required(),
        Field::new("namespaced", "Namespaced", Bool, 2, Always).required(),
        Field::new("group", "Group", String, 8, OmitEmpty),
        Field::new("version", "Version", String, 9, OmitEmpty),
        Field::new("kind", "Kind", String, 3, Always).required(),
        Field::new("verbs", "Verbs", List(&String), 4, Always).go_type("v1.Verbs").required(),
        Field::new("shortNames", "ShortNames", List(&String), 5, OmitEmpty).list_atomic(),
        Field::new("categories", "Categories", List(&String), 7, OmitEmpty).list_atomic(),
        Field::new("storageVersionHash", "StorageVersionHash", String, 10, OmitEmpty),
    ],
};
pub static META_V1_API_RESOURCE_LIST: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList", go: "v1.APIResourceList", atomic: false, group_version_kind: Some(("", "v1", "APIResourceList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("groupVersion", "GroupVersion", String, 1, Always).required(),
        Field::new("resources", "APIResources", List(&Struct(&META_V1_API_RESOURCE)), 2, Always).required().list_atomic(),
    ],
};
pub static META_V1_API_VERSIONS: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions", go: "v1.APIVersions", atomic: false, group_version_kind: Some(("", "v1", "APIVersions")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("versions", "Versions", List(&String), 1, Always).required().list_atomic(),
        Field::new("serverAddressByClientCIDRs", "ServerAddressByClientCIDRs", List(&Struct(&META_V1_SERVER_ADDRESS_BY_CLIENT_CIDR)), 2, Always).required().list_atomic(),
    ],
};
pub static META_V1_CONDITION: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.Condition", go: "v1.Condition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("observedGeneration", "ObservedGeneration", Int64, 3, OmitEmpty),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 4, Always).required(),
        Field::new("reason", "Reason", String, 5, Always).required(),
        Field::new("message", "Message", String, 6, Always).required(),
    ],
};
pub static META_V1_DELETE_OPTIONS: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", go: "v1.DeleteOptions", atomic: false, group_version_kind: Some(("", "v1", "DeleteOptions")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("gracePeriodSeconds", "GracePeriodSeconds", Int64, 1, Pointer),
        Field::new("preconditions", "Preconditions", Struct(&META_V1_PRECONDITIONS), 2, Pointer),
        Field::new("orphanDependents", "OrphanDependents", Bool, 3, Pointer),
        Field::new("propagationPolicy", "PropagationPolicy", String, 4, Pointer).go_type("v1.DeletionPropagation"),
        Field::new("dryRun", "DryRun", List(&String), 5, OmitEmpty).list_atomic(),
        Field::new("ignoreStoreReadErrorWithClusterBreakingPotential", "IgnoreStoreReadErrorWithClusterBreakingPotential", Bool, 6, Pointer),
    ],
};
pub static META_V1_FIELD_SELECTOR_REQUIREMENT: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement", go: "v1.FieldSelectorRequirement", atomic: false, group_version_kind: None, fields: &[
        Field::new("key", "Key", String, 1, Always).required(),
        Field::new("operator", "Operator", String, 2, Always).go_type("v1.FieldSelectorOperator").required(),
        Field::new("values", "Values", List(&String), 3, OmitEmpty).list_atomic(),
    ],
};
pub static META_V1_GROUP_VERSION_FOR_DISCOVERY: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery", go: "v1.GroupVersionForDiscovery", atomic: false, group_version_kind: None, fields: &[
        Field::new("groupVersion", "GroupVersion", String, 1, Always).required(),
        Field::new("version", "Version", String, 2, Always).required(),
    ],
};
pub static META_V1_GROUP_VERSION_KIND: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionKind", go: "v1.GroupVersionKind", atomic: false, group_version_kind: None, fields: &[
        Field::new("group", "Group", String, 1, Always).required().undocumented(),
        Field::new("version", "Version", String, 2, Always).required().undocumented(),
        Field::new("kind", "Kind", String, 3, Always).required().undocumented(),
    ],
};
pub static META_V1_GROUP_VERSION_RESOURCE: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionResource", go: "v1.GroupVersionResource", atomic: false, group_version_kind: None, fields: &[
        Field::new("group", "Group", String, 1, Always).required().undocumented(),
        Field::new("version", "Version", String, 2, Always).required().undocumented(),
        Field::new("resource", "Resource", String, 3, Always).required().undocumented(),
    ],
};
pub static META_V1_LABEL_SELECTOR: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", go: "v1.LabelSelector", atomic: true, group_version_kind: None, fields: &[
        Field::new("matchLabels", "MatchLabels", Map(&String), 1, OmitEmpty),
        Field::new("matchExpressions", "MatchExpressions", List(&Struct(&META_V1_LABEL_SELECTOR_REQUIREMENT)), 2, OmitEmpty).list_atomic(),
    ],
};
pub static META_V1_LABEL_SELECTOR_REQUIREMENT: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", go: "v1.LabelSelectorRequirement", atomic: false, group_version_kind: None, fields: &[
        Field::new("key", "Key", String, 1, Always).required(),
        Field::new("operator", "Operator", String, 2, Always).go_type("v1.LabelSelectorOperator").required(),
        Field::new("values", "Values", List(&String), 3, OmitEmpty).list_atomic(),
    ],
};
pub static META_V1_LIST_META: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", go: "v1.ListMeta", atomic: false, group_version_kind: None, fields: &[
        Field::new("selfLink", "SelfLink", String, 1, OmitEmpty),
        Field::new("resourceVersion", "ResourceVersion", String, 2, OmitEmpty),
        Field::new("continue", "Continue", String, 3, OmitEmpty),
        Field::new("remainingItemCount", "RemainingItemCount", Int64, 4, Pointer),
        Field::new("shardInfo", "ShardInfo", Struct(&META_V1_SHARD_INFO), 5, Pointer),
    ],
};
pub static META_V1_MANAGED_FIELDS_ENTRY: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry", go: "v1.ManagedFieldsEntry", atomic: false, group_version_kind: None, fields: &[
        Field::new("manager", "Manager", String, 1, OmitEmpty),
        Field::new("operation", "Operation", String, 2, OmitEmpty).go_type("v1.ManagedFieldsOperationType"),
        Field::new("apiVersion", "APIVersion", String, 3, OmitEmpty),
        Field::new("time", "Time", Time, 4, Pointer),
        Field::new("fieldsType", "FieldsType", String, 6, OmitEmpty),
        Field::new("fieldsV1", "FieldsV1", FieldsV1, 7, Pointer),
        Field::new("subresource", "Subresource", String, 8, OmitEmpty),
    ],
};
pub static META_V1_OBJECT_META: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", go: "v1.ObjectMeta", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty),
        Field::new("generateName", "GenerateName", String, 2, OmitEmpty),
        Field::new("namespace", "Namespace", String, 3, OmitEmpty),
        Field::new("selfLink", "SelfLink", String, 4, OmitEmpty),
        Field::new("uid", "UID", String, 5, OmitEmpty).go_type("types.UID"),
        Field::new("resourceVersion", "ResourceVersion", String, 6, OmitEmpty),
        Field::new("generation", "Generation", Int64, 7, OmitEmpty),
        Field::new("creationTimestamp", "CreationTimestamp", Time, 8, OmitZero),
        Field::new("deletionTimestamp", "DeletionTimestamp", Time, 9, Pointer),
        Field::new("deletionGracePeriodSeconds", "DeletionGracePeriodSeconds", Int64, 10, Pointer),
        Field::new("labels", "Labels", Map(&String), 11, OmitEmpty),
        Field::new("annotations", "Annotations", Map(&String), 12, OmitEmpty),
        Field::new("ownerReferences", "OwnerReferences", List(&Struct(&META_V1_OWNER_REFERENCE)), 13, OmitEmpty).list(Keyed(&["uid"])).patch(Merge, "uid"),
        Field::new("finalizers", "Finalizers", List(&String), 14, OmitEmpty).list(Set).patch(Merge, ""),
        Field::new("managedFields", "ManagedFields", List(&Struct(&META_V1_MANAGED_FIELDS_ENTRY)), 17, OmitEmpty).list_atomic(),
    ],
};
pub static META_V1_OWNER_REFERENCE: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference", go: "v1.OwnerReference", atomic: true, group_version_kind: None, fields: &[
        Field::new("apiVersion", "APIVersion", String, 5, Always).required(),
        Field::new("kind", "Kind", String, 1, Always).required(),
        Field::new("name", "Name", String, 3, Always).required(),
        Field::new("uid", "UID", String, 4, Always).go_type("types.UID").required(),
        Field::new("controller", "Controller", Bool, 6, Pointer),
        Field::new("blockOwnerDeletion", "BlockOwnerDeletion", Bool, 7, Pointer),
    ],
};
pub static META_V1_PARTIAL_OBJECT_METADATA: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata", go: "v1.PartialObjectMetadata", atomic: false, group_version_kind: Some(("meta.k8s.io", "v1", "PartialObjectMetadata")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
    ],
};
pub static META_V1_PARTIAL_OBJECT_METADATA_LIST: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList", go: "v1.PartialObjectMetadataList", atomic: false, group_version_kind: Some(("meta.k8s.io", "v1", "PartialObjectMetadataList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&META_V1_PARTIAL_OBJECT_METADATA)), 2, Always).required(),
    ],
};
pub static META_V1_PRECONDITIONS: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions", go: "v1.Preconditions", atomic: false, group_version_kind: None, fields: &[
        Field::new("uid", "UID", String, 1, Pointer).go_type("types.UID"),
        Field::new("resourceVersion", "ResourceVersion", String, 2, Pointer),
    ],
};
pub static META_V1_SERVER_ADDRESS_BY_CLIENT_CIDR: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR", go: "v1.ServerAddressByClientCIDR", atomic: false, group_version_kind: None, fields: &[
        Field::new("clientCIDR", "ClientCIDR", String, 1, Always).required(),
        Field::new("serverAddress", "ServerAddress", String, 2, Always).required(),
    ],
};
pub static META_V1_SHARD_INFO: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo", go: "v1.ShardInfo", atomic: false, group_version_kind: None, fields: &[
        Field::new("selector", "Selector", String, 1, Always).required(),
    ],
};
pub static META_V1_STATUS: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.Status", go: "v1.Status", atomic: false, group_version_kind: Some(("", "v1", "Status")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("status", "Status", String, 2, OmitEmpty),
        Field::new("message", "Message", String, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty).go_type("v1.StatusReason"),
        Field::new("details", "Details", Struct(&META_V1_STATUS_DETAILS), 5, Pointer),
        Field::new("code", "Code", Int32, 6, OmitEmpty),
    ],
};
pub static META_V1_STATUS_CAUSE: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause", go: "v1.StatusCause", atomic: false, group_version_kind: None, fields: &[
        Field::new("reason", "Type", String, 1, OmitEmpty).go_type("v1.CauseType"),
        Field::new("message", "Message", String, 2, OmitEmpty),
        Field::new("field", "Field", String, 3, OmitEmpty),
    ],
};
pub static META_V1_STATUS_DETAILS: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails", go: "v1.StatusDetails", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 1, OmitEmpty),
        Field::new("group", "Group", String, 2, OmitEmpty),
        Field::new("kind", "Kind", String, 3, OmitEmpty),
        Field::new("uid", "UID", String, 6, OmitEmpty).go_type("types.UID"),
        Field::new("causes", "Causes", List(&Struct(&META_V1_STATUS_CAUSE)), 4, OmitEmpty).list_atomic(),
        Field::new("retryAfterSeconds", "RetryAfterSeconds", Int32, 5, OmitEmpty),
    ],
};
pub static META_V1_TABLE: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.Table", go: "v1.Table", atomic: false, group_version_kind: Some(("meta.k8s.io", "v1", "Table")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 0, OmitEmpty),
        Field::new("columnDefinitions", "ColumnDefinitions", List(&Struct(&META_V1_TABLE_COLUMN_DEFINITION)), 0, Always).required().list_atomic(),
        Field::new("rows", "Rows", List(&Struct(&META_V1_TABLE_ROW)), 0, Always).required().list_atomic(),
    ],
};
pub static META_V1_TABLE_COLUMN_DEFINITION: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.TableColumnDefinition", go: "v1.TableColumnDefinition", atomic: false, group_version_kind: None, fields: &[
        Field::new("name", "Name", String, 0, Always).required(),
        Field::new("type", "Type", String, 0, Always).required(),
        Field::new("format", "Format", String, 0, Always).required(),
        Field::new("description", "Description", String, 0, Always).required(),
        Field::new("priority", "Priority", Int32, 0, Always).required(),
    ],
};
pub static META_V1_TABLE_ROW: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.TableRow", go: "v1.TableRow", atomic: false, group_version_kind: None, fields: &[
        Field::new("cells", "Cells", List(&Json), 0, Always).go_type("[]interface {}").required().list_atomic(),
        Field::new("conditions", "Conditions", List(&Struct(&META_V1_TABLE_ROW_CONDITION)), 0, OmitEmpty).list_atomic(),
        Field::new("object", "Object", RawExtension, 0, OmitEmpty),
    ],
};
pub static META_V1_TABLE_ROW_CONDITION: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.TableRowCondition", go: "v1.TableRowCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 0, Always).go_type("v1.RowConditionType").required(),
        Field::new("status", "Status", String, 0, Always).go_type("v1.ConditionStatus").required(),
        Field::new("reason", "Reason", String, 0, OmitEmpty),
        Field::new("message", "Message", String, 0, OmitEmpty),
    ],
};
pub static META_V1_WATCH_EVENT: Type = Type {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent", go: "v1.WatchEvent", atomic: false, group_version_kind: Some(("", "v1", "WatchEvent")), fields: &[
        Field::new("type", "Type", String, 1, Always).required().undocumented(),
        Field::new("object", "Object", RawExtension, 2, Always).required(),
    ],
};
pub static APIREGISTRATION_V1_API_SERVICE: Type = Type {
    name: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService", go: "v1.APIService", atomic: false, group_version_kind: Some(("apiregistration.k8s.io", "v1", "APIService")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ObjectMeta", Struct(&META_V1_OBJECT_META), 1, OmitEmpty),
        Field::new("spec", "Spec", Struct(&APIREGISTRATION_V1_API_SERVICE_SPEC), 2, OmitEmpty),
        Field::new("status", "Status", Struct(&APIREGISTRATION_V1_API_SERVICE_STATUS), 3, OmitEmpty),
    ],
};
pub static APIREGISTRATION_V1_API_SERVICE_CONDITION: Type = Type {
    name: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition", go: "v1.APIServiceCondition", atomic: false, group_version_kind: None, fields: &[
        Field::new("type", "Type", String, 1, Always).go_type("v1.APIServiceConditionType").required(),
        Field::new("status", "Status", String, 2, Always).go_type("v1.ConditionStatus").required(),
        Field::new("lastTransitionTime", "LastTransitionTime", Time, 3, OmitEmpty),
        Field::new("reason", "Reason", String, 4, OmitEmpty),
        Field::new("message", "Message", String, 5, OmitEmpty),
    ],
};
pub static APIREGISTRATION_V1_API_SERVICE_LIST: Type = Type {
    name: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceList", go: "v1.APIServiceList", atomic: false, group_version_kind: Some(("apiregistration.k8s.io", "v1", "APIServiceList")), fields: &[
        Field::new("kind", "Kind", String, 0, OmitEmpty),
        Field::new("apiVersion", "APIVersion", String, 0, OmitEmpty),
        Field::new("metadata", "ListMeta", Struct(&META_V1_LIST_META), 1, OmitEmpty),
        Field::new("items", "Items", List(&Struct(&APIREGISTRATION_V1_API_SERVICE)), 2, Always).required(),
    ],
};
pub static APIREGISTRATION_V1_API_SERVICE_SPEC: Type = Type {
    name: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec", go: "v1.APIServiceSpec", atomic: false, group_version_kind: None, fields: &[
        Field::new("service", "Service", Struct(&APIREGISTRATION_V1_SERVICE_REFERENCE), 1, Pointer),
        Field::new("group", "Group", String, 2, OmitEmpty),
        Field::new("version", "Version", String, 3, OmitEmpty),
        Field::new("insecureSkipTLSVerify", "InsecureSkipTLSVerify", Bool, 4, OmitEmpty),
        Field::new("caBundle", "CABundle", Bytes, 5, OmitEmpty).list_atomic(),
        Field::new("groupPriorityMinimum", "GroupPriorityMinimum", Int32, 7, Always).required(),
        Field::new("versionPriority", "VersionPriority", Int32, 8, Always).required(),
    ],
};
pub static APIREGISTRATION_V1_API_SERVICE_STATUS: Type = Type {
    name: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus", go: "v1.APIServiceStatus", atomic: false, group_version_kind: None, fields: &[
        Field::new("conditions", "Conditions", List(&Struct(&APIREGISTRATION_V1_API_SERVICE_CONDITION)), 1, OmitEmpty).list(Keyed(&["type"])).patch(Merge, "type"),
    ],
};
pub static APIREGISTRATION_V1_SERVICE_REFERENCE: Type = Type {
    name: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference", go: "v1.ServiceReference", atomic: false, group_version_kind: None, fields: &[
        Field::new("namespace", "Namespace", String, 1, OmitEmpty),
        Field::new("name", "Name", String, 2, OmitEmpty),
        Field::new("port", "Port", Int32, 3, Pointer),
    ],
};
/// All types, sorted by name.
pub static TYPES: &[&Type] = &[
    &ADMISSION_V1_ADMISSION_REQUEST,
    &ADMISSION_V1_ADMISSION_RESPONSE,
    &ADMISSION_V1_ADMISSION_REVIEW,
    &ADMISSIONREGISTRATION_V1_APPLY_CONFIGURATION,
    &ADMISSIONREGISTRATION_V1_AUDIT_ANNOTATION,
    &ADMISSIONREGISTRATION_V1_EXPRESSION_WARNING,
    &ADMISSIONREGISTRATION_V1_JSON_PATCH,
    &ADMISSIONREGISTRATION_V1_MATCH_CONDITION,
    &ADMISSIONREGISTRATION_V1_MATCH_RESOURCES,
    &ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY,
    &ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_BINDING,
    &ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_BINDING_LIST,
    &ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_BINDING_SPEC,
    &ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_LIST,
    &ADMISSIONREGISTRATION_V1_MUTATING_ADMISSION_POLICY_SPEC,
    &ADMISSIONREGISTRATION_V1_MUTATING_WEBHOOK,
    &ADMISSIONREGISTRATION_V1_MUTATING_WEBHOOK_CONFIGURATION,
    &ADMISSIONREGISTRATION_V1_MUTATING_WEBHOOK_CONFIGURATION_LIST,
    &ADMISSIONREGISTRATION_V1_MUTATION,
    &ADMISSIONREGISTRATION_V1_NAMED_RULE_WITH_OPERATIONS,
    &ADMISSIONREGISTRATION_V1_PARAM_KIND,
    &ADMISSIONREGISTRATION_V1_PARAM_REF,
    &ADMISSIONREGISTRATION_V1_RULE_WITH_OPERATIONS,
    &ADMISSIONREGISTRATION_V1_SERVICE_REFERENCE,
    &ADMISSIONREGISTRATION_V1_TYPE_CHECKING,
    &ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY,
    &ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_BINDING,
    &ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_BINDING_LIST,
    &ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_BINDING_SPEC,
    &ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_LIST,
    &ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_SPEC,
    &ADMISSIONREGISTRATION_V1_VALIDATING_ADMISSION_POLICY_STATUS,
    &ADMISSIONREGISTRATION_V1_VALIDATING_WEBHOOK,
    &ADMISSIONREGISTRATION_V1_VALIDATING_WEBHOOK_CONFIGURATION,
    &ADMISSIONREGISTRATION_V1_VALIDATING_WEBHOOK_CONFIGURATION_LIST,
    &ADMISSIONREGISTRATION_V1_VALIDATION,
    &ADMISSIONREGISTRATION_V1_VARIABLE,
    &ADMISSIONREGISTRATION_V1_WEBHOOK_CLIENT_CONFIG,
    &APIDISCOVERY_V2_API_GROUP_DISCOVERY,
    &APIDISCOVERY_V2_API_GROUP_DISCOVERY_LIST,
    &APIDISCOVERY_V2_API_RESOURCE_DISCOVERY,
    &APIDISCOVERY_V2_API_SUBRESOURCE_DISCOVERY,
    &APIDISCOVERY_V2_API_VERSION_DISCOVERY,
    &APPS_V1_CONTROLLER_REVISION,
    &APPS_V1_CONTROLLER_REVISION_LIST,
    &APPS_V1_DAEMON_SET,
    &APPS_V1_DAEMON_SET_CONDITION,
    &APPS_V1_DAEMON_SET_LIST,
    &APPS_V1_DAEMON_SET_SPEC,
    &APPS_V1_DAEMON_SET_STATUS,
    &APPS_V1_DAEMON_SET_UPDATE_STRATEGY,
    &APPS_V1_DEPLOYMENT,
    &APPS_V1_DEPLOYMENT_CONDITION,
    &APPS_V1_DEPLOYMENT_LIST,
    &APPS_V1_DEPLOYMENT_SPEC,
    &APPS_V1_DEPLOYMENT_STATUS,
    &APPS_V1_DEPLOYMENT_STRATEGY,
    &APPS_V1_REPLICA_SET,
    &APPS_V1_REPLICA_SET_CONDITION,
    &APPS_V1_REPLICA_SET_LIST,
    &APPS_V1_REPLICA_SET_SPEC,
    &APPS_V1_REPLICA_SET_STATUS,
    &APPS_V1_ROLLING_UPDATE_DAEMON_SET,
    &APPS_V1_ROLLING_UPDATE_DEPLOYMENT,
    &APPS_V1_ROLLING_UPDATE_STATEFUL_SET_STRATEGY,
    &APPS_V1_STATEFUL_SET,
    &APPS_V1_STATEFUL_SET_CONDITION,
    &APPS_V1_STATEFUL_SET_LIST,
    &APPS_V1_STATEFUL_SET_ORDINALS,
    &APPS_V1_STATEFUL_SET_PERSISTENT_VOLUME_CLAIM_RETENTION_POLICY,
    &APPS_V1_STATEFUL_SET_SPEC,
    &APPS_V1_STATEFUL_SET_STATUS,
    &APPS_V1_STATEFUL_SET_UPDATE_STRATEGY,
    &AUTHENTICATION_V1_BOUND_OBJECT_REFERENCE,
    &AUTHENTICATION_V1_SELF_SUBJECT_REVIEW,
    &AUTHENTICATION_V1_SELF_SUBJECT_REVIEW_STATUS,
    &AUTHENTICATION_V1_TOKEN_REQUEST,
    &AUTHENTICATION_V1_TOKEN_REQUEST_SPEC,
    &AUTHENTICATION_V1_TOKEN_REQUEST_STATUS,
    &AUTHENTICATION_V1_TOKEN_REVIEW,
    &AUTHENTICATION_V1_TOKEN_REVIEW_SPEC,
    &AUTHENTICATION_V1_TOKEN_REVIEW_STATUS,
    &AUTHENTICATION_V1_USER_INFO,
    &AUTHORIZATION_V1_FIELD_SELECTOR_ATTRIBUTES,
    &AUTHORIZATION_V1_LABEL_SELECTOR_ATTRIBUTES,
    &AUTHORIZATION_V1_LOCAL_SUBJECT_ACCESS_REVIEW,
    &AUTHORIZATION_V1_NON_RESOURCE_ATTRIBUTES,
    &AUTHORIZATION_V1_NON_RESOURCE_RULE,
    &AUTHORIZATION_V1_RESOURCE_ATTRIBUTES,
    &AUTHORIZATION_V1_RESOURCE_RULE,
    &AUTHORIZATION_V1_SELF_SUBJECT_ACCESS_REVIEW,
    &AUTHORIZATION_V1_SELF_SUBJECT_ACCESS_REVIEW_SPEC,
    &AUTHORIZATION_V1_SELF_SUBJECT_RULES_REVIEW,
    &AUTHORIZATION_V1_SELF_SUBJECT_RULES_REVIEW_SPEC,
    &AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW,
    &AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW_SPEC,
    &AUTHORIZATION_V1_SUBJECT_ACCESS_REVIEW_STATUS,
    &AUTHORIZATION_V1_SUBJECT_RULES_REVIEW_STATUS,
    &AUTOSCALING_V1_CROSS_VERSION_OBJECT_REFERENCE,
    &AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER,
    &AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER_LIST,
    &AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER_SPEC,
    &AUTOSCALING_V1_HORIZONTAL_POD_AUTOSCALER_STATUS,
    &AUTOSCALING_V1_SCALE,
    &AUTOSCALING_V1_SCALE_SPEC,
    &AUTOSCALING_V1_SCALE_STATUS,
    &AUTOSCALING_V2_CONTAINER_RESOURCE_METRIC_SOURCE,
    &AUTOSCALING_V2_CONTAINER_RESOURCE_METRIC_STATUS,
    &AUTOSCALING_V2_CROSS_VERSION_OBJECT_REFERENCE,
    &AUTOSCALING_V2_EXTERNAL_METRIC_SOURCE,
    &AUTOSCALING_V2_EXTERNAL_METRIC_STATUS,
    &AUTOSCALING_V2_HPA_SCALING_POLICY,
    &AUTOSCALING_V2_HPA_SCALING_RULES,
    &AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER,
    &AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_BEHAVIOR,
    &AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_CONDITION,
    &AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_LIST,
    &AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_SPEC,
    &AUTOSCALING_V2_HORIZONTAL_POD_AUTOSCALER_STATUS,
    &AUTOSCALING_V2_METRIC_IDENTIFIER,
    &AUTOSCALING_V2_METRIC_SPEC,
    &AUTOSCALING_V2_METRIC_STATUS,
    &AUTOSCALING_V2_METRIC_TARGET,
    &AUTOSCALING_V2_METRIC_VALUE_STATUS,
    &AUTOSCALING_V2_OBJECT_METRIC_SOURCE,
    &AUTOSCALING_V2_OBJECT_METRIC_STATUS,
    &AUTOSCALING_V2_PODS_METRIC_SOURCE,
    &AUTOSCALING_V2_PODS_METRIC_STATUS,
    &AUTOSCALING_V2_RESOURCE_METRIC_SOURCE,
    &AUTOSCALING_V2_RESOURCE_METRIC_STATUS,
    &BATCH_V1_CRON_JOB,
    &BATCH_V1_CRON_JOB_LIST,
    &BATCH_V1_CRON_JOB_SPEC,
    &BATCH_V1_CRON_JOB_STATUS,
    &BATCH_V1_JOB,
    &BATCH_V1_JOB_CONDITION,
    &BATCH_V1_JOB_LIST,
    &BATCH_V1_JOB_SPEC,
    &BATCH_V1_JOB_STATUS,
    &BATCH_V1_JOB_TEMPLATE_SPEC,
    &BATCH_V1_POD_FAILURE_POLICY,
    &BATCH_V1_POD_FAILURE_POLICY_ON_EXIT_CODES_REQUIREMENT,
    &BATCH_V1_POD_FAILURE_POLICY_ON_POD_CONDITIONS_PATTERN,
    &BATCH_V1_POD_FAILURE_POLICY_RULE,
    &BATCH_V1_SUCCESS_POLICY,
    &BATCH_V1_SUCCESS_POLICY_RULE,
    &BATCH_V1_UNCOUNTED_TERMINATED_PODS,
    &CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST,
    &CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_CONDITION,
    &CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_LIST,
    &CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_SPEC,
    &CERTIFICATES_V1_CERTIFICATE_SIGNING_REQUEST_STATUS,
    &COORDINATION_V1_LEASE,
    &COORDINATION_V1_LEASE_LIST,
    &COORDINATION_V1_LEASE_SPEC,
    &CORE_V1_AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE,
    &CORE_V1_AFFINITY,
    &CORE_V1_APP_ARMOR_PROFILE,
    &CORE_V1_ATTACHED_VOLUME,
    &CORE_V1_AZURE_DISK_VOLUME_SOURCE,
    &CORE_V1_AZURE_FILE_PERSISTENT_VOLUME_SOURCE,
    &CORE_V1_AZURE_FILE_VOLUME_SOURCE,
    &CORE_V1_BINDING,
    &CORE_V1_CSI_PERSISTENT_VOLUME_SOURCE,
    &CORE_V1_CSI_VOLUME_SOURCE,
    &CORE_V1_CAPABILITIES,
    &CORE_V1_CEPH_FS_PERSISTENT_VOLUME_SOURCE,
    &CORE_V1_CEPH_FS_VOLUME_SOURCE,
    &CORE_V1_CINDER_PERSISTENT_VOLUME_SOURCE,
    &CORE_V1_CINDER_VOLUME_SOURCE,
    &CORE_V1_CLIENT_IP_CONFIG,
    &CORE_V1_CLUSTER_TRUST_BUNDLE_PROJECTION,
    &CORE_V1_COMPONENT_CONDITION,
    &CORE_V1_COMPONENT_STATUS,
    &CORE_V1_COMPONENT_STATUS_LIST,
    &CORE_V1_CONFIG_MAP,
    &CORE_V1_CONFIG_MAP_ENV_SOURCE,
    &CORE_V1_CONFIG_MAP_KEY_SELECTOR,
    &CORE_V1_CONFIG_MAP_LIST,
    &CORE_V1_CONFIG_MAP_NODE_CONFIG_SOURCE,
    &CORE_V1_CONFIG_MAP_PROJECTION,
    &CORE_V1_CONFIG_MAP_VOLUME_SOURCE,
    &CORE_V1_CONTAINER,
    &CORE_V1_CONTAINER_EXTENDED_RESOURCE_REQUEST,
    &CORE_V1_CONTAINER_IMAGE,
    &CORE_V1_CONTAINER_PORT,
    &CORE_V1_CONTAINER_RESIZE_POLICY,
    &CORE_V1_CONTAINER_RESTART_RULE,
    &CORE_V1_CONTAINER_RESTART_RULE_ON_EXIT_CODES,
    &CORE_V1_CONTAINER_STATE,
    &CORE_V1_CONTAINER_STATE_RUNNING,
    &CORE_V1_CONTAINER_STATE_TERMINATED,
    &CORE_V1_CONTAINER_STATE_WAITING,
    &CORE_V1_CONTAINER_STATUS,
    &CORE_V1_CONTAINER_USER,
    &CORE_V1_DAEMON_ENDPOINT,
    &CORE_V1_DOWNWARD_API_PROJECTION,
    &CORE_V1_DOWNWARD_API_VOLUME_FILE,
    &CORE_V1_DOWNWARD_API_VOLUME_SOURCE,
    &CORE_V1_EMPTY_DIR_VOLUME_SOURCE,
    &CORE_V1_ENDPOINT_ADDRESS,
    &CORE_V1_ENDPOINT_PORT,
    &CORE_V1_ENDPOINT_SUBSET,
    &CORE_V1_ENDPOINTS,
    &CORE_V1_ENDPOINTS_LIST,
    &CORE_V1_ENV_FROM_SOURCE,
    &CORE_V1_ENV_VAR,
    &CORE_V1_ENV_VAR_SOURCE,
    &CORE_V1_EPHEMERAL_CONTAINER,
    &CORE_V1_EPHEMERAL_VOLUME_SOURCE,
    &CORE_V1_EVENT,
    &CORE_V1_EVENT_LIST,
    &CORE_V1_EVENT_SERIES,
    &CORE_V1_EVENT_SOURCE,
    &CORE_V1_EXEC_ACTION,
    &CORE_V1_FC_VOLUME_SOURCE,
    &CORE_V1_FILE_KEY_SELECTOR,
    &CORE_V1_FLEX_PERSISTENT_VOLUME_SOURCE,
    &CORE_V1_FLEX_VOLUME_SOURCE,
    &CORE_V1_FLOCKER_VOLUME_SOURCE,
    &CORE_V1_GCE_PERSISTENT_DISK_VOLUME_SOURCE,
    &CORE_V1_GRPC_ACTION,
    &CORE_V1_GIT_REPO_VOLUME_SOURCE,
    &CORE_V1_GLUSTERFS_PERSISTENT_VOLUME_SOURCE,
    &CORE_V1_GLUSTERFS_VOLUME_SOURCE,
    &CORE_V1_HTTP_GET_ACTION,
    &CORE_V1_HTTP_HEADER,
    &CORE_V1_HOST_ALIAS,
    &CORE_V1_HOST_IP,
    &CORE_V1_HOST_PATH_VOLUME_SOURCE,
    &CORE_V1_ISCSI_PERSISTENT_VOLUME_SOURCE,
    &CORE_V1_ISCSI_VOLUME_SOURCE,
    &CORE_V1_IMAGE_VOLUME_SOURCE,
    &CORE_V1_IMAGE_VOLUME_STATUS,
    &CORE_V1_KEY_TO_PATH,
    &CORE_V1_LIFECYCLE,
    &CORE_V1_LIFECYCLE_HANDLER,
    &CORE_V1_LIMIT_RANGE,
    &CORE_V1_LIMIT_RANGE_ITEM,
    &CORE_V1_LIMIT_RANGE_LIST,
    &CORE_V1_LIMIT_RANGE_SPEC,
    &CORE_V1_LINUX_CONTAINER_USER,
    &CORE_V1_LOAD_BALANCER_INGRESS,
    &CORE_V1_LOAD_BALANCER_STATUS,
    &CORE_V1_LOCAL_OBJECT_REFERENCE,
    &CORE_V1_LOCAL_VOLUME_SOURCE,
    &CORE_V1_MODIFY_VOLUME_STATUS,
    &CORE_V1_NFS_VOLUME_SOURCE,
    &CORE_V1_NAMESPACE,
    &CORE_V1_NAMESPACE_CONDITION,
    &CORE_V1_NAMESPACE_LIST,
    &CORE_V1_NAMESPACE_SPEC,
    &CORE_V1_NAMESPACE_STATUS,
    &CORE_V1_NODE,
    &CORE_V1_NODE_ADDRESS,
    &CORE_V1_NODE_AFFINITY,
    &CORE_V1_NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS,
    &CORE_V1_NODE_CONDITION,
    &CORE_V1_NODE_CONFIG_SOURCE,
    &CORE_V1_NODE_CONFIG_STATUS,
    &CORE_V1_NODE_DAEMON_ENDPOINTS,
    &CORE_V1_NODE_FEATURES,
    &CORE_V1_NODE_LIST,
    &CORE_V1_NODE_PROXY_OPTIONS,
    &CORE_V1_NODE_RUNTIME_HANDLER,
    &CORE_V1_NODE_RUNTIME_HANDLER_FEATURES,
    &CORE_V1_NODE_SELECTOR,
    &CORE_V1_NODE_SELECTOR_REQUIREMENT,
    &CORE_V1_NODE_SELECTOR_TERM,
    &CORE_V1_NODE_SPEC,
    &CORE_V1_NODE_STATUS,
    &CORE_V1_NODE_SWAP_STATUS,
    &CORE_V1_NODE_SYSTEM_INFO,
    &CORE_V1_OBJECT_FIELD_SELECTOR,
    &CORE_V1_OBJECT_REFERENCE,
    &CORE_V1_PERSISTENT_VOLUME,
    &CORE_V1_PERSISTENT_VOLUME_CLAIM,
    &CORE_V1_PERSISTENT_VOLUME_CLAIM_CONDITION,
    &CORE_V1_PERSISTENT_VOLUME_CLAIM_LIST,
    &CORE_V1_PERSISTENT_VOLUME_CLAIM_SPEC,
    &CORE_V1_PERSISTENT_VOLUME_CLAIM_STATUS,
    &CORE_V1_PERSISTENT_VOLUME_CLAIM_TEMPLATE,
    &CORE_V1_PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE,
    &CORE_V1_PERSISTENT_VOLUME_LIST,
    &CORE_V1_PERSISTENT_VOLUME_SPEC,
    &CORE_V1_PERSISTENT_VOLUME_STATUS,
    &CORE_V1_PHOTON_PERSISTENT_DISK_VOLUME_SOURCE,
    &CORE_V1_POD,
    &CORE_V1_POD_AFFINITY,
    &CORE_V1_POD_AFFINITY_TERM,
    &CORE_V1_POD_ANTI_AFFINITY,
    &CORE_V1_POD_ATTACH_OPTIONS,
    &CORE_V1_POD_CERTIFICATE_PROJECTION,
    &CORE_V1_POD_CONDITION,
    &CORE_V1_POD_DNS_CONFIG,
    &CORE_V1_POD_DNS_CONFIG_OPTION,
    &CORE_V1_POD_EXEC_OPTIONS,
    &CORE_V1_POD_EXTENDED_RESOURCE_CLAIM_STATUS,
    &CORE_V1_POD_IP,
    &CORE_V1_POD_LIST,
    &CORE_V1_POD_LOG_OPTIONS,
    &CORE_V1_POD_OS,
    &CORE_V1_POD_PORT_FORWARD_OPTIONS,
    &CORE_V1_POD_PROXY_OPTIONS,
    &CORE_V1_POD_READINESS_GATE,
    &CORE_V1_POD_RESOURCE_CLAIM,
    &CORE_V1_POD_RESOURCE_CLAIM_STATUS,
    &CORE_V1_POD_SCHEDULING_GATE,
    &CORE_V1_POD_SCHEDULING_GROUP,
    &CORE_V1_POD_SECURITY_CONTEXT,
    &CORE_V1_POD_SPEC,
    &CORE_V1_POD_STATUS,
    &CORE_V1_POD_STATUS_RESULT,
    &CORE_V1_POD_TEMPLATE,
    &CORE_V1_POD_TEMPLATE_LIST,
    &CORE_V1_POD_TEMPLATE_SPEC,
    &CORE_V1_PORT_STATUS,
    &CORE_V1_PORTWORX_VOLUME_SOURCE,
    &CORE_V1_PREFERRED_SCHEDULING_TERM,
    &CORE_V1_PROBE,
    &CORE_V1_PROJECTED_VOLUME_SOURCE,
    &CORE_V1_QUOBYTE_VOLUME_SOURCE,
    &CORE_V1_RBD_PERSISTENT_VOLUME_SOURCE,
    &CORE_V1_RBD_VOLUME_SOURCE,
    &CORE_V1_RANGE_ALLOCATION,
    &CORE_V1_REPLICATION_CONTROLLER,
    &CORE_V1_REPLICATION_CONTROLLER_CONDITION,
    &CORE_V1_REPLICATION_CONTROLLER_LIST,
    &CORE_V1_REPLICATION_CONTROLLER_SPEC,
    &CORE_V1_REPLICATION_CONTROLLER_STATUS,
    &CORE_V1_RESOURCE_CLAIM,
    &CORE_V1_RESOURCE_FIELD_SELECTOR,
    &CORE_V1_RESOURCE_HEALTH,
    &CORE_V1_RESOURCE_QUOTA,
    &CORE_V1_RESOURCE_QUOTA_LIST,
    &CORE_V1_RESOURCE_QUOTA_SPEC,
    &CORE_V1_RESOURCE_QUOTA_STATUS,
    &CORE_V1_RESOURCE_REQUIREMENTS,
    &CORE_V1_RESOURCE_STATUS,
    &CORE_V1_SE_LINUX_OPTIONS,
    &CORE_V1_SCALE_IO_PERSISTENT_VOLUME_SOURCE,
    &CORE_V1_SCALE_IO_VOLUME_SOURCE,
    &CORE_V1_SCOPE_SELECTOR,
    &CORE_V1_SCOPED_RESOURCE_SELECTOR_REQUIREMENT,
    &CORE_V1_SECCOMP_PROFILE,
    &CORE_V1_SECRET,
    &CORE_V1_SECRET_ENV_SOURCE,
    &CORE_V1_SECRET_KEY_SELECTOR,
    &CORE_V1_SECRET_LIST,
    &CORE_V1_SECRET_PROJECTION,
    &CORE_V1_SECRET_REFERENCE,
    &CORE_V1_SECRET_VOLUME_SOURCE,
    &CORE_V1_SECURITY_CONTEXT,
    &CORE_V1_SERIALIZED_REFERENCE,
    &CORE_V1_SERVICE,
    &CORE_V1_SERVICE_ACCOUNT,
    &CORE_V1_SERVICE_ACCOUNT_LIST,
    &CORE_V1_SERVICE_ACCOUNT_TOKEN_PROJECTION,
    &CORE_V1_SERVICE_LIST,
    &CORE_V1_SERVICE_PORT,
    &CORE_V1_SERVICE_PROXY_OPTIONS,
    &CORE_V1_SERVICE_SPEC,
    &CORE_V1_SERVICE_STATUS,
    &CORE_V1_SESSION_AFFINITY_CONFIG,
    &CORE_V1_SLEEP_ACTION,
    &CORE_V1_STORAGE_OS_PERSISTENT_VOLUME_SOURCE,
    &CORE_V1_STORAGE_OS_VOLUME_SOURCE,
    &CORE_V1_SYSCTL,
    &CORE_V1_TCP_SOCKET_ACTION,
    &CORE_V1_TAINT,
    &CORE_V1_TOLERATION,
    &CORE_V1_TOPOLOGY_SELECTOR_LABEL_REQUIREMENT,
    &CORE_V1_TOPOLOGY_SELECTOR_TERM,
    &CORE_V1_TOPOLOGY_SPREAD_CONSTRAINT,
    &CORE_V1_TYPED_LOCAL_OBJECT_REFERENCE,
    &CORE_V1_TYPED_OBJECT_REFERENCE,
    &CORE_V1_VOLUME,
    &CORE_V1_VOLUME_DEVICE,
    &CORE_V1_VOLUME_MOUNT,
    &CORE_V1_VOLUME_MOUNT_STATUS,
    &CORE_V1_VOLUME_NODE_AFFINITY,
    &CORE_V1_VOLUME_PROJECTION,
    &CORE_V1_VOLUME_RESOURCE_REQUIREMENTS,
    &CORE_V1_VOLUME_STATUS,
    &CORE_V1_VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE,
    &CORE_V1_WEIGHTED_POD_AFFINITY_TERM,
    &CORE_V1_WINDOWS_SECURITY_CONTEXT_OPTIONS,
    &DISCOVERY_V1_ENDPOINT,
    &DISCOVERY_V1_ENDPOINT_CONDITIONS,
    &DISCOVERY_V1_ENDPOINT_HINTS,
    &DISCOVERY_V1_ENDPOINT_PORT,
    &DISCOVERY_V1_ENDPOINT_SLICE,
    &DISCOVERY_V1_ENDPOINT_SLICE_LIST,
    &DISCOVERY_V1_FOR_NODE,
    &DISCOVERY_V1_FOR_ZONE,
    &EVENTS_V1_EVENT,
    &EVENTS_V1_EVENT_LIST,
    &EVENTS_V1_EVENT_SERIES,
    &FLOWCONTROL_V1_EXEMPT_PRIORITY_LEVEL_CONFIGURATION,
    &FLOWCONTROL_V1_FLOW_DISTINGUISHER_METHOD,
    &FLOWCONTROL_V1_FLOW_SCHEMA,
    &FLOWCONTROL_V1_FLOW_SCHEMA_CONDITION,
    &FLOWCONTROL_V1_FLOW_SCHEMA_LIST,
    &FLOWCONTROL_V1_FLOW_SCHEMA_SPEC,
    &FLOWCONTROL_V1_FLOW_SCHEMA_STATUS,
    &FLOWCONTROL_V1_GROUP_SUBJECT,
    &FLOWCONTROL_V1_LIMIT_RESPONSE,
    &FLOWCONTROL_V1_LIMITED_PRIORITY_LEVEL_CONFIGURATION,
    &FLOWCONTROL_V1_NON_RESOURCE_POLICY_RULE,
    &FLOWCONTROL_V1_POLICY_RULES_WITH_SUBJECTS,
    &FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION,
    &FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_CONDITION,
    &FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_LIST,
    &FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_REFERENCE,
    &FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_SPEC,
    &FLOWCONTROL_V1_PRIORITY_LEVEL_CONFIGURATION_STATUS,
    &FLOWCONTROL_V1_QUEUING_CONFIGURATION,
    &FLOWCONTROL_V1_RESOURCE_POLICY_RULE,
    &FLOWCONTROL_V1_SERVICE_ACCOUNT_SUBJECT,
    &FLOWCONTROL_V1_SUBJECT,
    &FLOWCONTROL_V1_USER_SUBJECT,
    &NETWORKING_V1_HTTP_INGRESS_PATH,
    &NETWORKING_V1_HTTP_INGRESS_RULE_VALUE,
    &NETWORKING_V1_IP_ADDRESS,
    &NETWORKING_V1_IP_ADDRESS_LIST,
    &NETWORKING_V1_IP_ADDRESS_SPEC,
    &NETWORKING_V1_IP_BLOCK,
    &NETWORKING_V1_INGRESS,
    &NETWORKING_V1_INGRESS_BACKEND,
    &NETWORKING_V1_INGRESS_CLASS,
    &NETWORKING_V1_INGRESS_CLASS_LIST,
    &NETWORKING_V1_INGRESS_CLASS_PARAMETERS_REFERENCE,
    &NETWORKING_V1_INGRESS_CLASS_SPEC,
    &NETWORKING_V1_INGRESS_LIST,
    &NETWORKING_V1_INGRESS_LOAD_BALANCER_INGRESS,
    &NETWORKING_V1_INGRESS_LOAD_BALANCER_STATUS,
    &NETWORKING_V1_INGRESS_PORT_STATUS,
    &NETWORKING_V1_INGRESS_RULE,
    &NETWORKING_V1_INGRESS_SERVICE_BACKEND,
    &NETWORKING_V1_INGRESS_SPEC,
    &NETWORKING_V1_INGRESS_STATUS,
    &NETWORKING_V1_INGRESS_TLS,
    &NETWORKING_V1_NETWORK_POLICY,
    &NETWORKING_V1_NETWORK_POLICY_EGRESS_RULE,
    &NETWORKING_V1_NETWORK_POLICY_INGRESS_RULE,
    &NETWORKING_V1_NETWORK_POLICY_LIST,
    &NETWORKING_V1_NETWORK_POLICY_PEER,
    &NETWORKING_V1_NETWORK_POLICY_PORT,
    &NETWORKING_V1_NETWORK_POLICY_SPEC,
    &NETWORKING_V1_PARENT_REFERENCE,
    &NETWORKING_V1_SERVICE_BACKEND_PORT,
    &NETWORKING_V1_SERVICE_CIDR,
    &NETWORKING_V1_SERVICE_CIDR_LIST,
    &NETWORKING_V1_SERVICE_CIDR_SPEC,
    &NETWORKING_V1_SERVICE_CIDR_STATUS,
    &NODE_V1_OVERHEAD,
    &NODE_V1_RUNTIME_CLASS,
    &NODE_V1_RUNTIME_CLASS_LIST,
    &NODE_V1_SCHEDULING,
    &POLICY_V1_EVICTION,
    &POLICY_V1_POD_DISRUPTION_BUDGET,
    &POLICY_V1_POD_DISRUPTION_BUDGET_LIST,
    &POLICY_V1_POD_DISRUPTION_BUDGET_SPEC,
    &POLICY_V1_POD_DISRUPTION_BUDGET_STATUS,
    &RBAC_V1_AGGREGATION_RULE,
    &RBAC_V1_CLUSTER_ROLE,
    &RBAC_V1_CLUSTER_ROLE_BINDING,
    &RBAC_V1_CLUSTER_ROLE_BINDING_LIST,
    &RBAC_V1_CLUSTER_ROLE_LIST,
    &RBAC_V1_POLICY_RULE,
    &RBAC_V1_ROLE,
    &RBAC_V1_ROLE_BINDING,
    &RBAC_V1_ROLE_BINDING_LIST,
    &RBAC_V1_ROLE_LIST,
    &RBAC_V1_ROLE_REF,
    &RBAC_V1_SUBJECT,
    &RESOURCE_V1_ALLOCATED_DEVICE_STATUS,
    &RESOURCE_V1_ALLOCATION_RESULT,
    &RESOURCE_V1_CEL_DEVICE_SELECTOR,
    &RESOURCE_V1_CAPACITY_REQUEST_POLICY,
    &RESOURCE_V1_CAPACITY_REQUEST_POLICY_RANGE,
    &RESOURCE_V1_CAPACITY_REQUIREMENTS,
    &RESOURCE_V1_COUNTER,
    &RESOURCE_V1_COUNTER_SET,
    &RESOURCE_V1_DEVICE,
    &RESOURCE_V1_DEVICE_ALLOCATION_CONFIGURATION,
    &RESOURCE_V1_DEVICE_ALLOCATION_RESULT,
    &RESOURCE_V1_DEVICE_ATTRIBUTE,
    &RESOURCE_V1_DEVICE_CAPACITY,
    &RESOURCE_V1_DEVICE_CLAIM,
    &RESOURCE_V1_DEVICE_CLAIM_CONFIGURATION,
    &RESOURCE_V1_DEVICE_CLASS,
    &RESOURCE_V1_DEVICE_CLASS_CONFIGURATION,
    &RESOURCE_V1_DEVICE_CLASS_LIST,
    &RESOURCE_V1_DEVICE_CLASS_SPEC,
    &RESOURCE_V1_DEVICE_CONSTRAINT,
    &RESOURCE_V1_DEVICE_COUNTER_CONSUMPTION,
    &RESOURCE_V1_DEVICE_REQUEST,
    &RESOURCE_V1_DEVICE_REQUEST_ALLOCATION_RESULT,
    &RESOURCE_V1_DEVICE_SELECTOR,
    &RESOURCE_V1_DEVICE_SUB_REQUEST,
    &RESOURCE_V1_DEVICE_TAINT,
    &RESOURCE_V1_DEVICE_TOLERATION,
    &RESOURCE_V1_EXACT_DEVICE_REQUEST,
    &RESOURCE_V1_NETWORK_DEVICE_DATA,
    &RESOURCE_V1_NODE_ALLOCATABLE_RESOURCE_MAPPING,
    &RESOURCE_V1_OPAQUE_DEVICE_CONFIGURATION,
    &RESOURCE_V1_RESOURCE_CLAIM,
    &RESOURCE_V1_RESOURCE_CLAIM_CONSUMER_REFERENCE,
    &RESOURCE_V1_RESOURCE_CLAIM_LIST,
    &RESOURCE_V1_RESOURCE_CLAIM_SPEC,
    &RESOURCE_V1_RESOURCE_CLAIM_STATUS,
    &RESOURCE_V1_RESOURCE_CLAIM_TEMPLATE,
    &RESOURCE_V1_RESOURCE_CLAIM_TEMPLATE_LIST,
    &RESOURCE_V1_RESOURCE_CLAIM_TEMPLATE_SPEC,
    &RESOURCE_V1_RESOURCE_POOL,
    &RESOURCE_V1_RESOURCE_SLICE,
    &RESOURCE_V1_RESOURCE_SLICE_LIST,
    &RESOURCE_V1_RESOURCE_SLICE_SPEC,
    &SCHEDULING_V1_PRIORITY_CLASS,
    &SCHEDULING_V1_PRIORITY_CLASS_LIST,
    &STORAGE_V1_CSI_DRIVER,
    &STORAGE_V1_CSI_DRIVER_LIST,
    &STORAGE_V1_CSI_DRIVER_SPEC,
    &STORAGE_V1_CSI_NODE,
    &STORAGE_V1_CSI_NODE_DRIVER,
    &STORAGE_V1_CSI_NODE_LIST,
    &STORAGE_V1_CSI_NODE_SPEC,
    &STORAGE_V1_CSI_STORAGE_CAPACITY,
    &STORAGE_V1_CSI_STORAGE_CAPACITY_LIST,
    &STORAGE_V1_STORAGE_CLASS,
    &STORAGE_V1_STORAGE_CLASS_LIST,
    &STORAGE_V1_TOKEN_REQUEST,
    &STORAGE_V1_VOLUME_ATTACHMENT,
    &STORAGE_V1_VOLUME_ATTACHMENT_LIST,
    &STORAGE_V1_VOLUME_ATTACHMENT_SOURCE,
    &STORAGE_V1_VOLUME_ATTACHMENT_SPEC,
    &STORAGE_V1_VOLUME_ATTACHMENT_STATUS,
    &STORAGE_V1_VOLUME_ATTRIBUTES_CLASS,
    &STORAGE_V1_VOLUME_ATTRIBUTES_CLASS_LIST,
    &STORAGE_V1_VOLUME_ERROR,
    &STORAGE_V1_VOLUME_NODE_RESOURCES,
    &APIEXTENSIONS_V1_CONVERSION_REQUEST,
    &APIEXTENSIONS_V1_CONVERSION_RESPONSE,
    &APIEXTENSIONS_V1_CONVERSION_REVIEW,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_COLUMN_DEFINITION,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_CONVERSION,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_CONDITION,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_LIST,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_NAMES,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_SPEC,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_STATUS,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_DEFINITION_VERSION,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_SUBRESOURCE_SCALE,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_SUBRESOURCE_STATUS,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_SUBRESOURCES,
    &APIEXTENSIONS_V1_CUSTOM_RESOURCE_VALIDATION,
    &APIEXTENSIONS_V1_EXTERNAL_DOCUMENTATION,
    &APIEXTENSIONS_V1_JSON_SCHEMA_PROPS,
    &APIEXTENSIONS_V1_SELECTABLE_FIELD,
    &APIEXTENSIONS_V1_SERVICE_REFERENCE,
    &APIEXTENSIONS_V1_VALIDATION_RULE,
    &APIEXTENSIONS_V1_WEBHOOK_CLIENT_CONFIG,
    &APIEXTENSIONS_V1_WEBHOOK_CONVERSION,
    &META_V1_API_GROUP,
    &META_V1_API_GROUP_LIST,
    &META_V1_API_RESOURCE,
    &META_V1_API_RESOURCE_LIST,
    &META_V1_API_VERSIONS,
    &META_V1_CONDITION,
    &META_V1_DELETE_OPTIONS,
    &META_V1_FIELD_SELECTOR_REQUIREMENT,
    &META_V1_GROUP_VERSION_FOR_DISCOVERY,
    &META_V1_GROUP_VERSION_KIND,
    &META_V1_GROUP_VERSION_RESOURCE,
    &META_V1_LABEL_SELECTOR,
    &META_V1_LABEL_SELECTOR_REQUIREMENT,
    &META_V1_LIST_META,
    &META_V1_MANAGED_FIELDS_ENTRY,
    &META_V1_OBJECT_META,
    &META_V1_OWNER_REFERENCE,
    &META_V1_PARTIAL_OBJECT_METADATA,
    &META_V1_PARTIAL_OBJECT_METADATA_LIST,
    &META_V1_PRECONDITIONS,
    &META_V1_SERVER_ADDRESS_BY_CLIENT_CIDR,
    &META_V1_SHARD_INFO,
    &META_V1_STATUS,
    &META_V1_STATUS_CAUSE,
    &META_V1_STATUS_DETAILS,
    &META_V1_TABLE,
    &META_V1_TABLE_COLUMN_DEFINITION,
    &META_V1_TABLE_ROW,
    &META_V1_TABLE_ROW_CONDITION,
    &META_V1_WATCH_EVENT,
    &APIREGISTRATION_V1_API_SERVICE,
    &APIREGISTRATION_V1_API_SERVICE_CONDITION,
    &APIREGISTRATION_V1_API_SERVICE_LIST,
    &APIREGISTRATION_V1_API_SERVICE_SPEC,
    &APIREGISTRATION_V1_API_SERVICE_STATUS,
    &APIREGISTRATION_V1_SERVICE_REFERENCE,
];
