//! A function with `#[upcast]`, checked, and what is generated of it: what a stored event became.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned as _;
use syn::{
    Attribute, FnArg, GenericArgument, ImplItemFn, Path, PathArguments, ReturnType, Signature,
    Type, Visibility,
};

use super::expand::Names;
use super::handler::{check_plain, is_result, is_the_aggregate};
use super::model::{Handler, cfgs, text};
use crate::diagnostics::Diagnostics;
use crate::span::located;

/// What leads from a stored event to those that it became.
pub struct Upcast {
    pub cfgs: Vec<Attribute>,
    /// The stored event's type, as written.
    pub event: Path,
    function: Ident,
    /// What it returns.
    output: Type,
}

impl Upcast {
    /// The upcast that `function` is; what is wrong is told.
    pub fn new(
        function: &ImplItemFn,
        attribute: &Attribute,
        aggregate: &Ident,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let before = diagnostics.count();
        let sig = &function.sig;
        if attribute.meta.require_path_only().is_err() {
            diagnostics.push(
                attribute,
                "`#[upcast]` takes no options: the function says which event became which",
            );
        }
        if let Visibility::Public(_) | Visibility::Restricted(_) = function.vis {
            diagnostics.push(
                &function.vis,
                "an upcast is called by the framework alone; take `pub` away",
            );
        }
        check_signature(sig, diagnostics);
        let event = stored_event(sig, diagnostics);
        let output = output(sig, aggregate, diagnostics);
        let (Some(event), Some(output)) = (event, output) else {
            return None;
        };
        (diagnostics.count() == before).then(|| Self {
            cfgs: cfgs(&function.attrs),
            event,
            function: sig.ident.clone(),
            output,
        })
    }

    /// Nothing can become of an event where none is applied.
    pub fn refuse_without_handlers(&self, diagnostics: &mut Diagnostics) {
        let message = "an upcast returns events that the aggregate applies, and this block has no \
                       `#[apply]` handler";
        diagnostics.push(&self.function, message);
    }

    /// Whether the event is not applied as well, nor upcast twice; what is wrong is told.
    pub fn is_alone(
        &self,
        earlier: &[Self],
        handlers: &[Handler],
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let (event, function) = (text(&self.event), &self.function);
        let excluding = |cfgs: &[Attribute]| !cfgs.is_empty() && !self.cfgs.is_empty();
        let twice = earlier
            .iter()
            .find(|other| text(&other.event) == event && !excluding(&other.cfgs));
        if let Some(other) = twice {
            let message = format!(
                "`{event}` is upcast twice, by `{}` and by `{function}`; an event has one upcast, \
                 which may return several events",
                other.function
            );
            diagnostics.push(&self.event, message);
        }
        let applied = handlers
            .iter()
            .find(|handler| text(&handler.event) == event && !excluding(&handler.cfgs));
        if let Some(handler) = applied {
            let message = format!(
                "`{event}` is upcast by `{function}`, and applied by `{}`; what is upcast is not \
                 applied any more: take one of the two away",
                handler.written
            );
            diagnostics.push(&self.event, message);
        }
        twice.is_none() && applied.is_none()
    }
}

fn check_signature(sig: &Signature, diagnostics: &mut Diagnostics) {
    if let Some(receiver) = sig.receiver() {
        diagnostics.push(
            receiver,
            "an upcast takes no `self`: what an event became does not depend on the state; take \
             it from the event alone",
        );
    }
    let mut sig = sig.clone();
    if let Some(token) = sig.asyncness.take() {
        diagnostics.push(
            token,
            "an upcast is not `async`: it is called on every load and waits for nothing; take \
             what it needs from the event",
        );
    }
    check_plain(&sig, "an upcast", diagnostics);
}

/// The event that the function takes.
fn stored_event(sig: &Signature, diagnostics: &mut Diagnostics) -> Option<Path> {
    const EXPECTED: &str =
        "an upcast takes the stored event by value, as in `old: NameAndAddressChanged`";
    let mut typed = sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let Some(first) = typed.next() else {
        diagnostics.push(&sig.ident, EXPECTED);
        return None;
    };
    for more in typed {
        diagnostics.push(
            more,
            "an upcast takes one event and nothing else; what it needs stands in the event",
        );
    }
    match &*first.ty {
        Type::Path(path) if path.qself.is_none() => Some(path.path.clone()),
        other => {
            diagnostics.push(other, EXPECTED);
            None
        }
    }
}

