//! What `#[aggregate]` generates on an `impl`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{ImplItem, parse_quote};

use super::model::{Behaviour, Handler};
use crate::diagnostics::Diagnostics;
use crate::event;

/// The events that methods define, the block, the event enum, and what binds them together.
pub fn expand(behaviour: &Behaviour) -> TokenStream {
    let sound = Diagnostics::default();
    let events = behaviour.events.iter().map(|(cfgs, event)| {
        let tokens = event::expand(event, &sound);
        // A `cfg` on the method holds for everything that its event brings.
        if cfgs.is_empty() {
            tokens
        } else {
            let items: syn::File = syn::parse2(tokens).expect("what is generated are items");
            let items = items.items.iter().map(|item| quote!(#(#cfgs)* #item));
            quote!(#(#items)*)
        }
    });
    let block = block(behaviour);
    let names = Names::new(behaviour);
    let parts = [
        names.event_enum(),
        names.event_enum_impl(),
        names.aggregate_impl(),
        names.raise_impls(),
        names.registration(),
    ];
    quote! {
        #(#events)*
        #block
        #(#parts)*
    }
}

/// The user's block with the functions that raise.
fn block(behaviour: &Behaviour) -> TokenStream {
    let private = behaviour.krate.private();
    let mut block = behaviour.item.clone();
    let span = block.impl_token.span;
    let marker = Ident::new(
        "AN_AGGREGATE_HAS_ONE_AGGREGATE_IMPL__FURTHER_IMPLS_ARE_PLAIN",
        span,
    );
    let raise_: ImplItem = parse_quote! {
        /// Applies `event` at once and keeps it as pending. Private: only this module can raise.
        #[allow(dead_code)]
        fn raise_<__E>(&mut self, event: __E)
        where
            Self: #private::Raise<__E>,
        {
            #private::raise(self, <Self as #private::Raise<__E>>::wrap(event));
        }
    };
    let raise_new: ImplItem = parse_quote! {
        /// Begins a new aggregate with `event`, under a new id.
        #[allow(dead_code)]
        #[must_use = "an aggregate that is not added is forgotten"]
        fn raise_new<__E, __Id>(event: __E) -> Self
        where
            Self: #private::RaiseNew<__E> + #private::AggregateState<Id = __Id>,
            __Id: #private::NewId,
        {
            Self::raise_new_as(#private::NewId::new_id(#private::new_aggregate_uuid()), event)
        }
    };
    let raise_new_as: ImplItem = parse_quote! {
        /// Begins a new aggregate with `event`, under this id.
        #[allow(dead_code)]
        #[must_use = "an aggregate that is not added is forgotten"]
        fn raise_new_as<__E>(id: <Self as #private::AggregateState>::Id, event: __E) -> Self
        where
            Self: #private::RaiseNew<__E>,
        {
            #private::raise_new(id, <Self as #private::RaiseNew<__E>>::wrap_new(event))
        }
    };
    let one: ImplItem = parse_quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        const #marker: () = ();
    };
    block.items.extend([raise_, raise_new, raise_new_as, one]);
    block.into_token_stream()
}

/// The names that all generated items share.
struct Names<'a> {
    behaviour: &'a Behaviour,
    private: TokenStream,
    aggregate: TokenStream,
    event_enum: Ident,
}

impl<'a> Names<'a> {
    fn new(behaviour: &'a Behaviour) -> Self {
        Self {
            behaviour,
            private: behaviour.krate.private(),
            aggregate: behaviour.item.self_ty.to_token_stream(),
            event_enum: format_ident!("{}Event", behaviour.ident),
        }
    }

    fn handlers(&self) -> impl Iterator<Item = &'a Handler> {
        self.behaviour.handlers.iter()
    }

    fn event_enum(&self) -> TokenStream {
        let event_enum = &self.event_enum;
        let doc = format!("The events of [`{}`].", self.behaviour.ident);
        let variants = self.handlers().map(
            |Handler {
                 cfgs,
                 variant,
                 event,
                 written,
                 ..
             }| {
                let doc = format!("Applied by `{written}`.");
                quote!(#[doc = #doc] #(#cfgs)* #variant(#event))
            },
        );
        let froms = self.handlers().map(
            |Handler {
                 cfgs,
                 variant,
                 event,
                 ..
             }| {
                quote! {
                    #(#cfgs)*
                    #[automatically_derived]
                    impl ::core::convert::From<#event> for #event_enum {
                        fn from(event: #event) -> Self {
                            Self::#variant(event)
                        }
                    }
                }
            },
        );
        quote! {
            #[doc = #doc]
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            #[allow(private_interfaces, unreachable_pub, clippy::large_enum_variant)]
            pub enum #event_enum {
                #(#variants,)*
            }

            #(#froms)*
        }
    }

    fn event_enum_impl(&self) -> TokenStream {
        let Self {
            private,
            event_enum,
            ..
        } = self;
        let types = self.handlers().map(|Handler { cfgs, event, .. }| {
            let of = quote_spanned!(event.span()=> #private::EventType::of::<#event>());
            quote!(#(#cfgs)* #of)
        });
        let event_types = self
            .arms(|Handler { event, .. }| (quote!(_), quote!(#private::EventType::of::<#event>())));
        let encodes = self.arms(|_| (quote!(event), quote!(#private::encode(event, __data))));
        let decodes = self.handlers().map(
            |Handler {
                 cfgs,
                 event,
                 variant,
                 ..
             }| {
                quote! {
                    #(#cfgs)*
                    <#event as #private::Event>::NAME => ::core::result::Result::map(
                        <#event as #private::Event>::decode(__version, __data),
                        Self::#variant,
                    ),
                }
            },
        );
        let texts = self.handlers().map(|Handler { cfgs, event, .. }| {
            let event = event.to_token_stream().to_string().replace(' ', "");
            let aggregate = &self.behaviour.ident;
            let text = format!(
                "two events of `{aggregate}` are stored under one name, and `{event}` is the second; \
                 give it one of its own: `#[event(name = \"...\")]`"
            );
            quote!(#(#cfgs)* #text)
        });
        let span = self.behaviour.item.self_ty.span();
        let assertion = quote_spanned! {span=>
            #private::assert_names_differ(<#event_enum as #private::EventEnum>::TYPES, &[#(#texts),*])
        };
        quote! {
            #[automatically_derived]
            impl #private::EventEnum for #event_enum {
                const TYPES: &'static [#private::EventType] = &[#(#types),*];

                fn event_type(&self) -> #private::EventType {
                    match *self {
                        #event_types
                    }
                }

                fn encode(&self, __data: &mut #private::Vec<::core::primitive::u8>) -> #private::Encoded {
                    match self {
                        #encodes
                    }
                }

                fn decode(
                    __name: &::core::primitive::str,
                    __version: ::core::primitive::u32,
                    __data: &[::core::primitive::u8],
                ) -> ::core::result::Result<Self, #private::DecodeError> {
                    match __name {
                        #(#decodes)*
                        _ => #private::unknown_name(),
                    }
                }
            }

            // Inside one aggregate a stored name says which event it is.
            const _: () = #assertion;
        }
    }

    fn aggregate_impl(&self) -> TokenStream {
        let Self {
            private,
            aggregate,
            event_enum,
            ..
        } = self;
        let hash = Literal::u64_unsuffixed(self.behaviour.hash);
        let creates = self.create();
        let apply = self.arms(|handler| match handler {
            Handler { broken: true, .. } => (quote!(_), quote!(true)),
            Handler { creates: true, .. } => (quote!(_), quote!(false)),
            Handler {
                function,
                by_value: true,
                ..
            } => (
                quote!(event),
                quote!({ Self::#function(self, event); true }),
            ),
            Handler { function, .. } => (
                quote!(event),
                quote!({ Self::#function(self, &event); true }),
            ),
        });
        let apply_ref = self.arms(|handler| match handler {
            Handler { broken: true, .. } => (quote!(_), quote!(true)),
            Handler { creates: true, .. } => (quote!(_), quote!(false)),
            Handler {
                function,
                by_value: true,
                ..
            } => (
                quote!(event),
                quote!({ Self::#function(self, ::core::clone::Clone::clone(event)); true }),
            ),
            Handler { function, .. } => (
                quote!(event),
                quote!({ Self::#function(self, event); true }),
            ),
        });
        quote! {
            #[automatically_derived]
            impl #private::Aggregate for #aggregate {
                type Event = #event_enum;

                const FINGERPRINT: #private::Fingerprint = #private::fingerprint(
                    <Self as #private::AggregateState>::SHAPE,
                    #hash,
                    <#event_enum as #private::EventEnum>::TYPES,
                );

                #creates

                fn apply(&mut self, __event: #event_enum) -> ::core::primitive::bool {
                    match __event {
                        #apply
                    }
                }

                fn apply_ref(&mut self, __event: &#event_enum) -> ::core::primitive::bool {
                    match __event {
                        #apply_ref
                    }
                }
            }
        }
    }

    fn create(&self) -> TokenStream {
        let Self {
            private,
            event_enum,
            ..
        } = self;
        let body = if self.any_creates() {
            let arms = self.arms(|handler| match handler {
                Handler { broken: true, .. } | Handler { creates: false, .. } => {
                    (quote!(_), quote!(::core::option::Option::None))
                }
                Handler {
                    function, by_value, ..
                } => {
                    let event = match by_value {
                        true => quote!(::core::clone::Clone::clone(event)),
                        false => quote!(event),
                    };
                    (
                        quote!(event),
                        quote!(::core::option::Option::Some(Self::#function(#event))),
                    )
                }
            });
            quote!(match __event { #arms })
        } else if self.behaviour.sound {
            // No handler creates: the aggregate begins as its `Default`.
            let begin = quote_spanned! {self.behaviour.item.self_ty.span()=>
                #private::begin_as_default::<Self>
            };
            quote!(#begin(__id, __event))
        } else {
            quote!(::core::option::Option::None)
        };
        let id = if self.any_creates() || !self.behaviour.sound {
            quote!(_)
        } else {
            quote!(__id)
        };
        let event = if self.any_creates() || self.behaviour.sound {
            quote!(__event)
        } else {
            quote!(_)
        };
        quote! {
            fn create(
                #id: &<Self as #private::AggregateState>::Id,
                #event: &#event_enum,
            ) -> ::core::option::Option<Self> {
                #body
            }
        }
    }

    fn any_creates(&self) -> bool {
        self.handlers().any(|handler| handler.creates)
    }

    fn raise_impls(&self) -> TokenStream {
        let Self {
            private,
            aggregate,
            event_enum,
            ..
        } = self;
        let any_creates = self.any_creates();
        let impls = self.handlers().map(
            |Handler {
                 cfgs,
                 event,
                 variant,
                 creates,
                 ..
             }| {
                let changing = (!creates).then(|| {
                    quote! {
                        #(#cfgs)*
                        #[automatically_derived]
                        impl #private::Raise<#event> for #aggregate {
                            fn wrap(event: #event) -> #event_enum {
                                #event_enum::#variant(event)
                            }
                        }
                    }
                });
                let creating = (*creates || !any_creates).then(|| {
                    quote! {
                        #(#cfgs)*
                        #[automatically_derived]
                        impl #private::RaiseNew<#event> for #aggregate {
                            fn wrap_new(event: #event) -> #event_enum {
                                #event_enum::#variant(event)
                            }
                        }
                    }
                });
                quote!(#changing #creating)
            },
        );
        quote! {
            #(#impls)*

            // Nobody has such an event. With these, rustc does not take the only event there is for
            // the one that was meant, and explains what is missing.
            #[diagnostic::do_not_recommend]
            #[automatically_derived]
            impl #private::Raise<#private::NoEvent> for #aggregate {
                fn wrap(event: #private::NoEvent) -> #event_enum {
                    match event {}
                }
            }
            #[diagnostic::do_not_recommend]
            #[automatically_derived]
            impl #private::RaiseNew<#private::NoEvent> for #aggregate {
                fn wrap_new(event: #private::NoEvent) -> #event_enum {
                    match event {}
                }
            }
        }
    }

    fn registration(&self) -> TokenStream {
        let Self {
            private, aggregate, ..
        } = self;
        let handlers = self.handlers().map(|handler| {
            let Handler {
                cfgs,
                event,
                written,
                creates,
                ..
            } = handler;
            let written = written.to_string();
            let handles = if *creates {
                quote!(Creation)
            } else {
                quote!(Change)
            };
            quote! {
                #(#cfgs)*
                #private::HandlerRegistration::new(
                    #private::EventType::of::<#event>(),
                    #written,
                    #private::Handles::#handles,
                )
            }
        });
        quote! {
            const _: () = {
                #private::inventory::submit! {
                    #private::BehaviourRegistration::new::<#aggregate>(&[#(#handlers),*])
                }
            };
        }
    }

    /// One arm for each event, without a wildcard: what `of` answers is the binding and the body.
    fn arms(&self, of: impl Fn(&Handler) -> (TokenStream, TokenStream)) -> TokenStream {
        let event_enum = &self.event_enum;
        let arms = self.handlers().map(|handler| {
            let Handler { cfgs, variant, .. } = handler;
            let (binding, body) = of(handler);
            quote!(#(#cfgs)* #event_enum::#variant(#binding) => #body,)
        });
        quote!(#(#arms)*)
    }
}
