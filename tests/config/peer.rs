//! The same cases by openstacksdk.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::case::Case;
use crate::{Expected, Resolved, cases};

/// Where a case says that we do the same, we do; where it says that we differ, we do.
#[tokio::test]
async fn openstacksdk_sends_the_same() {
    let cases = cases::all();
    let answers = ask(&cases);
    assert_eq!(answers.len(), cases.len());
    let mut wrong = Vec::new();
    let (mut same, mut different) = (0, 0);
    for (case, answer) in cases.iter().zip(answers) {
        // What it doesn't refuse can also be no login at all, or one that is not of Identity v3.
        let agrees = match &case.expected {
            Expected::Login(expected) => {
                answer["body"].is_object() && *expected == understood(&answer)
            }
            Expected::Refused(..) => answer.get("error").is_some(),
        };
        match (agrees, case.differs) {
            (true, None) => same += 1,
            (false, Some(_)) => different += 1,
            (true, Some(why)) => wrong.push(format!(
                "{}: openstacksdk does the same after all, not: {why}",
                case.name
            )),
            (false, None) => wrong.push(format!(
                "{}\n  expected     {:?}\n  openstacksdk {answer}",
                case.name, case.expected
            )),
        }
    }
    println!("{same} cases the same, {different} different on purpose");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same >= 25, "{same}");
}

pub fn ask(cases: &[Case]) -> Vec<Value> {
    let questions: Vec<Value> = cases
        .iter()
        .map(|case| {
            json!({
                "files": case.files,
                "variables": case.variables,
                "cloud": case.cloud,
                "region": case.region,
            })
        })
        .collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/config/openstacksdk");
    let mut child = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let question = serde_json::to_vec(&questions).unwrap();
    child.stdin.take().unwrap().write_all(&question).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn understood(answer: &Value) -> Resolved {
    let text = |key: &str| answer[key].as_str().map(str::to_owned);
    let plain = |name: &str| name.strip_suffix("URL").unwrap_or(name).to_owned();
    Resolved {
        url: text("url").unwrap(),
        body: answer["body"].clone(),
        region: text("region"),
        interfaces: match &answer["interface"] {
            Value::Array(names) => names.iter().filter_map(Value::as_str).map(plain).collect(),
            name => name.as_str().map(plain).into_iter().collect(),
        },
        verify: answer["verify"].clone(),
        cert: answer["cert"].clone(),
        timeout: answer["timeout"].as_f64(),
        compute: text("compute"),
    }
}
