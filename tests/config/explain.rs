//! What a person is told.

use crate::case::case;

const EXPLAINED: &str = r#"cloud `lab`, from /root-of-case/cwd/clouds.yaml and /root-of-case/cwd/secure.yaml and /root-of-case/cwd/clouds-public.yaml

  setting              value                             from                                       instead of
  auth_type            password                          default
  auth_url             https://keystone.example:5000/v3  /root-of-case/cwd/clouds-public.yaml:3:23
  interface            internal                          /root-of-case/cwd/clouds.yaml:6:16         /root-of-case/cwd/clouds-public.yaml:4:16
  password             [secret]                          /root-of-case/cwd/secure.yaml:1:36         /root-of-case/cwd/clouds.yaml:5:64
  project_domain_name  Default                           /root-of-case/cwd/clouds.yaml:9:88
  project_name         lab                               /root-of-case/cwd/clouds.yaml:9:62
  region_name          north                             /root-of-case/cwd/clouds.yaml:9:23
  user_id              u1                                /root-of-case/cwd/clouds.yaml:5:22
  verify               true                              default

given, and not needed for this login:

  setting   value     from                                instead of
  token     [secret]  /root-of-case/cwd/clouds.yaml:7:12
  username  demo      /root-of-case/cwd/clouds.yaml:5:36

not read, as it belongs to other tools or is misspelt:

  identity_api_version  /root-of-case/cwd/clouds.yaml:8:27
  auth.pasword  /root-of-case/cwd/clouds.yaml:5:51

CA certificates: those that the system trusts

warning: pasword (/root-of-case/cwd/clouds.yaml:5:51) is not read; `password` is
warning: OS_PASSWORD, OS_USERNAME are not used: the cloud was chosen by its name, and variables describe another

POST https://keystone.example:5000/v3/auth/tokens
{
  "auth": {
    "identity": {
      "methods": [
        "password"
      ],
      "password": {
        "user": {
          "id": "u1",
          "password": "[secret]"
        }
      }
    },
    "scope": {
      "project": {
        "domain": {
          "name": "Default"
        },
        "name": "lab"
      }
    }
  }
}
"#;

/// The same as if neither `SSL_CERT_FILE` nor `SSL_CERT_DIR` were set.
fn without_environment(text: &str) -> String {
    let line = |line: &str| match line.starts_with("CA certificates: in place of the system's ") {
        true => "CA certificates: those that the system trusts\n".to_owned(),
        false => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn it_says_where_each_value_comes_from_and_what_is_sent() {
    let config = case("explained")
        .clouds(
            "
clouds:
  lab:
    profile: acme
    auth: { user_id: u1, username: demo, pasword: x, password: s3cret, project_domain_id: '' }
    interface: internal
    token: t0ken
    identity_api_version: 3
    regions: [{ name: north, values: { auth: { project_name: lab, project_domain_name: Default } } }]
",
        )
        .secure("clouds: { lab: { auth: { password: s3cret } } }")
        .public(
            "public-clouds:
  acme:
    auth: { auth_url: 'https://keystone.example:5000/v3' }
    interface: public
",
        )
        .variables("OS_CLOUD=lab\nOS_REGION_NAME=north\nOS_USERNAME=demo\nOS_PASSWORD=s3cret")
        .load()
        .unwrap();
    assert_eq!(without_environment(&config.explain()), EXPLAINED);
}

#[test]
fn warnings_say_what_is_not_used() {
    let config = case("warned")
        .clouds("clouds: { a: { auth: {} }, b: {} }")
        .variables("OS_AUTH_URL=https://k.example\nOS_USER_ID=u\nOS_PASSWORD=s3cret")
        .variables("OS_INSECURE=yes\nOS_CACERT=/ca.pem\nOS_PROFILE=acme")
        .load()
        .unwrap();
    let warnings = config.warnings();
    let [clouds, profile, cacert] = warnings else {
        panic!("{warnings:?}");
    };
    assert!(
        clouds.contains("`a` (/root-of-case/cwd/clouds.yaml:1:14), `b`"),
        "{clouds}"
    );
    assert!(
        profile.starts_with("there is no profile `acme` (OS_PROFILE)"),
        "{profile}"
    );
    assert!(
        cacert.starts_with("OS_CACERT is not used, as OS_INSECURE turns"),
        "{cacert}"
    );
}
