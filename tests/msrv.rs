//! The workspace states one minimum supported Rust version, and no package in its tree asks for a later one.

use std::process::Command;

use serde_json::Value;

/// The version of this package, which has it from the workspace as every member must.
const STATED: &str = env!("CARGO_PKG_RUST_VERSION");

/// Every package in the lock file, for any platform and feature.
fn packages() -> Result<Vec<Value>, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|error| format!("can't run cargo: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cargo metadata printed no JSON: {error}"))?;
    match metadata.get("packages") {
        Some(Value::Array(packages)) => Ok(packages.clone()),
        _ => Err("cargo metadata names no packages".to_owned()),
    }
}

/// `1.89` and `1.89.0` are the same version.
fn version(text: &str) -> Result<[u32; 3], String> {
    let mut numbers = [0; 3];
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() > numbers.len() {
        return Err(format!("not a Rust version: {text}"));
    }
    for (number, part) in numbers.iter_mut().zip(parts) {
        *number = part
            .parse()
            .map_err(|_| format!("not a Rust version: {text}"))?;
    }
    Ok(numbers)
}

/// Name, version and stated Rust version of each package that asks for a later Rust than `limit`.
fn offenders(packages: &[Value], limit: &str) -> Result<Vec<String>, String> {
    let limit = version(limit)?;
    let mut found = Vec::new();
    for package in packages {
        if let Some(asked) = package["rust_version"].as_str()
            && version(asked)? > limit
        {
            let (name, release) = (&package["name"], &package["version"]);
            found.push(format!("{name} {release} needs Rust {asked}"));
        }
    }
    Ok(found)
}

#[test]
fn no_package_needs_a_later_rust() {
    let packages = packages().unwrap();
    let found = offenders(&packages, STATED).unwrap();
    assert!(
        found.is_empty(),
        "the workspace states Rust {STATED}, but:\n{}",
        found.join("\n")
    );
    // The search does find what it looks for: syn, like most, needs a Rust later than the first.
    assert_ne!(offenders(&packages, "1.0").unwrap(), Vec::<String>::new());
}

#[test]
fn the_members_state_one_version() {
    let packages = packages().unwrap();
    let members: Vec<&Value> = packages.iter().filter(|p| p["source"].is_null()).collect();
    assert!(members.len() >= 4, "{} members", members.len());
    for member in members {
        assert_eq!(member["rust_version"], STATED, "{}", member["name"]);
    }
}

#[test]
fn versions_compare_by_number() {
    assert_eq!(version("1.89"), version("1.89.0"));
    assert!(version("1.100").unwrap() > version("1.89.9").unwrap());
    assert!(version("1.x").is_err() && version("1.2.3.4").is_err());
}
