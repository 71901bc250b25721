//! What the struct of an aggregate is, checked.

use syn::ext::IdentExt as _;
use syn::{Fields, FieldsNamed, ItemStruct, LitStr, Type};

use super::parse::AggregateOptions;
use crate::diagnostics::Diagnostics;
use crate::hash::TokenHash;
use crate::krate::Crate;

/// The struct of an aggregate.
pub struct Aggregate {
    pub item: ItemStruct,
    pub fields: FieldsNamed,
    pub krate: Crate,
    pub category: String,
    /// `Uuid` where none is given.
    pub id: Option<Type>,
    pub snapshots: Snapshots,
    pub domain: Option<LitStr>,
    /// A hash of the fields and of `snapshot_version`.
    pub shape: u64,
}

/// When snapshots are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Snapshots {
    AsTheDomainSays,
    Every(u64),
    Off,
}

impl Aggregate {
    /// `None` where no aggregate can be made of the struct; what is wrong is told either way.
    pub fn new(
        item: ItemStruct,
        options: AggregateOptions,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        if !options.event_sourced && diagnostics.is_empty() {
            diagnostics.push(
                &item.ident,
                "how is this aggregate kept? write `#[aggregate(event_sourced)]`, which keeps its events",
            );
        }
        if !item.generics.params.is_empty() {
            diagnostics.push(
                &item.generics,
                "an aggregate is not generic: its category names one type; write a struct for each",
            );
            return None;
        }
        let ident = &item.ident;
        let Fields::Named(fields) = &item.fields else {
            let message = format!("an aggregate has named fields; write `struct {ident} {{ .. }}`");
            diagnostics.push(ident, message);
            return None;
        };
        let category = category(&item, options.category.as_ref(), diagnostics);
        let snapshots = snapshots(&options, diagnostics);
        if let Some(domain) = &options.domain {
            check_domain(domain, diagnostics);
        }
        if snapshots != Snapshots::Off {
            check_nothing_is_skipped(fields, diagnostics);
        }
        let mut shape = TokenHash::new();
        for field in &fields.named {
            let attrs = field
                .attrs
                .iter()
                .filter(|attr| !attr.path().is_ident("doc"));
            attrs.for_each(|attr| {
                shape.add(attr);
            });
            shape.add(&field.ident).add(&field.ty);
        }
        shape.add(options.snapshot_version.map_or(0, |(version, _)| version));
        Some(Self {
            fields: fields.clone(),
            krate: Crate::new(options.krate.as_ref()),
            category,
            id: options.id,
            snapshots,
            domain: options.domain,
            shape: shape.finish(),
            item,
        })
    }

    pub fn has_snapshots(&self) -> bool {
        self.snapshots != Snapshots::Off
    }
}

fn category(item: &ItemStruct, given: Option<&LitStr>, diagnostics: &mut Diagnostics) -> String {
    let Some(given) = given else {
        return snake_case(&item.ident.unraw().to_string());
    };
    let text = given.value();
    let problem = if text.is_empty() {
        Some("a category is not empty, as in `\"bank_account\"`".to_owned())
    } else if text.contains('-') {
        let better = text.replace('-', "_");
        Some(format!(
            "a category ends at the first `-` of a stream's name, so it cannot hold one; write `\"{better}\"`"
        ))
    } else if text.contains(':') {
        Some("a category holds no `:`, which sets domain and purpose apart; write its own name alone".to_owned())
    } else if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Some("a category holds no white space, as in `\"bank_account\"`".to_owned())
    } else {
        None
    };
    if let Some(problem) = problem {
        diagnostics.push(given, problem);
    }
    text
}

/// What serde skips is missing in a snapshot, and so in every state that is loaded from one.
fn check_nothing_is_skipped(fields: &FieldsNamed, diagnostics: &mut Diagnostics) {
    let attrs = fields.named.iter().flat_map(|field| &field.attrs);
    for attr in attrs.filter(|attr| attr.path().is_ident("serde")) {
        // What else stands there is serde's business, also where it is wrong.
        let _ = attr.parse_nested_meta(|meta| {
            let skips = ["skip", "skip_serializing", "skip_deserializing"];
            if skips.iter().any(|skip| meta.path.is_ident(skip)) {
                diagnostics.push(
                    &meta.path,
                    "a field that is skipped is missing in every state that is loaded from a \
                     snapshot; keep it, or turn snapshots off: `#[aggregate(event_sourced, \
                     snapshots = off)]`",
                );
            }
            if let Ok(value) = meta.value() {
                value.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
}

fn check_domain(domain: &LitStr, diagnostics: &mut Diagnostics) {
    let text = domain.value();
    let snake = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !text.ends_with('_')
        && !text.contains("__");
    if !snake {
        diagnostics.push(
            domain,
            "a domain's name is `snake_case`, as in `\"cargo_shipping\"`",
        );
    }
}

fn snapshots(options: &AggregateOptions, diagnostics: &mut Diagnostics) -> Snapshots {
    let off = match &options.snapshots {
        Some(word) if word == "off" => true,
        Some(word) => {
            diagnostics.push(word, "expected was `snapshots = off`; how often they are taken says `snapshot_every = 100`");
            false
        }
        None => false,
    };
    match options.snapshot_every {
        Some((_, span)) if off => {
            let message = "`snapshots = off` and `snapshot_every` contradict each other; write one";
            diagnostics.push_error(syn::Error::new(span, message));
            Snapshots::Off
        }
        Some((0, span)) => {
            let message =
                "snapshots are taken after 1 or more events; `snapshots = off` turns them off";
            diagnostics.push_error(syn::Error::new(span, message));
            Snapshots::AsTheDomainSays
        }
        Some((events, _)) => Snapshots::Every(events),
        None if off => Snapshots::Off,
        None => Snapshots::AsTheDomainSays,
    }
}

/// `BankAccount` as `bank_account`, `HTTPServer2` as `http_server2`.
fn snake_case(camel: &str) -> String {
    let letters: Vec<char> = camel.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        if letter.is_uppercase() && index > 0 {
            let before = letters[index - 1];
            let next_is_lower = letters
                .get(index + 1)
                .is_some_and(|next| next.is_lowercase());
            if before != '_' && (!before.is_uppercase() || next_is_lower) {
                snake.push('_');
            }
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn a_category_is_the_name_in_snake_case() {
        let cases = [
            ("BankAccount", "bank_account"),
            ("Dog", "dog"),
            ("HTTPServer2", "http_server2"),
            ("ABTest", "ab_test"),
            ("already_snake", "already_snake"),
            ("Snake_Camel", "snake_camel"),
        ];
        for (camel, snake) in cases {
            assert_eq!(snake_case(camel), snake);
        }
    }
}
