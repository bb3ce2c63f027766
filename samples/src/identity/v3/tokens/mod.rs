//! The samples of the page "Tokens".
#![allow(missing_docs, clippy::missing_errors_doc, clippy::too_many_arguments)]

pub mod export_authentication_token;
pub mod generate_token_from_id;
pub mod generate_token_scoped_to_project_id;
pub mod generate_token_scoped_to_project_name;
pub mod generate_token_with_application_credential_id;
pub mod generate_token_with_user_id;
pub mod generate_token_with_username;
pub mod revoke_token;
pub mod use_cached_authentication_token;
pub mod validate_token;
