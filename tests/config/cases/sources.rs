//! Which cloud, from which files and variables, and what lies over what.

use openstack_identity::config::ConfigErrorKind as Kind;
use serde_json::json;

use super::{by_id, demo_for_lab, scoped};
use crate::case::{Case, case};

const LAB: &str = "
clouds:
  lab:
    region_name: RegionOne
    auth:
      auth_url: https://keystone.example:5000/v3
      username: demo
      password: s3cret
      project_name: lab
      user_domain_name: Default
      project_domain_name: Default
";

const TWO: &str = "
clouds:
  one:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
  two:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u2, password: s3cret }
";

const BY_ID: &str = "
    OS_AUTH_URL=https://keystone.example:5000/v3
    OS_USER_ID=u0
    OS_PASSWORD=s3cret
";

pub fn cases() -> Vec<Case> {
    let mut cases = files();
    cases.extend(variables());
    cases.extend(profiles());
    cases.extend(regions());
    cases
}

fn files() -> Vec<Case> {
    vec![
        case("the only cloud")
            .clouds(LAB)
            .sends(demo_for_lab())
            .with(|cloud| cloud.region = Some("RegionOne".to_owned())),
        case("a cloud by OS_CLOUD").clouds(TWO).variables("OS_CLOUD=two").sends(by_id("u2")),
        case("a cloud by the program, whatever OS_CLOUD says")
            .clouds(TWO)
            .variables("OS_CLOUD=two")
            .cloud("one")
            .sends(by_id("u1")),
        case("an unknown cloud")
            .clouds(TWO)
            .variables("OS_CLOUD=twoo")
            .refused(
                Kind::Unknown,
                &["`twoo` (OS_CLOUD)", "`one` (/root-of-case/cwd/clouds.yaml:4:5)", "did you mean `two`?"],
            ),
        case("several clouds and no choice")
            .clouds(TWO)
            .refused(Kind::NoCloud, &["several clouds: one, two", "OS_CLOUD"]),
        case("nothing at all").refused(Kind::NoCloud, &["/root-of-case/xdg/openstack", "/etc/openstack"]),
        case("secure.yaml lies over clouds.yaml")
            .clouds(
                "
clouds:
  lab:
    auth:
      auth_url: https://keystone.example:5000/v3
      user_id: u1
      password: old
",
            )
            .secure("clouds: { lab: { auth: { password: s3cret } } }")
            .sends(by_id("u1")),
        case("a cloud in secure.yaml alone").secure(LAB).sends(demo_for_lab()).with(|cloud| {
            cloud.region = Some("RegionOne".to_owned());
        }),
        case("secure.yaml in another folder")
            .clouds("clouds: { lab: { auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1 } } }")
            .file("home/.config/openstack/secure.yml", "clouds: { lab: { auth: { password: s3cret } } }")
            .sends(by_id("u1")),
        case("the current folder before the user's")
            .clouds("clouds: { a: { auth: { auth_url: 'https://keystone.example:5000/v3', user_id: here, password: s3cret } } }")
            .file("xdg/openstack/clouds.yaml", TWO)
            .sends(by_id("here")),
        case("the XDG folder before the home folder")
            .file("home/.config/openstack/clouds.yaml", TWO)
            .file("xdg/openstack/clouds.yaml", LAB)
            .sends(demo_for_lab())
            .with(|cloud| cloud.region = Some("RegionOne".to_owned())),
        case("the site's folder last").file("site/openstack/clouds.yml", TWO).cloud("one").sends(by_id("u1")),
        case("yaml before yml before json")
            .file("cwd/clouds.yml", TWO)
            .file("cwd/clouds.json", r#"{"clouds": {"one": {}}}"#)
            .cloud("two")
            .sends(by_id("u2")),
        case("a JSON file, with tabs and escapes")
            .file(
                "cwd/clouds.json",
                "{\n\t\"clouds\": {\n\t\t\"lab\": {\n\t\t\t\"auth\": {\"auth_url\": \"https:\\/\\/keystone.example:5000\\/v3\",\n\
                 \t\t\t\t\"user_id\": 12, \"password\": \"s3cr\\u0065t\"}}}}\n",
            )
            .sends(by_id("12")),
        case("OS_CLIENT_CONFIG_FILE and OS_CLIENT_SECURE_FILE before all")
            .clouds(LAB)
            .file("elsewhere/mine.txt", "clouds: { a: { auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1 } } }")
            .file("elsewhere/my-secrets.json", r#"{"clouds": {"a": {"auth": {"password": "s3cret"}}}}"#)
            .variables(
                "
                OS_CLIENT_CONFIG_FILE={root}/elsewhere/mine.txt
                OS_CLIENT_SECURE_FILE={root}/elsewhere/my-secrets.json
                ",
            )
            .sends(by_id("u1")),
        case("OS_CLIENT_CONFIG_FILE names no file")
            .clouds(LAB)
            .variables("OS_CLIENT_CONFIG_FILE={root}/nowhere.yaml")
            .refused(Kind::Unreadable, &["OS_CLIENT_CONFIG_FILE", "/root-of-case/nowhere.yaml"])
            .differs("the file that somebody asked for is not passed over in silence"),
        case("a mistake of another cloud")
            .clouds(
                "
clouds:
  lab: { auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret } }
  other: { auth: { user_id: u } }
  plain: text
",
            )
            .secure("clouds: { other: text }")
            .cloud("lab")
            .sends(by_id("u1")),
        case("a mistake of this cloud")
            .clouds("clouds: { lab: {}, other: { auth: { user_id: u } } }")
            .secure("clouds: { other: text }")
            .cloud("other")
            .refused(Kind::Conflict, &["`other` is a table", "clouds.yaml:1:27", "secure.yaml:1:18"]),
        case("a key twice in another cloud")
            .clouds(
                "
clouds:
  lab: { auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret } }
  other: { auth: { user_id: u, user_id: v } }
  other: { auth: { user_id: u, user_id: v } }
",
            )
            .cloud("lab")
            .sends(by_id("u1")),
        case("a mistake of another region")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
    regions: [{ name: north }, { name: south, values: text }]
",
            )
            .region("north")
            .sends(by_id("u1"))
            .with(|cloud| cloud.region = Some("north".to_owned())),
        case("a region without an auth URL")
            .clouds(
                "
clouds:
  lab:
    auth: { user_id: u1, password: s3cret }
    regions: [{ name: Full, values: { auth: { auth_url: 'https://keystone.example:5000/v3' } } }, Bare]
",
            )
            .region("Bare")
            .refused(Kind::Missing, &["`lab` has no `auth_url` in the region `Bare`"]),
        case("a byte order mark and the line breaks of Windows")
            .clouds(
                "\u{feff}clouds:\r\n  lab:\r\n    auth:\r\n      auth_url: https://keystone.example:5000/v3\r\n      \
                 user_id: u1\r\n      password: s3cret\r\n",
            )
            .sends(by_id("u1")),
        case("an empty file hides those after it")
            .clouds("# nothing yet\n")
            .file("xdg/openstack/clouds.yaml", LAB)
            .refused(Kind::NoCloud, &["no cloud is configured"]),
        case("a file that is no YAML")
            .clouds("clouds:\n  lab: { auth: [\n")
            .file("xdg/openstack/clouds.yaml", LAB)
            .refused(Kind::Syntax, &["/root-of-case/cwd/clouds.yaml:"])
            .differs("a broken file is not passed over for another cloud of the same name"),
        case("anchors, aliases and merge keys")
            .clouds(
                "
shared: &shared
  auth_url: https://keystone.example:5000/v3
  password: &password s3cret
clouds:
  lab:
    auth:
      <<: *shared
      user_id: u1
      password: *password
",
            )
            .sends(by_id("u1")),
        case("keys with hyphens")
            .clouds(
                "
clouds:
  lab:
    auth: { auth-url: 'https://keystone.example:5000/v3', user-id: u1, password: s3cret, project-id: p1 }
",
            )
            .sends(scoped(by_id("u1"), json!({ "project": { "id": "p1" } }))),
    ]
}

