//! No secret is shown, whatever is printed.

use crate::cases;

/// The secrets of all cases.
const SECRETS: [&str; 4] = ["s3cret", "t0ken", "098765", "s3cr\\u0065t"];

#[tokio::test]
async fn nothing_that_is_printed_has_a_secret_in_it() {
    for case in cases::all() {
        let printed = match case.load() {
            Ok(config) => {
                let builder = match config.builder() {
                    Ok(builder) => format!("{builder:?}"),
                    Err(error) => format!("{error} {error:?}"),
                };
                let warnings = config.warnings().join("\n");
                format!("{config:?}\n{}\n{warnings}\n{builder}", config.explain())
            }
            Err(error) => format!("{error}\n{error:?}"),
        };
        let printed = format!("{printed}\n{:?}", case.loader());
        for secret in SECRETS {
            assert!(!printed.contains(secret), "{}: {printed}", case.name);
        }
    }
}

#[test]
fn an_address_with_a_password_in_it_is_not_shown() {
    let error = crate::case::case("address")
        .variables("OS_AUTH_URL=https://demo:s3cret@k.example/v3\nOS_USER_ID=u\nOS_PASSWORD=p")
        .load()
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");

    let config = crate::case::case("endpoint")
        .variables("OS_AUTH_URL=https://k.example/v3\nOS_USER_ID=u\nOS_PASSWORD=p")
        .variables("OS_COMPUTE_ENDPOINT_OVERRIDE=https://demo:s3cret@n.example/v2?key=s3cret")
        .load()
        .unwrap();
    let text = config.explain();
    assert!(text.contains("https://n.example/v2"), "{text}");
    assert!(!format!("{text} {config:?}").contains("s3cret"), "{text}");
}
