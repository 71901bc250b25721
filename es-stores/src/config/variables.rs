//! Variables in texts: `${NAME}` and `${NAME|default}`.

use super::environment::Environment;
use super::file::File;
use crate::settings::{Node, SettingsError, Table, Text, Value};

/// Puts in what the variables of a table hold, at any depth.
pub(super) fn fill(
    table: &mut Table,
    file: &File,
    environment: &Environment,
) -> Result<(), SettingsError> {
    table
        .values_mut()
        .try_for_each(|node| fill_node(node, file, environment))
}

fn fill_node(node: &mut Node, file: &File, environment: &Environment) -> Result<(), SettingsError> {
    let filled = match &mut node.value {
        Value::Text(text) => fill_text(text, environment).map_err(|problem| {
            let problem = format!("`{}`: {problem}", node.place.path);
            file.error(node.place.clone(), problem)
        }),
        Value::Array(nodes) => nodes
            .iter_mut()
            .try_for_each(|node| fill_node(node, file, environment)),
        Value::Table(table) => return fill(table, file, environment),
        Value::Integer(_) | Value::Float | Value::Boolean(_) | Value::Time | Value::Unfilled(_) => {
            Ok(())
        }
    };
    match filled {
        // It may be meant for a store that the overlay has replaced.
        Err(error) if node.inherited => {
            node.value = Value::Unfilled(error);
            Ok(())
        }
        filled => filled,
    }
}

fn fill_text(text: &mut Text, environment: &Environment) -> Result<(), String> {
    text.value = filled(&text.written, environment)?;
    text.stands_for_anything = text.written.contains("${");
    Ok(())
}

fn filled(written: &str, environment: &Environment) -> Result<String, String> {
    let mut value = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(start) = rest.find("${") {
        if rest[..start].ends_with('$') {
            value.push_str(&rest[..start - 1]);
            value.push_str("${");
            rest = &rest[start + 2..];
            continue;
        }
        value.push_str(&rest[..start]);
        let inside = &rest[start + 2..];
        let Some(end) = inside.find('}') else {
            return Err("a `${` has no `}`; write `$${` where no variable is meant".to_owned());
        };
        value.push_str(&variable(&inside[..end], environment)?);
        rest = &inside[end + 1..];
    }
    value.push_str(rest);
    Ok(value)
}

/// The value of what stands between the braces.
fn variable(inside: &str, environment: &Environment) -> Result<String, String> {
    let (name, default) = match inside.split_once('|') {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if name.is_empty() || !name.chars().all(fits) || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(
            "the name of a variable is letters, digits and `_`, as in `${NAME}` or \
             `${NAME|default}`; write `$${` where none is meant"
                .to_owned(),
        );
    }
    if default.is_some_and(|default| default.contains("${")) {
        return Err(format!(
            "the default of `${{{name}|…}}` holds a variable, which it can not"
        ));
    }
    match (environment.get(name)?, default) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(format!(
            "the variable `{name}` is not set; set it, or write `${{{name}|default}}`"
        )),
    }
}