fn variables() -> Vec<Case> {
    vec![
        case("variables alone").variables(BY_ID).sends(by_id("u0")),
        case("variables before the clouds in files")
            .clouds(TWO)
            .variables(BY_ID)
            .sends(by_id("u0")),
        case("OS_CLOUD before the other variables")
            .clouds(TWO)
            .variables(BY_ID)
            .variables("OS_CLOUD=one\nOS_PROJECT_ID=not-this")
            .sends(by_id("u1")),
        case("OS_CLOUD, and a password in a variable that it doesn't use")
            .clouds(
                "clouds: { a: { auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1 } } }",
            )
            .variables("OS_CLOUD=a\nOS_PASSWORD=s3cret")
            .refused(
                Kind::Missing,
                &["no `password`", "OS_PASSWORD is set, and not used"],
            ),
        case("the cloud of the variables by its name")
            .clouds(TWO)
            .variables(BY_ID)
            .variables("OS_CLOUD=envvars")
            .sends(by_id("u0")),
        case("the cloud of the variables by a name of one's own")
            .clouds(TWO)
            .variables(BY_ID)
            .variables("OS_CLOUD_NAME=mine")
            .cloud("mine")
            .sends(by_id("u0")),
        case("a cloud in a file with the name of that of the variables")
            .clouds("clouds: { envvars: { auth: {} } }")
            .variables(BY_ID)
            .refused(
                Kind::Conflict,
                &[
                    "`envvars` (/root-of-case/cwd/clouds.yaml:1:20)",
                    "OS_CLOUD_NAME",
                ],
            ),
        case("an openrc file")
            .variables(
                "
                OS_AUTH_URL=https://keystone.example:5000/v3
                OS_USERNAME=demo
                OS_PASSWORD=s3cret
                OS_PROJECT_NAME=lab
                OS_TENANT_NAME=lab
                OS_USER_DOMAIN_NAME=Default
                OS_PROJECT_DOMAIN_NAME=Default
                OS_REGION_NAME=RegionOne
                OS_INTERFACE=internal
                OS_ENDPOINT_TYPE=internalURL
                OS_IDENTITY_API_VERSION=3
                ",
            )
            .sends(demo_for_lab())
            .with(|cloud| {
                cloud.region = Some("RegionOne".to_owned());
                cloud.interfaces = vec!["internal".to_owned()];
            }),
        case("empty variables are not there")
            .clouds(LAB)
            .variables("OS_CLOUD=\nOS_USERNAME=\nOS_AUTH_TYPE=\nOS_PROJECT_ID=")
            .sends(demo_for_lab())
            .with(|cloud| cloud.region = Some("RegionOne".to_owned()))
            .differs("a shell's way to unset a variable is to empty it"),
        case("empty variables beside full ones")
            .variables(BY_ID)
            .variables("OS_USERNAME=\nOS_PROJECT_NAME=\nOS_USER_DOMAIN_NAME=\nOS_TRUST_ID=")
            .sends(by_id("u0")),
        case("variables of other programs")
            .clouds(LAB)
            .variables("OS_NAME=Linux\nOS_TEST_TIMEOUT=5\nOS_LOG_CAPTURE=1")
            .sends(demo_for_lab())
            .with(|cloud| cloud.region = Some("RegionOne".to_owned()))
            .differs("OS_NAME describes no cloud"),
        case("only variables that select")
            .clouds(LAB)
            .variables("OS_REGION_NAME=RegionOne")
            .sends(demo_for_lab())
            .with(|cloud| cloud.region = Some("RegionOne".to_owned())),
        case("variables without an auth URL")
            .clouds(TWO)
            .variables("OS_USERNAME=demo")
            .refused(
                Kind::Missing,
                &["`envvars` has no `auth_url`", "set OS_AUTH_URL"],
            ),
        case("braces in variables of other programs")
            .variables(BY_ID)
            .variables("OS_PROMPT={user}")
            .sends(by_id("u0"))
            .differs("a value that is not read is not a template"),
    ]
}

