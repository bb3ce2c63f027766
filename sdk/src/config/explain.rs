//! A configuration for a person to read, without its secrets.

use std::fmt::Write;

use super::CloudConfig;
use super::origin::Origin;
use super::settings::{Setting, is_secret};
use crate::identity::v3::auth::Auth;
use crate::runtime::Secret;
use crate::runtime::foreign::{escaped, shown};
use crate::session::describe::describe;
#[cfg(feature = "reqwest")]
use crate::transport::trust::ca_certificates;

/// One line of the table.
struct Row([String; 4]);

pub(super) fn explain(config: &CloudConfig) -> String {
    let secrets = config.settings.secrets();
    let mut text = format!("cloud `{}`, ", shown(&config.name, &secrets));
    text.push_str(&match config.from_variables {
        true => "from environment variables".to_owned(),
        false => {
            let files = config
                .files
                .iter()
                .map(|path| escaped(&path.to_string_lossy()));
            format!("from {}", files.collect::<Vec<_>>().join(" and "))
        }
    });
    text.push_str("\n\n");
    let rows = |used: bool| {
        config
            .settings
            .iter()
            .filter(move |(_, setting)| setting.used == used)
            .map(|(key, setting)| row(key, setting, &secrets))
            .collect::<Vec<_>>()
    };
    table(&mut text, rows(true));
    let unused = rows(false);
    if !unused.is_empty() {
        text.push_str("\ngiven, and not needed for this login:\n\n");
        table(&mut text, unused);
    }
    if !config.settings.unread.is_empty() {
        text.push_str("\nnot read, as it belongs to other tools or is misspelt:\n\n");
        for (key, origin) in &config.settings.unread {
            let _ = writeln!(text, "  {}  {origin}", shown(key, &secrets));
        }
    }
    #[cfg(feature = "reqwest")]
    {
        let given = config.ca_certificate().map(|path| {
            let origin = config.origin("cacert").unwrap_or(&Origin::Default);
            format!("{} ({origin})", escaped(&path.to_string_lossy()))
        });
        text.push('\n');
        text.push_str(&ca_certificates(config.verify(), given.as_deref()));
    }
    for warning in config.warnings() {
        let _ = write!(text, "\nwarning: {warning}");
    }
    if !config.warnings().is_empty() {
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&request(config));
    text
}

fn row(key: &str, setting: &Setting, secrets: &[Secret]) -> Row {
    let value = match is_secret(key) {
        true => "[secret]".to_owned(),
        false => {
            let texts: Vec<_> = setting.texts().map(|text| shown(text, secrets)).collect();
            texts.join(", ")
        }
    };
    let overrode = setting.overrode.iter().map(Origin::to_string);
    Row([
        escaped(key),
        value,
        setting.origin.to_string(),
        overrode.collect::<Vec<_>>().join(", "),
    ])
}

fn table(text: &mut String, rows: Vec<Row>) {
    let head = ["setting", "value", "from", "instead of"].map(str::to_owned);
    let rows: Vec<Row> = std::iter::once(Row(head)).chain(rows).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.0.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..4).map(width).collect();
    for row in &rows {
        let mut line = String::from("  ");
        for (cell, width) in row.0.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// The login as it would be sent.
fn request(config: &CloudConfig) -> String {
    let mut auth = Auth::new(config.credentials.clone());
    if let Some(scope) = &config.scope {
        auth = auth.scope(scope.clone());
    }
    describe(auth, &format!("{}/v3", config.base_url))
}