/// What the function returns, where that may be events.
fn output(sig: &Signature, aggregate: &Ident, diagnostics: &mut Diagnostics) -> Option<Type> {
    const EXPECTED: &str = "an upcast returns what the event became: an event, a tuple, an \
                            `Option` or a `Vec` of events";
    let ty = match &sig.output {
        ReturnType::Default => {
            diagnostics.push(&sig.ident, EXPECTED);
            return None;
        }
        ReturnType::Type(_, ty) => ty,
    };
    let message = match &**ty {
        ty if is_result(ty) => {
            "an upcast can not fail: what it takes was stored and stays so; return what comes \
             nearest to it, or `None` where it means nothing any more"
        }
        ty if is_the_aggregate(ty, aggregate) => {
            "an upcast returns events, which are then applied, and not the aggregate"
        }
        Type::Tuple(tuple) if !tuple.elems.is_empty() => return Some((**ty).clone()),
        Type::Path(_) => return Some((**ty).clone()),
        _ => EXPECTED,
    };
    diagnostics.push(ty, message);
    None
}

impl Names<'_> {
    fn upcasts(&self) -> impl Iterator<Item = &Upcast> {
        self.behaviour.upcasts.iter()
    }

    /// The part of `EventEnum` that knows what stored events became; nothing where there is none.
    pub(super) fn upcast_items(&self) -> Option<TokenStream> {
        if self.behaviour.upcasts.is_empty() {
            return None;
        }
        let private = &self.private;
        let known = self.upcasts().map(|upcast| {
            let (cfgs, known) = (&upcast.cfgs, self.of_event(&upcast.event, "__KNOWN"));
            quote!(#(#cfgs)* #known)
        });
        let arms = self.upcasts().map(|upcast| self.upcast_arm(upcast));
        Some(quote! {
            const UPCASTS: &'static [#private::KnownEvent] = &[#(#known),*];

            fn upcast(
                __name: &::core::primitive::str,
                __version: ::core::primitive::u32,
                __data: &[::core::primitive::u8],
            ) -> ::core::result::Result<#private::Vec<Self>, #private::DecodeError> {
                match __name {
                    #(#arms)*
                    _ => #private::upcast_by_alias(__name, __version, __data),
                }
            }
        })
    }

    /// Decodes the stored event, calls the function, and takes what it returns apart. What is no
    /// event of the aggregate is told where its type stands.
    fn upcast_arm(&self, upcast: &Upcast) -> TokenStream {
        let (private, aggregate) = (&self.private, &self.aggregate);
        let Upcast {
            cfgs,
            event,
            function,
            output,
        } = upcast;
        let parts: Vec<&Type> = match output {
            Type::Tuple(tuple) => tuple.elems.iter().collect(),
            other => vec![other],
        };
        let names: Vec<Ident> = (0..parts.len()).map(|n| format_ident!("__{n}")).collect();
        let pattern = match output {
            Type::Tuple(_) => quote!((#(#names,)*)),
            _ => quote!(#(#names)*),
        };
        let pushes = parts.iter().zip(&names).map(|(part, name)| {
            let push = quote!(#private::UpcastInto::<Self>::push(#name, &mut __events));
            located(push, innermost(part).span())
        });
        let (name, decode) = (
            self.of_event(event, "NAME"),
            self.of_event(event, "__decode"),
        );
        quote! {
            #(#cfgs)*
            #name => {
                let #pattern = <#aggregate>::#function(#decode(__version, __data)?);
                let mut __events = #private::Vec::<Self>::new();
                #(#pushes;)*
                ::core::result::Result::Ok(__events)
            }
        }
    }

    /// Which events an upcast can return: those that are applied.
    pub(super) fn upcast_targets(&self) -> TokenStream {
        if self.behaviour.upcasts.is_empty() {
            return TokenStream::new();
        }
        let (private, event_enum) = (&self.private, &self.event_enum);
        let impls = self.handlers().map(|Handler { cfgs, event, .. }| {
            quote! {
                #(#cfgs)*
                #[automatically_derived]
                impl #private::UpcastInto<#event_enum> for #event {
                    fn push(self, __events: &mut #private::Vec<#event_enum>) {
                        __events.push(::core::convert::From::from(self));
                    }
                }
            }
        });
        quote!(#(#impls)*)
    }

    /// What the registry is told of them.
    pub(super) fn upcast_registrations(&self) -> Option<TokenStream> {
        if self.behaviour.upcasts.is_empty() {
            return None;
        }
        let private = &self.private;
        let upcasts = self.upcasts().map(|upcast| {
            let Upcast { cfgs, function, .. } = upcast;
            let (function, of_type) =
                (function.to_string(), self.of_event(&upcast.event, "__TYPE"));
            quote!(#(#cfgs)* #private::UpcastRegistration::new(#of_type, #function))
        });
        Some(quote!(.with_upcasts(&[#(#upcasts),*])))
    }
}

/// The type inside of `Option` and `Vec`.
fn innermost(ty: &Type) -> &Type {
    let Type::Path(path) = ty else { return ty };
    let Some(last) = path.path.segments.last() else {
        return ty;
    };
    match &last.arguments {
        PathArguments::AngleBracketed(inside) if last.ident == "Option" || last.ident == "Vec" => {
            match inside.args.first() {
                Some(GenericArgument::Type(inner)) => innermost(inner),
                _ => ty,
            }
        }
        _ => ty,
    }
}
