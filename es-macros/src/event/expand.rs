//! What `#[event]` generates.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned as _;
use syn::{Fields, ItemStruct, parse_quote};

use super::model::Event;
use super::strict;
use crate::derives::{self, Derive, Present};
use crate::fields;
use crate::span::located;

/// The struct with its derives, its `Event` impl and its registration, item by item. Where the
/// steps of the chain are not complete, payloads are decoded as the newest version alone, so that
/// no further errors follow.
pub fn expand(event: &Event) -> Vec<TokenStream> {
    let Event { item, krate, .. } = event;
    let derives = derives::missing(&item.attrs, &by_derive(item), krate);
    let mut items = Vec::new();
    if event.owned {
        items.extend(fields::check(item.fields.iter(), "FieldOfEvent", krate));
    }
    // Below the user's own derives, one of which may be `Deserialize`.
    let mut strict = item.clone();
    if strict::may_be(item) {
        strict
            .attrs
            .push(parse_quote!(#[serde(deny_unknown_fields)]));
    }
    items.push(quote!(#derives #strict));
    if event.owned {
        if matches!(item.fields, Fields::Unit) {
            items.extend(unit_impls(event));
        }
        items.extend([event_impl(event), registration(event)]);
    }
    items
}

/// What a unit struct is stored as is not what serde would write, so those are impls of ours.
fn by_derive(item: &ItemStruct) -> Vec<Derive> {
    let mut derives = vec![Derive::Clone, Derive::Debug];
    if !matches!(item.fields, Fields::Unit) {
        derives.extend([Derive::Serialize, Derive::Deserialize, Derive::JsonSchema]);
    }
    derives
}

fn event_impl(event: &Event) -> TokenStream {
    let Event {
        item, krate, name, ..
    } = event;
    let (private, ident) = (krate.private(), &item.ident);
    let version = Literal::u32_unsuffixed(event.version);
    let arms = match event.upcasts.len() + 1 == event.version as usize {
        true => upcast_arms(event),
        false => TokenStream::new(),
    };
    let text = quote!(&'static ::core::primitive::str);
    let aliases = (!event.aliases.is_empty()).then(|| {
        let aliases = &event.aliases;
        quote!(const ALIASES: &'static [#text] = &[#(#aliases),*];)
    });
    let ignores = event.ignores_unknown_fields.then(|| {
        quote!(
            const IGNORES_UNKNOWN_FIELDS: ::core::primitive::bool = true;
        )
    });
    let life = match event.retired {
        true => quote!(Retired),
        false => quote!(Raised),
    };
    quote! {
        #[automatically_derived]
        impl #krate::Event for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            const VERSION: ::core::primitive::u32 = #version;
            #aliases
            #ignores
            type __Life = #private::#life;

            fn __decode(
                __version: ::core::primitive::u32,
                __data: &[::core::primitive::u8],
            ) -> ::core::result::Result<Self, #private::DecodeError> {
                match __version {
                    #version => #private::decode(__data),
                    #arms
                    _ => #private::unknown_version(),
                }
            }
        }
    }
}

fn registration(event: &Event) -> TokenStream {
    let (private, ident) = (event.krate.private(), &event.item.ident);
    let older = (1..=event.upcasts.len()).map(Literal::usize_unsuffixed);
    quote! {
        const _: () = {
            #private::inventory::submit! {
                #private::EventRegistration::new::<#ident>(
                    ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#ident)),
                    &[#(#older),*],
                    #private::schema_of::<#ident>,
                )
            }
        };
    }
}

/// One arm for each older version: decoded as its function's argument and led on, step by step. A
/// step that does not fit the next is told at the next one's path.
fn upcast_arms(event: &Event) -> TokenStream {
    let private = event.krate.private();
    let mut arms = TokenStream::new();
    for from in 1..event.version {
        let mut steps = TokenStream::new();
        let mut value = quote!(#private::decode(__data)?);
        for (function, to) in event.upcasts.iter().skip(from as usize - 1).zip(from + 1..) {
            let ty = (to == event.version).then(|| quote!(: Self));
            let variable = format_ident!("__version_{to}");
            let argument = located(quote!((#value)), function.span());
            steps.extend(quote!(let #variable #ty = #function #argument;));
            value = quote!(#variable);
        }
        let from = Literal::u32_unsuffixed(from);
        arms.extend(quote! {
            #from => {
                #steps
                ::core::result::Result::Ok(#value)
            }
        });
    }
    arms
}

/// A unit struct is stored as `{}`, so that fields can be added later.
fn unit_impls(event: &Event) -> impl Iterator<Item = TokenStream> {
    let present = Present::new(&event.item.attrs);
    let private = event.krate.private();
    let ident = &event.item.ident;
    let name = ident.to_string();
    let serialize = (!present.has(Derive::Serialize)).then(|| {
        quote! {
            #[automatically_derived]
            impl #private::serde::Serialize for #ident {
                fn serialize<S: #private::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    #private::serialize_unit(serializer, #name)
                }
            }
        }
    });
    let deserialize = (!present.has(Derive::Deserialize)).then(|| {
        quote! {
            #[automatically_derived]
            impl<'de> #private::serde::Deserialize<'de> for #ident {
                fn deserialize<D: #private::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    #private::deserialize_unit(deserializer)?;
                    ::core::result::Result::Ok(Self)
                }
            }
        }
    });
    let schema = (!present.has(Derive::JsonSchema)).then(|| {
        quote! {
            #[automatically_derived]
            impl #private::schemars::JsonSchema for #ident {
                fn schema_name() -> #private::Cow<'static, ::core::primitive::str> {
                    #private::Cow::Borrowed(#name)
                }

                fn json_schema(
                    _: &mut #private::schemars::SchemaGenerator,
                ) -> #private::schemars::Schema {
                    #private::unit_schema()
                }
            }
        }
    });
    [serialize, deserialize, schema].into_iter().flatten()
}
