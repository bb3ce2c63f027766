//! The walk over the spec that makes the forms of a login: what is added to the spec gets into the tests,
//! or the tests aren't built.

use std::path::Path;

use openstack_identity_codegen::{Source, read, read_folder};

#[path = "../build/forms.rs"]
mod forms;

const SPEC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec");

/// What the build script would make of the spec, with a text of its `auth.yaml` replaced by another.
fn forms_of_login(old: &str, new: &str) -> Result<String, String> {
    let mut sources = read_folder(Path::new(SPEC)).unwrap();
    let mut files = sources.iter_mut();
    let auth: &mut Source = files.find(|file| file.path.ends_with("auth.yaml")).unwrap();
    assert_eq!(auth.text.matches(old).count(), 1, "{old}");
    auth.text = auth.text.replace(old, new);
    let api = read("spec", &sources).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    forms::source(&api, &["identity", "v3"], "Auth", "client")
}

const TRUST: &str = r#"id: { type: string, doc: "The trust's id." }"#;

#[test]
fn a_new_field_is_in_the_forms_by_itself() {
    let added = |field: &str| forms_of_login(TRUST, &format!("{TRUST}\n      {field}"));
    let now = forms_of_login(TRUST, TRUST).unwrap();
    assert!(!now.contains("scope.trust.stamp"));

    let required = added("stamp: { type: string, doc: Which. }").unwrap();
    assert!(required.contains(r#"Leaf { path: "scope.trust.stamp", secret: false }"#));
    assert!(required.contains("TrustScope::new(String::from(text[0]), String::from(text[1]))"));
    assert_eq!(count(&required), count(&now));

    let optional = added("stamp: { type: string, required: false, doc: Which. }").unwrap();
    assert!(optional.contains("TrustScope::new(String::from(text[0])))"));
    assert!(
        optional.contains("TrustScope::new(String::from(text[0])).stamp(String::from(text[1]))")
    );
    assert_eq!(count(&optional), count(&now) + 1);

    let nullable = added("type: { type: string?, required: false, doc: Which. }").unwrap();
    assert!(nullable.contains(".clear_type()"));
    assert!(nullable.contains(".r#type(String::from(text[1]))"));
    assert_eq!(count(&nullable), count(&now) + 2);

    let secret = added("stamp: { type: Passcode, doc: Which. }").unwrap();
    assert!(secret.contains(r#"Leaf { path: "scope.trust.stamp", secret: true }"#));

    let flag = added("stamp: { type: bool, doc: Which. }").unwrap();
    assert!(flag.contains("TrustScope::new(String::from(text[0]), true)"));
    assert_eq!(count(&flag), count(&now) + 1);
}

#[test]
fn a_new_method_and_a_new_scope_are_in_the_forms_by_themselves() {
    let old = "      kerberos:\n";
    let added = forms_of_login(
        old,
        &format!("      voice: {{ type: Totp, wrap: user, doc: A voice. }}\n{old}"),
    );
    let added = added.unwrap();
    assert!(added.contains("AuthMethod::Voice(Totp::by_id(String::from(text[0])"));
    assert!(added.contains("credentials.voice.user.domain.name"));

    let old = "      domain: { type: DomainScope, doc: A domain. }\n";
    let added = forms_of_login(
        old,
        &format!("{old}      region: {{ type: string, doc: A region. }}\n"),
    );
    assert!(
        added
            .unwrap()
            .contains("Some(Scope::Region(String::from(text[0])))")
    );
}

#[test]
fn a_new_field_of_the_request_itself_is_another_member() {
    let old = "      scope:\n        type: Scope\n";
    let added = forms_of_login(
        old,
        &format!("      voice: {{ type: Passcode, required: false, doc: A voice. }}\n{old}"),
    );
    let added = added.unwrap();
    assert!(added.contains("pub voice: Option<Passcode>,\n"));
    assert!(added.contains("pub const VOICE: &[Form<Option<Passcode>>]"));
}

#[test]
fn what_cannot_be_built_is_told_and_not_left_out() {
    let mistake = |old: &str, new: &str| forms_of_login(old, new).unwrap_err();
    for (ty, what) in [
        ("list<string>", "a list"),
        ("map<string>", "a map"),
        ("json", "any JSON"),
        ("timestamp", "a timestamp"),
        ("TrustScope?", "TrustScope inside TrustScope"),
        ("Credentials", "a set inside the request"),
    ] {
        let field = format!("{TRUST}\n      stamp: {{ type: {ty}, required: false, doc: Which. }}");
        let told = mistake(TRUST, &field);
        let wanted = format!("`scope.trust.stamp` is {what}, of which");
        assert!(
            told.starts_with(&wanted) && told.contains("tests/build/forms.rs"),
            "{told}"
        );
    }
    let open = mistake(TRUST, &format!("{TRUST}\n    extra: true"));
    assert!(
        open.starts_with("`scope.trust` is a struct with any fields"),
        "{open}"
    );
    let bare = mistake("        type: Scope\n", "        type: map<Scope>\n");
    assert!(bare.starts_with("`scope` is no shape"), "{bare}");
}

#[test]
fn a_request_that_is_not_there_is_told() {
    let api = read("spec", &read_folder(Path::new(SPEC)).unwrap()).unwrap();
    for (folder, root, told) in [
        (
            ["identity", "v4"],
            "Auth",
            "there is no service in the folder identity/v4",
        ),
        (
            ["identity", "v3"],
            "Login",
            "identity/v3 has no shape Login",
        ),
        (
            ["identity", "v3"],
            "Scope",
            "Scope is no struct, or one with any fields",
        ),
    ] {
        assert_eq!(
            forms::source(&api, &folder, root, "client"),
            Err(told.to_owned())
        );
    }
}

fn count(forms: &str) -> usize {
    forms.matches("Form {\n").count()
}
