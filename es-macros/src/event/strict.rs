//! Whether an event's derived `Deserialize` can refuse fields that it does not know.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Fields, ItemStruct};

/// Whether it can: where it knows all that `Serialize` writes.
///
/// serde's own attributes go before. Some make it write what it does not know when it reads: a tag, a
/// field that is skipped or has two names. Others leave the fields to another type, and where fields
/// are flattened none is unknown.
pub fn may_be(item: &ItemStruct) -> bool {
    const OF_THE_STRUCT: [&str; 6] = [
        "deny_unknown_fields",
        "transparent",
        "from",
        "try_from",
        "into",
        "tag",
    ];
    const OF_A_FIELD: [&str; 2] = ["flatten", "skip_deserializing"];
    let mut fields = item.fields.iter();
    matches!(item.fields, Fields::Named(_))
        && !says(&item.attrs, &OF_THE_STRUCT)
        && !fields.any(|field| says(&field.attrs, &OF_A_FIELD))
}

/// Whether one of `words`, or anything that is different in one direction, stands in `serde(..)`.
fn says(attrs: &[Attribute], words: &[&str]) -> bool {
    let serde = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
    let mut options = serde
        .filter_map(|attr| attr.meta.require_list().ok())
        .flat_map(|list| list.tokens.clone());
    options.any(|option| match option {
        TokenTree::Ident(ident) => words.iter().any(|word| ident == word),
        TokenTree::Group(group) => names_a_direction(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn names_a_direction(options: TokenStream) -> bool {
    options.into_iter().any(|option| {
        matches!(option, TokenTree::Ident(ident) if ident == "serialize" || ident == "deserialize")
    })
}
