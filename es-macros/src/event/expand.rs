//! What `#[event]` generates.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Fields, Path};

use super::model::Event;
use crate::derives::{self, Derive, Present};
use crate::diagnostics::Diagnostics;

/// The struct with its derives, its `Event` impl and its registration. Where there are mistakes,
/// payloads are decoded as the newest version alone, so that no further errors follow from them.
pub fn expand(event: &Event, diagnostics: &Diagnostics) -> TokenStream {
    let Event {
        item,
        krate,
        name,
        version,
        upcasts,
    } = event;
    let private = krate.private();
    let ident = &item.ident;

    let present = Present::new(&item.attrs);
    let wanted = [
        Derive::Clone,
        Derive::Debug,
        Derive::Serialize,
        Derive::Deserialize,
        Derive::JsonSchema,
    ];
    let unit = matches!(item.fields, Fields::Unit);
    let by_derive: Vec<Derive> = wanted
        .into_iter()
        .filter(|d| !unit || matches!(d, Derive::Clone | Derive::Debug))
        .collect();
    let derives = derives::missing(&item.attrs, &by_derive, krate);
    let unit_impls = unit.then(|| unit_impls(event, &present));

    let arms = if diagnostics.is_empty() {
        upcast_arms(event)
    } else {
        TokenStream::new()
    };
    let older = (1..=upcasts.len()).map(Literal::usize_unsuffixed);
    let version = Literal::u32_unsuffixed(*version);

    quote! {
        #derives
        #item

        #unit_impls

        #[automatically_derived]
        impl #krate::Event for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            const VERSION: ::core::primitive::u32 = #version;

            fn decode(
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

        const _: () = {
            #private::inventory::submit! {
                #private::EventRegistration::new(
                    #private::EventType::of::<#ident>(),
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
            let call = call(function, &value);
            steps.extend(quote!(let #variable #ty = #call;));
            value = quote_spanned!(next_span(event, to)=> #variable);
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

fn next_span(event: &Event, version: u32) -> proc_macro2::Span {
    let next = event.upcasts.get(version as usize - 1);
    next.map_or_else(|| event.item.ident.span(), syn::spanned::Spanned::span)
}

fn call(function: &Path, value: &TokenStream) -> TokenStream {
    let span = function.span();
    let mut tokens = function.to_token_stream();
    tokens.extend(quote_spanned!(span=> (#value)));
    tokens
}

/// A unit struct is stored as `{}`, so that fields can be added later.
fn unit_impls(event: &Event, present: &Present) -> TokenStream {
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
    quote!(#serialize #deserialize #schema)
}
