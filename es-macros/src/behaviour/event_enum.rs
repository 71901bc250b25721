//! The enum of an aggregate's events.

use proc_macro2::TokenStream;
use quote::quote;

use super::expand::Names;
use super::model::{Handler, text};

impl Names<'_> {
    /// The enum, a `From` for each event, and how it is cloned, printed, encoded and decoded.
    pub(super) fn event_enum(&self) -> TokenStream {
        let event_enum = &self.event_enum;
        let doc = format!(" The events of [`{}`].", self.behaviour.ident);
        let variants = self.handlers().map(|handler| {
            let Handler {
                cfgs,
                variant,
                event,
                written,
                ..
            } = handler;
            let doc = match self.behaviour.event_sourced {
                true => format!(" Applied by `{written}`."),
                false => format!(" Recorded by `{written}`."),
            };
            quote!(#[doc = #doc] #(#cfgs)* #variant(#event))
        });
        let froms = self.handlers().map(|handler| self.from(handler));
        let traits = self.clone_and_debug();
        let event_enum_impl = self.event_enum_impl();
        let upcast_targets = self.upcast_targets();
        let names_differ = self.names_differ();
        quote! {
            #[doc = #doc]
            #[allow(private_interfaces, unreachable_pub, clippy::large_enum_variant)]
            pub enum #event_enum {
                #(#variants,)*
            }

            #(#froms)*
            #traits
            #event_enum_impl
            #upcast_targets
            #names_differ
        }
    }

    fn from(&self, handler: &Handler) -> TokenStream {
        let event_enum = &self.event_enum;
        let Handler {
            cfgs,
            variant,
            event,
            ..
        } = handler;
        quote! {
            #(#cfgs)*
            #[automatically_derived]
            impl ::core::convert::From<#event> for #event_enum {
                fn from(event: #event) -> Self {
                    Self::#variant(event)
                }
            }
        }
    }

    /// As derives write them, but through `Event`: what is no event is told once.
    fn clone_and_debug(&self) -> TokenStream {
        let event_enum = &self.event_enum;
        let clones = self.arms(|handler| {
            let (variant, clone) = (&handler.variant, self.of(handler, "__clone"));
            (quote!(ref event), quote!(Self::#variant(#clone(event))))
        });
        let debugs = self.arms(|handler| {
            let debug = self.of(handler, "__debug");
            (quote!(ref event), quote!(#debug(event, __f)))
        });
        let f = quote!(__f: &mut ::core::fmt::Formatter<'_>);
        quote! {
            #[automatically_derived]
            impl ::core::clone::Clone for #event_enum {
                fn clone(&self) -> Self {
                    match *self { #clones }
                }
            }

            #[automatically_derived]
            impl ::core::fmt::Debug for #event_enum {
                fn fmt(&self, #f) -> ::core::fmt::Result {
                    match *self { #debugs }
                }
            }
        }
    }

    fn event_enum_impl(&self) -> TokenStream {
        let (private, event_enum) = (&self.private, &self.event_enum);
        let types = self.handlers().map(|handler| {
            let (cfgs, event_type) = (&handler.cfgs, self.of(handler, "__TYPE"));
            quote!(#(#cfgs)* #event_type)
        });
        let known = self.handlers().map(|handler| {
            let (cfgs, known) = (&handler.cfgs, self.of(handler, "__KNOWN"));
            quote!(#(#cfgs)* #known)
        });
        let upcasts = self.upcast_items();
        let event_types = self.arms(|handler| (quote!(_), self.of(handler, "__TYPE")));
        let encodes = self.arms(|handler| {
            let encode = self.of(handler, "__encode");
            (quote!(ref event), quote!(#encode(event, __data)))
        });
        let decodes = self.handlers().map(|handler| {
            let (name, decode) = (self.of(handler, "NAME"), self.of(handler, "__decode_into"));
            let cfgs = &handler.cfgs;
            quote!(#(#cfgs)* #name => #decode(__version, __data),)
        });
        quote! {
            #[automatically_derived]
            impl #private::EventEnum for #event_enum {
                const TYPES: &'static [#private::EventType] = &[#(#types),*];
                const KNOWN: &'static [#private::KnownEvent] = &[#(#known),*];

                fn event_type(&self) -> #private::EventType {
                    match *self { #event_types }
                }

                fn encode(&self, __data: &mut #private::Vec<::core::primitive::u8>) -> #private::Encoded {
                    match *self { #encodes }
                }

                fn decode(
                    __name: &::core::primitive::str,
                    __version: ::core::primitive::u32,
                    __data: &[::core::primitive::u8],
                ) -> ::core::result::Result<Self, #private::DecodeError> {
                    match __name {
                        #(#decodes)*
                        _ => #private::decode_by_alias(__name, __version, __data),
                    }
                }

                #upcasts
            }
        }
    }

    /// Inside one aggregate a stored name says which event it is.
    fn names_differ(&self) -> TokenStream {
        let (private, event_enum) = (&self.private, &self.event_enum);
        let aggregate = &self.behaviour.ident;
        let applied = self
            .handlers()
            .map(|handler| (&handler.cfgs, &handler.event));
        let upcasts = self.behaviour.upcasts.iter();
        let upcast = upcasts.map(|upcast| (&upcast.cfgs, &upcast.event));
        let texts = applied.chain(upcast).map(|(cfgs, event)| {
            let event = text(event);
            let text = format!(
                "two events of `{aggregate}` are stored under one name, and `{event}` is the second; \
                 give it a `name` and an `alias` of its own: `#[event(name = \"...\")]`"
            );
            quote!(#(#cfgs)* #text)
        });
        let events = quote!(<#event_enum as #private::EventEnum>);
        let assertion = quote! {
            #private::assert_names_differ(#events::KNOWN, #events::UPCASTS, &[#(#texts),*])
        };
        let assertion = self.on_the_name(assertion);
        quote!(const _: () = #assertion;)
    }
}
