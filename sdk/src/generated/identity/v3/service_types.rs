#![allow(missing_docs)]
pub const SERVICE_TYPES: &[(&str, &[&str])] = &[
    ("block-storage", &["volumev3", "volumev2", "volume", "block-store"]),
    ("shared-file-system", &["sharev2", "share"]),
    ("workflow", &["workflowv2"]),
    ("application-deployment", &["application_deployment"]),
];
