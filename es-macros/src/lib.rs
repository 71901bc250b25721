//! The macros of `es-core`, which re-exports them: [`macro@event`], [`macro@value`],
//! [`macro@aggregate`], [`macro@apply`], [`macro@upcast`], [`macro@command`],
//! [`macro@handle`] and [`macro@invariant`].
//!
//! They translate and nothing else: what they generate are matches, constants and calls into
//! `es_core::__private`. `cargo expand` shows it. Each macro goes the same way: `parse` takes the
//! syntax, `model` checks it and collects every mistake, `expand` writes.

mod aggregate;
mod behaviour;
mod command;
mod derives;
mod diagnostics;
mod event;
#[cfg(test)]
mod expansions;
mod fields;
mod hash;
mod krate;
mod options;
mod span;

use proc_macro::TokenStream;
use quote::quote;
use syn::Item;

/// On a struct: makes it an event. The reference, with examples, is that of `es_core::event`.
#[proc_macro_attribute]
pub fn event(options: TokenStream, item: TokenStream) -> TokenStream {
    event::attribute(options.into(), item.into()).into()
}

/// Derives what the parts of events and states need. The reference is that of `es_core::value`.
#[proc_macro_attribute]
pub fn value(options: TokenStream, item: TokenStream) -> TokenStream {
    event::value(options.into(), item.into()).into()
}

/// On a struct and on its `impl`: makes it an aggregate. The reference, with examples, is that of
/// `es_core::aggregate`.
#[proc_macro_attribute]
pub fn aggregate(options: TokenStream, item: TokenStream) -> TokenStream {
    aggregate_attribute(options.into(), &item.into()).into()
}

/// Marks a handler in an `#[aggregate] impl`, which takes the attribute off: what is left to do here
/// is to tell that it stands elsewhere. The reference is that of `es_core::apply`.
#[proc_macro_attribute]
pub fn apply(_: TokenStream, item: TokenStream) -> TokenStream {
    misplaced("apply", &item.into()).into()
}

/// On a struct: makes it a command. The reference, with examples, is that of `es_core::command`.
#[proc_macro_attribute]
pub fn command(options: TokenStream, item: TokenStream) -> TokenStream {
    command::attribute(options.into(), item.into()).into()
}

/// Marks what decides on a command in an `#[aggregate] impl`, which takes the attribute off. The
/// reference is that of `es_core::handle`.
#[proc_macro_attribute]
pub fn handle(_: TokenStream, item: TokenStream) -> TokenStream {
    misplaced("handle", &item.into()).into()
}

/// Marks what must hold of an aggregate in an `#[aggregate] impl`, which takes the attribute off. The
/// reference is that of `es_core::invariant`.
#[proc_macro_attribute]
pub fn invariant(_: TokenStream, item: TokenStream) -> TokenStream {
    misplaced("invariant", &item.into()).into()
}

/// Marks what a stored event became in an `#[aggregate] impl`, as [`macro@apply`] marks a handler.
/// The reference is that of `es_core::upcast`.
#[proc_macro_attribute]
pub fn upcast(_: TokenStream, item: TokenStream) -> TokenStream {
    misplaced("upcast", &item.into()).into()
}

fn aggregate_attribute(
    options: proc_macro2::TokenStream,
    item: &proc_macro2::TokenStream,
) -> proc_macro2::TokenStream {
    let error = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Struct(item)) => return aggregate::attribute(options, item),
        Ok(Item::Impl(item)) => return behaviour::attribute(options, item),
        Ok(Item::Enum(item)) => return aggregate::refuse_enum(options, &item),
        Ok(other) => syn::Error::new_spanned(
            other,
            "`#[aggregate]` belongs on a struct and on its `impl`",
        ),
        Err(error) => match behaviour::parse_leniently(item.clone()) {
            Some(item) => return behaviour::attribute(options, item),
            None => error,
        },
    };
    let error = error.to_compile_error();
    quote!(#item #error)
}

fn misplaced(attribute: &str, item: &proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let message = format!(
        "`#[{attribute}]` belongs on a function in an `#[aggregate] impl`; write `#[aggregate]` above the `impl`"
    );
    let error = match syn::parse2::<syn::ImplItemFn>(item.clone()) {
        Ok(function) => syn::Error::new_spanned(&function.sig.ident, message),
        Err(_) => syn::Error::new_spanned(item, message),
    };
    let error = error.to_compile_error();
    quote!(#item #error)
}