fn profiles() -> Vec<Case> {
    const PUBLIC: &str = "
public-clouds:
  acme:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_domain_name: Acme, user_id: nobody }
    interface: internal
    region_name: acme-1
";
    vec![
        case("a vendor profile below the cloud")
            .clouds("clouds: { lab: { profile: acme, auth: { user_id: u1, password: s3cret } } }")
            .public(PUBLIC)
            .sends(by_id("u1"))
            .with(|cloud| {
                cloud.interfaces = vec!["internal".to_owned()];
                cloud.region = Some("acme-1".to_owned());
            }),
        case("a vendor profile by its old name")
            .clouds("clouds: { lab: { cloud: acme, interface: admin, auth: { user_id: u1, password: s3cret } } }")
            .public(PUBLIC)
            .sends(by_id("u1"))
            .with(|cloud| {
                cloud.interfaces = vec!["admin".to_owned()];
                cloud.region = Some("acme-1".to_owned());
            }),
        case("a vendor profile by OS_PROFILE, whose auth counts more than variables")
            .public(PUBLIC)
            .variables("OS_PROFILE=acme\nOS_USER_ID=u1\nOS_PASSWORD=s3cret")
            .sends(by_id("nobody"))
            .with(|cloud| {
                cloud.interfaces = vec!["internal".to_owned()];
                cloud.region = Some("acme-1".to_owned());
            })
.differs("there its own defaults count more than the profile, so that the interface is public"),
        case("an empty value takes that of the profile away")
            .clouds("clouds: { lab: { profile: acme, auth: { user_id: '', username: demo, password: s3cret } } }")
            .public(PUBLIC)
            .sends(json!({ "identity": super::demo(json!({ "name": "Acme" })) }))
            .with(|cloud| {
                cloud.interfaces = vec!["internal".to_owned()];
                cloud.region = Some("acme-1".to_owned());
            }),
        case("an unknown profile that was to give the auth URL")
            .clouds("clouds: { lab: { profile: acne, auth: { user_id: u1, password: s3cret } } }")
            .public(PUBLIC)
            .refused(
                Kind::Unknown,
                &["`acne` (/root-of-case/cwd/clouds.yaml:1:27)", "did you mean `acme`?"],
            ),
        case("an unknown profile that nobody needs")
            .clouds("clouds: { lab: { profile: acne, auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret } } }")
            .public(PUBLIC)
            .sends(by_id("u1")),
    ]
}

