//! What `#[aggregate(event_sourced)]` generates on a struct.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Path, Type};

use super::model::{Aggregate, Kept, Snapshots};
use crate::behaviour::declared_events;
use crate::derives::{self, Derive, Present};
use crate::event::strict;
use crate::fields;
use crate::krate::Crate;

/// The hidden field. rustc names it where a literal or a derive misses it, so it says what to do.
pub fn root_field(span: Span) -> Ident {
    Ident::new(
        "__root_of_aggregate__put_derives_below_it_and_literals_into_its_impl",
        span,
    )
}

/// What stands for the `AggregateState` impl of something that can be none, so that the rest of the
/// program is not told as well.
pub fn refused(ident: &Ident, id: Option<&Type>, krate: Option<&Path>) -> TokenStream {
    let krate = Crate::new(krate);
    let private = krate.private();
    let id = id.map_or_else(|| quote!(#krate::uuid::Uuid), ToTokens::to_token_stream);
    quote! {
        impl #private::AggregateState for #ident {
            type Id = #id;
            type Kind = #private::KeepsEvents;
            const NAME: &'static ::core::primitive::str = "";
            const CATEGORY: &'static ::core::primitive::str = "";
            const SNAPSHOTS: #private::Snapshots = #private::Snapshots::Off;
            const FACTS: ::core::option::Option<::core::primitive::u32> = ::core::option::Option::None;
            const SHAPE: ::core::primitive::u64 = 0;
            fn root(&self) -> &#private::Root<Self> { #private::refused() }
            fn root_mut(&mut self) -> &mut #private::Root<Self> { #private::refused() }
            fn copy(&self) -> ::core::option::Option<Self> { #private::refused() }
            fn encode_state(&self) -> #private::EncodedState { #private::refused() }
            fn decode_state(_: &[::core::primitive::u8]) -> #private::DecodedState<Self> {
                #private::refused()
            }
        }
    }
}

/// The struct with its hidden field and derives, its `AggregateState` impl and its registration.
pub fn expand(aggregate: &Aggregate) -> TokenStream {
    let krate = &aggregate.krate;
    let private = krate.private();
    let ident = &aggregate.item.ident;
    let name = ident.to_string();
    let name = name.trim_start_matches("r#");
    let category = &aggregate.category;
    let id = match &aggregate.id {
        Some(id) => quote!(#id),
        None => quote!(#krate::uuid::Uuid),
    };
    let id_text = id.to_string().replace(' ', "");
    let shape = Literal::u64_unsuffixed(aggregate.shape);
    let snapshots = match aggregate.snapshots {
        Snapshots::AsTheDomainSays => quote!(#private::Snapshots::AsTheDomainSays),
        Snapshots::Every(events) => {
            let events = Literal::u64_unsuffixed(events);
            quote!(#private::Snapshots::Every(#events))
        }
        Snapshots::Off => quote!(#private::Snapshots::Off),
    };
    let domain = match &aggregate.domain {
        Some(domain) => quote!(::core::option::Option::Some(#domain)),
        None => quote!(::core::option::Option::None),
    };
    let encode = match aggregate.encodes_its_state() {
        true => quote!(#private::encode_state(self)),
        false => quote!(#private::no_snapshots()),
    };
    let (bytes, decode) = match aggregate.decodes_its_state() {
        true => (quote!(__bytes), quote!(#private::decode_state(__bytes))),
        false => (quote!(_), quote!(#private::no_snapshots())),
    };
    let facts = match aggregate.facts {
        Some(version) => {
            let version = Literal::u32_unsuffixed(version);
            quote!(::core::option::Option::Some(#version))
        }
        None => quote!(::core::option::Option::None),
    };
    let (kind, first_id, events) = match &aggregate.kept {
        Kept::Events => (quote!(KeepsEvents), None, None),
        Kept::State(events) => (
            quote!(KeepsItsState),
            Some(first_id(&private, &id)),
            Some(declared_events(krate, ident, events)),
        ),
    };
    let item = item_with_root(aggregate);
    let copy = copy(aggregate);
    let root = root_field(Span::call_site());

    quote! {
        #item

        #[automatically_derived]
        impl #private::AggregateState for #ident {
            type Id = #id;
            type Kind = #private::#kind;
            const NAME: &'static ::core::primitive::str = #name;
            const CATEGORY: &'static ::core::primitive::str = #category;
            const SNAPSHOTS: #private::Snapshots = #snapshots;
            const FACTS: ::core::option::Option<::core::primitive::u32> = #facts;
            const SHAPE: ::core::primitive::u64 = #shape;

            fn root(&self) -> &#private::Root<Self> {
                &self.#root
            }

            fn root_mut(&mut self) -> &mut #private::Root<Self> {
                &mut self.#root
            }

            #copy

            fn encode_state(&self) -> #private::EncodedState {
                #encode
            }

            fn decode_state(#bytes: &[::core::primitive::u8]) -> #private::DecodedState<Self> {
                #decode
            }

            #first_id
        }

        #events

        const _: () = {
            #private::inventory::submit! {
                #private::AggregateRegistration::new::<#ident>(
                    ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#ident)),
                    #domain,
                    #id_text,
                )
            }
        };
    }
}

/// A new id for every new aggregate, where one can be made up.
fn first_id(private: &TokenStream, id: &TokenStream) -> TokenStream {
    quote! {
        fn first_id() -> ::core::option::Option<#id> {
            #[allow(unused_imports)]
            use #private::NotMadeUp as _;
            #private::MadeUp::<#id>::new().id()
        }
    }
}

fn item_with_root(aggregate: &Aggregate) -> TokenStream {
    let private = aggregate.krate.private();
    let item = &aggregate.item;
    let serde = [Derive::Serialize, Derive::Deserialize];
    let wanted = match (aggregate.encodes_its_state(), aggregate.decodes_its_state()) {
        (_, true) => &serde[..],
        (true, false) => &serde[..1],
        (false, false) => &[],
    };
    let derives = derives::missing(&item.attrs, wanted, &aggregate.krate);
    let present = Present::new(&item.attrs);
    // What is stored and not known would be gone with the next save.
    let strict = (matches!(aggregate.kept, Kept::State(_))
        && !present.has(Derive::Deserialize)
        && strict::may_be(item))
    .then(|| quote!(#[serde(deny_unknown_fields)]));
    let skip = (!wanted.is_empty() || serde.into_iter().any(|d| present.has(d)))
        .then(|| quote!(#[serde(skip)]));
    // An aggregate without an `#[aggregate] impl` is told on its name.
    let span = item.ident.span();
    let (vis, ident, attrs) = (&item.vis, &item.ident, &item.attrs);
    let fields = aggregate.fields.named.iter();
    let root = root_field(Span::call_site());
    let root_type = quote_spanned!(span=> #private::Root<#ident>);
    let bound = match (
        &aggregate.kept,
        aggregate.decodes_its_state(),
        aggregate.encodes_its_state(),
    ) {
        (Kept::State(_), ..) => Some("FieldOfStoredState"),
        (Kept::Events, true, _) => Some("FieldOfState"),
        (Kept::Events, false, true) => Some("FieldOfFact"),
        (Kept::Events, false, false) => None,
    };
    let fields_named = aggregate.fields.named.iter();
    let checked = bound.and_then(|bound| fields::check(fields_named, bound, &aggregate.krate));
    quote! {
        #checked
        #derives
        #(#attrs)*
        #strict
        #vis struct #ident {
            #(#fields,)*
            #[doc = " Id, version and pending events, kept by the framework."]
            #skip
            #root: #root_type,
        }
    }
}

/// Copies field by field, since a struct that is not `Clone` may well be made of fields that are.
fn copy(aggregate: &Aggregate) -> TokenStream {
    let private = aggregate.krate.private();
    let root = root_field(Span::call_site());
    let copies = aggregate.fields.named.iter().map(|field| {
        let cfgs = field
            .attrs
            .iter()
            .filter(|attr| attr.path().is_ident("cfg"));
        let ident = &field.ident;
        quote!(#(#cfgs)* #ident: #private::Field(&self.#ident).copied()?)
    });
    quote! {
        fn copy(&self) -> ::core::option::Option<Self> {
            #[allow(unused_imports)]
            use #private::NotCopied as _;
            ::core::option::Option::Some(Self {
                #(#copies,)*
                #root: self.#root.copy(),
            })
        }
    }
}
