//! What a failure of Redis is called.

use redis::{ErrorKind, RedisError};

/// Longer texts of a server are cut.
const LONGEST: usize = 200;

/// What happened, for a person to read. It is one line and holds nothing that was sent: a server may say it
/// back.
pub(super) fn explain(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::AuthenticationFailed => {
            "it refuses the user or the password: check those in the URL".into()
        }
        ErrorKind::Server(_) | ErrorKind::Extension => refused(error),
        ErrorKind::MasterNameNotFoundBySentinel => {
            "the sentinels know no living master of this name".into()
        }
        ErrorKind::ClusterConnectionNotFound => "no node of the cluster can be reached".into(),
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => {
            "its answer can't be read: is it a Redis server?".into()
        }
        ErrorKind::Io if error.is_timeout() => "it doesn't answer in time".into(),
        ErrorKind::Io if error.is_connection_refusal() => {
            "it can't be reached: the connection is refused".into()
        }
        _ => format!("it can't be reached: {}", one_line(&error.to_string())),
    }
}

/// What the server said, for the codes whose text is known to repeat no argument of a command.
fn refused(error: &RedisError) -> String {
    let code = error.code().unwrap_or_default();
    let detail = one_line(error.detail().unwrap_or_default());
    match code {
        "NOAUTH" => "it asks for a password: put one into the URL".into(),
        "NOPERM" => lacking(detail.trim_end_matches('.')),
        // What a script may not do.
        "ERR" if detail.starts_with("The user executing the script") => {
            lacking(detail.split(" script: ").next().unwrap_or_default())
        }
        "OOM" => "its memory is full".into(),
        // The arguments follow, and so would the entry.
        "ERR" => {
            let said = detail.split(", with args").next().unwrap_or_default();
            format!("it refuses the command: {said}")
        }
        "BUSY" | "CLUSTERDOWN" | "LOADING" | "MASTERDOWN" | "MISCONF" | "NOREPLICAS"
        | "READONLY" | "WRONGTYPE" => format!("it refuses the command: {code} {detail}"),
        // A server that is none could say anything here.
        _ if code.len() <= 20 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            format!("it refuses the command: {code}")
        }
        _ => "it refuses the command".into(),
    }
}

fn lacking(what: &str) -> String {
    format!("the user lacks a right that is listed at RedisStore: {what}")
}

fn one_line(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(LONGEST).map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(answer: &str) -> String {
        let value = redis::parse_redis_value(answer.as_bytes()).unwrap();
        explain(&value.extract_error().unwrap_err())
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let text = explained(
            "-ERR unknown command 'SET', with args beginning with: 'key' 'a-secret-entry'\r\n",
        );
        assert_eq!(text, "it refuses the command: unknown command 'SET'");
        assert_eq!(explained("-a-secret-entry x\r\n"), "it refuses the command");
        assert_eq!(
            explained("-HM a-secret-entry\r\n"),
            "it refuses the command: HM"
        );
    }

    #[test]
    fn a_servers_text_is_one_line_and_no_longer_than_a_log_bears() {
        let text = explained(&format!("-LOADING \x1b[31m{}\r\n", "x".repeat(10_000)));
        assert!(
            text.len() < 300 && !text.chars().any(char::is_control),
            "{text}"
        );
    }

    #[test]
    fn a_missing_right_says_what_to_do() {
        let text = explained("-NOPERM User a has no permissions to run the 'get' command.\r\n");
        assert_eq!(
            text,
            "the user lacks a right that is listed at RedisStore: User a has no permissions to run the 'get' command"
        );
    }
}
