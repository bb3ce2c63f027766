//! Changes inside JSON.

use serde_json::{Map, Value, json};

use super::random::Random;

/// Changes one place of a document, whichever.
pub fn change(document: &mut Value, random: &mut Random) {
    let count = count(document);
    // The document itself is left whole half of the time: there is less to see without it.
    let index = random.below(count).max(random.below(2));
    if let Some(node) = nth(document, &mut index.min(count - 1)) {
        change_node(node, random);
    }
}

/// How many values there are, this one included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// The value that comes at `index`, counted from the outside.
fn nth<'v>(value: &'v mut Value, index: &mut usize) -> Option<&'v mut Value> {
    if *index == 0 {
        return Some(value);
    }
    *index -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, index)),
        Value::Object(members) => members.values_mut().find_map(|member| nth(member, index)),
        _ => None,
    }
}

fn change_node(node: &mut Value, random: &mut Random) {
    match (node, random.below(3)) {
        (Value::Object(members), 1 | 2) => change_members(members, random),
        (Value::Array(items), 1 | 2) => change_items(items, random),
        (Value::String(text), 1 | 2) => change_text(text, random),
        (node, _) => *node = replacement(node, random),
    }
}

/// Another value in place of this one, mostly of another type.
fn replacement(node: &Value, random: &mut Random) -> Value {
    let others = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-7),
        json!(1.5),
        json!(""),
        json!("x"),
        json!([]),
        json!({}),
        json!([node]),
        json!({"x": node}),
        json!("unscoped"),
    ];
    random.pick(&others).clone()
}

fn change_members(members: &mut Map<String, Value>, random: &mut Random) {
    let names: Vec<String> = members.keys().cloned().collect();
    let extra = [
        "x", "id", "name", "domain", "user", "project", "system", "scope", "é",
    ];
    if names.is_empty() || random.below(4) == 0 {
        let value = replacement(&json!("y"), random);
        members.insert((*random.pick(&extra)).to_owned(), value);
        return;
    }
    let name = random.pick(&names).clone();
    let member = members.remove(&name);
    match random.below(3) {
        0 => {}
        1 => {
            let renamed = match random.below(4) {
                0 => name.to_uppercase(),
                1 => format!("{name}s"),
                2 => format!(" {name}"),
                _ => (*random.pick(&extra)).to_owned(),
            };
            members.extend(member.map(|member| (renamed, member)));
        }
        _ => {
            // What another member has.
            let other = members.values().next().cloned();
            members.extend(member.map(|member| (name, other.unwrap_or(member))));
        }
    }
}

fn change_items(items: &mut Vec<Value>, random: &mut Random) {
    let more = [
        json!("password"),
        json!("token"),
        json!("totp"),
        json!("external"),
        json!("mapped"),
        json!("sorcery"),
        json!(""),
        json!(1),
        json!(null),
        json!({}),
    ];
    match random.below(3) {
        0 => _ = items.pop(),
        1 => items.extend(items.first().cloned()),
        _ => items.push(random.pick(&more).clone()),
    }
}

fn change_text(text: &mut String, random: &mut Random) {
    match random.below(6) {
        0 => text.push('x'),
        1 => text.insert(0, ' '),
        2 => text.push('é'),
        3 => text.clear(),
        4 => text.push('\u{0}'),
        _ => *text = format!("{text}{text}"),
    }
}
