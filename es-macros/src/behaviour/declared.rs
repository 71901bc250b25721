//! The events that a state-stored aggregate declares, as `#[aggregate(events(..))]` on its struct.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Path, parse_quote};

use super::expand::Names;
use super::model::{Behaviour, Handler};
use crate::krate::Crate;

/// The enum of the events, and what records each of them.
pub fn declared_events(krate: &Crate, aggregate: &Ident, events: &[Path]) -> TokenStream {
    let private = krate.private();
    if events.is_empty() {
        return quote! {
            #[automatically_derived]
            impl #private::StoresItsState for #aggregate {
                type Events = #private::NoEvents;
            }
        };
    }
    let behaviour = Behaviour {
        handlers: events.iter().filter_map(declared).collect(),
        ..Behaviour::empty(
            parse_quote!(impl #aggregate {}),
            krate.clone(),
            aggregate.clone(),
        )
    };
    let names = Names::new(&behaviour);
    let (event_enum, name) = (names.event_enum(), &names.event_enum);
    let records = events
        .iter()
        .zip(&behaviour.handlers)
        .map(|(event, handler)| {
            let variant = &handler.variant;
            quote! {
                #[automatically_derived]
                impl #private::Raise<#event> for #aggregate
                where
                    for<'__a> #event: #private::NotRetired,
                {
                    fn raise(&mut self, event: #event) {
                        #private::record(self, #name::#variant(event));
                    }
                }
            }
        });
    quote! {
        #event_enum

        #[automatically_derived]
        impl #private::StoresItsState for #aggregate {
            type Events = #name;
        }

        #(#records)*
    }
}

/// No function applies it.
fn declared(event: &Path) -> Option<Handler> {
    let variant = event.segments.last()?.ident.unraw();
    let variant = Ident::new(&variant.to_string(), variant.span());
    Some(Handler {
        cfgs: Vec::new(),
        variant: variant.clone(),
        event: event.clone(),
        creates: false,
        by_value: false,
        function: variant.clone(),
        written: Ident::new("raise_", variant.span()),
        broken: false,
    })
}

impl Names<'_> {
    /// What a block without handlers brings: the behaviour of an aggregate whose state is stored.
    pub(super) fn state_stored_impl(&self) -> TokenStream {
        let Self {
            private, aggregate, ..
        } = self;
        let events = quote!(<#aggregate as #private::StoresItsState>::Events);
        let events = self.on_the_name(events);
        let violations = self.violations();
        quote! {
            #[automatically_derived]
            impl #private::Aggregate for #aggregate {
                type Event = #events;

                const FINGERPRINT: #private::Fingerprint = #private::fingerprint(
                    <Self as #private::AggregateState>::SHAPE,
                    0,
                    &[],
                    &[],
                );

                #violations
            }
        }
    }
}
