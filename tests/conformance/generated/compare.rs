//! What the two servers answer, and where they may differ.

use super::Request;
use crate::side::Answer;

/// A request that Keystone trips over, so that it answers 500; the embedded server refuses it instead.
struct Exception {
    why: &'static str,
    /// With which statuses it may be refused.
    refused: &'static [u16],
    holds: fn(&Request) -> bool,
}

/// All of them.
const EXCEPTIONS: [Exception; 4] = [
    Exception {
        why: "Outside the schema of a login, members are read as if they had the right types",
        refused: &[400, 401, 404],
        holds: |request| {
            let unchecked = ["totp", "application_credential", "mapped", "oauth1"];
            let body = request.body.as_ref().map_or("", |(text, _)| text.as_str());
            unchecked.iter().any(|method| body.contains(method))
        },
    },
    Exception {
        why: "A path with two slashes is redirected, and the redirection isn't asked for its methods",
        refused: &[405],
        holds: |request| request.target.contains("//") || request.target.contains("%2F"),
    },
    Exception {
        why: "A version of access rules is read as a number without a look at it",
        refused: &[404],
        holds: |request| {
            let mut names = request.headers.iter().map(|(name, _)| name);
            names.any(|name| name.eq_ignore_ascii_case("openstack-identity-access-rules"))
        },
    },
    Exception {
        why: "A path is decoded as UTF-8 without a look at it, for a token with access rules",
        refused: &[401, 404],
        holds: |request| {
            let path = request.target.split('?').next().unwrap_or_default();
            path.contains("%ff")
        },
    },
];

/// How the answers of the embedded server and of Keystone differ, a line each, if nothing explains that.
pub fn compare(request: &Request, ours: &Answer, theirs: &Answer) -> Vec<String> {
    let explains = |exception: &&Exception| {
        theirs.status == 500
            && exception.refused.contains(&ours.status)
            && (exception.holds)(request)
    };
    if let Some(exception) = EXCEPTIONS.iter().find(explains) {
        println!("{}: {request}", exception.why);
        return Vec::new();
    }
    let lines = ours.differences(theirs);
    lines
        .into_iter()
        .map(|line| format!("{line} | {request}"))
        .collect()
}
