//! Which CA certificates the certificates of servers are checked with, for a person.

/// Who says whether the certificates of servers are right.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CheckedBy {
    /// The program's transport, in its own way.
    Transport,
    Nobody,
    System,
    /// The CA certificates that the program gave, and the system.
    Program,
}

/// Which CA certificates the certificates of servers are checked with: those of a file that was `given`, if
/// there is one, besides those of the system.
pub(crate) fn ca_certificates(verify: bool, given: Option<&str>) -> String {
    if !verify {
        return "certificates of servers are not checked\n".to_owned();
    }
    let system = of_the_system();
    match given {
        Some(given) => format!("CA certificates: those of {given}, and {system}\n"),
        None => format!("CA certificates: {system}\n"),
    }
}

/// Where rustls-native-certs looks, which is only asked on these systems.
#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
fn of_the_system() -> String {
    let named: Vec<String> = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .into_iter()
        .filter_map(|name| {
            let path = std::env::var_os(name).filter(|path| !path.is_empty())?;
            Some(format!(
                "{} ({name})",
                path.to_string_lossy().escape_debug()
            ))
        })
        .collect();
    match named.is_empty() {
        true => "those that the system trusts".to_owned(),
        false => format!("in place of the system's those of {}", named.join(" and ")),
    }
}

#[cfg(not(all(unix, not(any(target_vendor = "apple", target_os = "android")))))]
fn of_the_system() -> String {
    "those that the system trusts".to_owned()
}
