//! What `#[aggregate]` generates on an `impl`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned as _;
use syn::{ImplItem, Path, parse_quote};

use super::model::{Behaviour, Handler};
use crate::event;
use crate::span::located;

/// The events that methods define, the block, the event enum, and what binds them together.
pub fn expand(behaviour: &Behaviour) -> TokenStream {
    let events = behaviour.events.iter().flat_map(|(cfgs, event)| {
        // A `cfg` on the method holds for everything that its event brings.
        let items = event::expand(event).into_iter();
        items.map(move |item| quote!(#(#cfgs)* #item))
    });
    let block = block(behaviour);
    let names = Names::new(behaviour);
    let kind = match behaviour.event_sourced {
        true => vec![
            names.event_enum(),
            names.aggregate_impl(),
            names.raise_impls(),
        ],
        false => vec![names.state_stored_impl()],
    };
    let (commands, registration) = (names.handle_impls(), names.registration());
    let one = one_block(behaviour);
    quote! {
        #one
        #(#events)*
        #block
        #(#kind)*
        #registration
        #commands
    }
}

/// Of two blocks in one module rustc tells first that this name is taken, which says what to do.
fn one_block(behaviour: &Behaviour) -> TokenStream {
    let name = format_ident!(
        "{}_HAS_ONE_AGGREGATE_IMPL__FURTHER_IMPLS_ARE_PLAIN",
        behaviour.ident,
        span = behaviour.item.impl_token.span
    );
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types)]
        type #name = ();
    }
}

/// The user's block with the functions that raise.
fn block(behaviour: &Behaviour) -> TokenStream {
    let mut block = behaviour.item.clone();
    let one = format_ident!(
        "AN_AGGREGATE_HAS_ONE_AGGREGATE_IMPL__FURTHER_IMPLS_ARE_PLAIN",
        span = block.impl_token.span
    );
    match (behaviour.event_sourced, behaviour.knows_its_events) {
        (false, _) => block.items.extend(recording(behaviour)),
        (true, true) => block.items.extend(raising(behaviour)),
        (true, false) => block.items.extend(raising_anything()),
    }
    block.items.push(parse_quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        const #one: () = ();
    });
    block.into_token_stream()
}

/// What the block of an aggregate gets whose state is stored.
fn recording(behaviour: &Behaviour) -> [ImplItem; 2] {
    let private = behaviour.krate.private();
    [
        parse_quote! {
            /// Keeps `event` as pending, to be appended together with the state. Private: only this
            /// module can raise.
            #[allow(dead_code)]
            fn raise_<__E>(&mut self, event: __E)
            where
                Self: #private::Raise<__E>,
            {
                <Self as #private::Raise<__E>>::raise(self, event);
            }
        },
        parse_quote! {
            /// Gives a new aggregate the id it will be stored under.
            #[allow(dead_code)]
            #[must_use = "an aggregate that is not added is forgotten"]
            fn with_id(self, id: <Self as #private::AggregateState>::Id) -> Self {
                #private::with_id(self, id)
            }
        },
    ]
}

fn raising(behaviour: &Behaviour) -> [ImplItem; 3] {
    let private = behaviour.krate.private();
    [
        parse_quote! {
            /// Applies `event` at once and keeps it as pending. Private: only this module can raise.
            #[allow(dead_code)]
            fn raise_<__E>(&mut self, event: __E)
            where
                Self: #private::Raise<__E>,
            {
                <Self as #private::Raise<__E>>::raise(self, event);
            }
        },
        parse_quote! {
            /// Begins a new aggregate with `event`, under a new id.
            #[allow(dead_code)]
            #[must_use = "an aggregate that is not added is forgotten"]
            fn raise_new<__E, __Id>(event: __E) -> Self
            where
                Self: #private::RaiseNew<__E, Id = __Id>,
                __Id: #private::NewId,
            {
                <Self as #private::RaiseNew<__E>>::raise_new(#private::new_id(), event)
            }
        },
        parse_quote! {
            /// Begins a new aggregate with `event`, under this id.
            #[allow(dead_code)]
            #[must_use = "an aggregate that is not added is forgotten"]
            fn raise_new_as<__E, __Id>(id: __Id, event: __E) -> Self
            where
                Self: #private::RaiseNew<__E, Id = __Id>,
            {
                <Self as #private::RaiseNew<__E>>::raise_new(id, event)
            }
        },
    ]
}