fn regions() -> Vec<Case> {
    const REGIONS: &str = "
clouds:
  lab:
    auth: { auth_url: 'https://{region_name}.example/v3', user_id: u1, password: s3cret }
    regions:
      - north
      - name: south
        values:
          auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u2 }
          interface: internal
";
    vec![
        case("the first region, in the auth URL")
            .clouds(REGIONS)
            .sends(by_id("u1"))
            .with(|cloud| {
                cloud.url = "https://north.example/v3/auth/tokens".to_owned();
                cloud.region = Some("north".to_owned());
            }),
        case("a region with values of its own")
            .clouds(REGIONS)
            .region("south")
            .sends(by_id("u2"))
            .with(|cloud| {
                cloud.interfaces = vec!["internal".to_owned()];
                cloud.region = Some("south".to_owned());
            }),
        case("a region by OS_REGION_NAME")
            .clouds(REGIONS)
            .variables("OS_CLOUD=lab\nOS_REGION_NAME=south")
            .sends(by_id("u2"))
            .with(|cloud| {
                cloud.interfaces = vec!["internal".to_owned()];
                cloud.region = Some("south".to_owned());
            })
            .differs("the CLI does so; openstacksdk leaves it to the program to hand it over"),
        case("an unknown region")
            .clouds(REGIONS)
            .region("soth")
            .refused(
                Kind::Unknown,
                &[
                    "`lab` has no region `soth`",
                    "north, south",
                    "did you mean `south`?",
                ],
            ),
        case("regions with commas")
            .variables(BY_ID)
            .variables("OS_REGION_NAME=north,south")
            .sends(by_id("u0"))
            .with(|cloud| cloud.region = Some("north".to_owned())),
        case("regions before region_name")
            .clouds(
                "
clouds:
  lab:
    region_name: south
    regions: [north, south]
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
",
            )
            .sends(by_id("u1"))
            .with(|cloud| cloud.region = Some("north".to_owned())),
    ]
}