/// The same where a mistake hides which events there are: whatever is raised is none of it.
fn raising_anything() -> [ImplItem; 3] {
    [
        parse_quote! {
            #[allow(dead_code)]
            fn raise_<__E>(&mut self, _: __E) {}
        },
        parse_quote! {
            #[allow(dead_code)]
            fn raise_new<__E>(_: __E) -> Self {
                loop {}
            }
        },
        parse_quote! {
            #[allow(dead_code)]
            fn raise_new_as<__Id, __E>(_: __Id, _: __E) -> Self {
                loop {}
            }
        },
    ]
}

/// The names that all generated items share.
pub(super) struct Names<'a> {
    pub(super) behaviour: &'a Behaviour,
    pub(super) private: TokenStream,
    pub(super) aggregate: TokenStream,
    pub(super) event_enum: Ident,
}

impl<'a> Names<'a> {
    pub(super) fn new(behaviour: &'a Behaviour) -> Self {
        Self {
            behaviour,
            private: behaviour.krate.private(),
            aggregate: behaviour.item.self_ty.to_token_stream(),
            event_enum: format_ident!("{}Event", behaviour.ident),
        }
    }

    pub(super) fn handlers(&self) -> impl Iterator<Item = &'a Handler> {
        self.behaviour.handlers.iter()
    }

    /// Whether a handler creates; otherwise the aggregate begins as its `Default`.
    pub(super) fn any_creates(&self) -> bool {
        self.handlers().any(|handler| handler.creates)
    }

    /// A part of `Event` for a handler's event: what is no event is told on the event's name, always
    /// in the same words and so once.
    pub(super) fn of(&self, handler: &Handler, item: &str) -> TokenStream {
        self.of_event(&handler.event, item)
    }

    pub(super) fn of_event(&self, event: &Path, item: &str) -> TokenStream {
        let krate = &self.behaviour.krate;
        let item = format_ident!("{item}");
        located(quote!(<#event as #krate::Event>::#item), event.span())
    }

    /// What rustc finds wrong in `tokens` is told on the aggregate's name.
    pub(super) fn on_the_name(&self, tokens: TokenStream) -> TokenStream {
        located(tokens, self.behaviour.item.self_ty.span())
    }

    /// One arm for each event, without a wildcard: what `of` answers is the binding and the body.
    pub(super) fn arms(&self, of: impl Fn(&Handler) -> (TokenStream, TokenStream)) -> TokenStream {
        let event_enum = &self.event_enum;
        let arms = self.handlers().map(|handler| {
            let Handler { cfgs, variant, .. } = handler;
            let (binding, body) = of(handler);
            quote!(#(#cfgs)* #event_enum::#variant(#binding) => #body,)
        });
        quote!(#(#arms)*)
    }

    fn raise_impls(&self) -> TokenStream {
        let any_creates = self.any_creates();
        let impls = self.handlers().map(|handler| {
            let changes = !handler.creates || handler.broken;
            let creates = handler.creates || handler.broken || !any_creates;
            let raise = changes.then(|| self.raise_impl(handler));
            let raise_new = creates.then(|| self.raise_new_impl(handler));
            quote!(#raise #raise_new)
        });
        quote!(#(#impls)*)
    }

    fn raise_impl(&self, handler: &Handler) -> TokenStream {
        let (private, aggregate, event_enum) = (&self.private, &self.aggregate, &self.event_enum);
        let Handler {
            cfgs,
            event,
            variant,
            ..
        } = handler;
        quote! {
            #(#cfgs)*
            #[automatically_derived]
            impl #private::Raise<#event> for #aggregate
            where
                for<'__a> #event: #private::NotRetired,
            {
                fn raise(&mut self, event: #event) {
                    #private::raise(self, #event_enum::#variant(event));
                }
            }
        }
    }

    fn raise_new_impl(&self, handler: &Handler) -> TokenStream {
        let (private, aggregate, event_enum) = (&self.private, &self.aggregate, &self.event_enum);
        let Handler {
            cfgs,
            event,
            variant,
            ..
        } = handler;
        let id = quote!(<Self as #private::AggregateState>::Id);
        quote! {
            #(#cfgs)*
            #[automatically_derived]
            impl #private::RaiseNew<#event> for #aggregate
            where
                for<'__a> #event: #private::NotRetired,
            {
                fn raise_new(id: #id, event: #event) -> Self {
                    #private::raise_new(id, #event_enum::#variant(event))
                }
            }
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
        let shape = quote!(<Self as #private::AggregateState>::SHAPE);
        let create = self.create();
        let apply = self.arms(|handler| apply_arm(handler, (quote!(event), quote!(event))));
        let apply_ref = self.arms(|handler| {
            let clone = self.of(handler, "__clone");
            let clone = quote!(#clone(event));
            apply_arm(handler, (quote!(ref event), clone))
        });
        let violations = self.violations();
        let kept = self.on_the_name(quote!(#private::assert_event_sourced::<#aggregate>()));
        quote! {
            const _: () = #kept;

            #[automatically_derived]
            impl #private::Aggregate for #aggregate {
                type Event = #event_enum;

                const FINGERPRINT: #private::Fingerprint = #private::fingerprint(
                    #shape,
                    #hash,
                    <#event_enum as #private::EventEnum>::TYPES,
                    <#event_enum as #private::EventEnum>::UPCASTS,
                );

                #create

                fn apply(&mut self, __event: #event_enum) -> ::core::primitive::bool {
                    match __event { #apply }
                }

                fn apply_ref(&mut self, __event: &#event_enum) -> ::core::primitive::bool {
                    match *__event { #apply_ref }
                }

                #violations
            }
        }
    }

    fn create(&self) -> TokenStream {
        let Self {
            private,
            event_enum,
            ..
        } = self;
        let (id, event, body) = if self.any_creates() {
            let arms = self.arms(|handler| create_arm(handler, &self.of(handler, "__clone")));
            (quote!(_), quote!(__event), quote!(match *__event { #arms }))
        } else if self.behaviour.sound {
            let begin = self.on_the_name(quote!(#private::begin_as_default::<Self>));
            (quote!(__id), quote!(__event), quote!(#begin(__id, __event)))
        } else {
            (quote!(_), quote!(_), quote!(::core::option::Option::None))
        };
        let id_type = quote!(<Self as #private::AggregateState>::Id);
        quote! {
            fn create(
                #id: &#id_type,
                #event: &#event_enum,
            ) -> ::core::option::Option<Self> {
                #body
            }
        }
    }

    fn registration(&self) -> TokenStream {
        let (private, aggregate) = (&self.private, &self.aggregate);
        let handlers = self.handlers().map(|handler| {
            let Handler {
                cfgs,
                written,
                creates,
                ..
            } = handler;
            let (written, of_type) = (written.to_string(), self.of(handler, "__TYPE"));
            let handles = match creates {
                true => quote!(Creation),
                false => quote!(Change),
            };
            quote! {
                #(#cfgs)*
                #private::HandlerRegistration::new(
                    #of_type,
                    #written,
                    #private::Handles::#handles,
                )
            }
        });
        let upcasts = self.upcast_registrations();
        quote! {
            const _: () = {
                #private::inventory::submit! {
                    #private::BehaviourRegistration::new::<#aggregate>(&[#(#handlers),*])
                    #upcasts
                }
            };
        }
    }
}

/// Calls the handler, and answers whether the event changes; `by_value` is the binding and the
/// argument where the handler takes its event by value.
fn apply_arm(
    handler: &Handler,
    by_value: (TokenStream, TokenStream),
) -> (TokenStream, TokenStream) {
    let Handler { function, .. } = handler;
    let (binding, event) = match handler {
        Handler { broken: true, .. } => return (quote!(..), quote!(true)),
        Handler { creates: true, .. } => return (quote!(..), quote!(false)),
        Handler { by_value: true, .. } => by_value,
        _ => (quote!(ref event), quote!(event)),
    };
    (binding, quote!({ Self::#function(self, #event); true }))
}

fn create_arm(handler: &Handler, clone: &TokenStream) -> (TokenStream, TokenStream) {
    let Handler { function, .. } = handler;
    let clone = quote!(#clone(event));
    let argument = match handler {
        Handler { broken: true, .. } | Handler { creates: false, .. } => {
            return (quote!(..), quote!(::core::option::Option::None));
        }
        Handler { by_value: true, .. } => clone,
        _ => quote!(event),
    };
    let created = quote!(::core::option::Option::Some(Self::#function(#argument)));
    (quote!(ref event), created)
}
