//! A handler with `#[apply]`, checked.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::{
    Attribute, FnArg, ImplItemFn, Path, ReceiverKind, ReturnType, Safety, Signature, Type,
    TypeReference,
};

use super::model::{Handler, cfgs, text};
use crate::diagnostics::Diagnostics;

/// The handler that `function` is, where it says of which event; what is wrong is told.
pub fn apply(
    function: &ImplItemFn,
    attribute: &Attribute,
    named: Option<Path>,
    aggregate: &Ident,
    diagnostics: &mut Diagnostics,
) -> Option<Handler> {
    let before = diagnostics.count();
    let sig = &function.sig;
    if let syn::Visibility::Public(_) | syn::Visibility::Restricted(_) = function.vis {
        diagnostics.push(&function.vis, "a handler is called by the framework alone; take `pub` away, and raise the event in a method of its own");
    }
    check_plain(sig, "a handler", diagnostics);
    let creates = receiver_creates(sig, diagnostics);
    check_return(sig, creates, aggregate, diagnostics);

    let typed: Vec<_> = sig
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        })
        .collect();
    let found = match typed.first() {
        Some(first) => event_type(&first.ty, diagnostics),
        None => {
            let event = named.as_ref().map_or_else(|| "Deposited".to_owned(), text);
            let message = format!("a handler takes its event; write `event: &{event}`");
            diagnostics.push(&sig.ident, message);
            None
        }
    };
    if let Some(second) = typed.get(1) {
        diagnostics.push(
            second,
            "a handler takes one event and nothing else; what it needs stands in the event",
        );
    }
    if let (Some(named), Some((event, _))) = (&named, &found)
        && named.segments.last().map(|s| &s.ident) != event.segments.last().map(|s| &s.ident)
    {
        let (named, event) = (text(named), text(event));
        let message = format!(
            "`#[apply({named})]` stands above a handler of `{event}`; write `#[apply]` alone, or name one event in both"
        );
        diagnostics.push(attribute, message);
    }
    let found = found.filter(|(event, _)| !names_a_parameter(sig, event));
    let (event, by_value) = match (found, named) {
        (Some(found), _) => found,
        (None, Some(named)) => (named, false),
        (None, None) => return None,
    };
    let variant = event.segments.last()?.ident.unraw();
    Some(Handler {
        cfgs: cfgs(&function.attrs),
        variant: Ident::new(&variant.to_string(), variant.span()),
        event,
        creates,
        by_value,
        function: sig.ident.clone(),
        written: sig.ident.clone(),
        broken: diagnostics.count() > before,
    })
}

/// Whether the event is a type parameter of the function, which is refused already.
fn names_a_parameter(sig: &Signature, event: &Path) -> bool {
    let mut parameters = sig.generics.type_params();
    parameters.any(|parameter| event.is_ident(&parameter.ident))
}

/// Tells what a plain synchronous function does not have.
pub fn check_plain(sig: &Signature, what: &str, diagnostics: &mut Diagnostics) {
    if let Some(token) = &sig.asyncness {
        diagnostics.push(token, format!("{what} is not `async`: it folds an event into the state and waits for nothing; wait before raising, and put what came of it into the event"));
    }
    if let Some(token) = &sig.constness {
        diagnostics.push(token, format!("{what} is not `const`"));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        diagnostics.push(token, format!("{what} is not `unsafe`"));
    }
    if let Some(abi) = &sig.abi {
        diagnostics.push(abi, format!("{what} has no foreign ABI"));
    }
    if !sig.generics.params.is_empty() {
        diagnostics.push(
            &sig.generics,
            format!("{what} is not generic: it takes one event, whose type is written out"),
        );
    }
}

/// Whether the handler creates, which is to have no receiver.
fn receiver_creates(sig: &Signature, diagnostics: &mut Diagnostics) -> bool {
    let Some(receiver) = sig.receiver() else {
        return true;
    };
    if !matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_))) {
        diagnostics.push(
            receiver,
            "a handler takes `&mut self` to change the aggregate, or no `self` to create it",
        );
    }
    false
}

fn check_return(sig: &Signature, creates: bool, aggregate: &Ident, diagnostics: &mut Diagnostics) {
    let ty = match &sig.output {
        ReturnType::Default if creates => {
            let message = "a handler without `self` creates the aggregate; write `-> Self`, or take `&mut self` to change it";
            diagnostics.push(&sig.ident, message);
            return;
        }
        ReturnType::Default => return,
        ReturnType::Type(_, ty) => ty,
    };
    if is_result(ty) {
        diagnostics.push(ty, "a handler can not fail: what it applies has happened; refuse before raising, in the method that raises");
        return;
    }
    let is_self = is_the_aggregate(ty, aggregate);
    let is_unit = matches!(&**ty, Type::Tuple(tuple) if tuple.elems.is_empty());
    if creates && !is_self {
        diagnostics.push(ty, "a creating handler returns `Self`");
    } else if !creates && !is_unit {
        diagnostics.push(
            ty,
            "a handler that takes `&mut self` changes it and returns nothing",
        );
    }
}

/// Whether the type is `Self`, or the aggregate by its name or a path.
pub fn is_the_aggregate(ty: &Type, aggregate: &Ident) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    path.path.is_ident("Self") || last.is_some_and(|last| last.ident == *aggregate)
}

pub fn is_result(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path
        .segments
        .last()
        .is_some_and(|last| last.ident == "Result")
}

/// Whether the path may name an event; `Self` and numbers do not.
fn is_a_struct(path: &Path) -> bool {
    let primitive = |ident: &Ident| ident.unraw().to_string().starts_with(char::is_lowercase);
    !path.is_ident("Self") && !path.get_ident().is_some_and(primitive)
}

/// The event of a handler's parameter, and whether it is taken by value.
fn event_type(ty: &Type, diagnostics: &mut Diagnostics) -> Option<(Path, bool)> {
    let (inner, by_value) = match ty {
        Type::Reference(TypeReference {
            mutability: Some(token),
            ..
        }) => {
            diagnostics.push(
                token,
                "an event has happened and does not change; take it as `&Event` or by value",
            );
            match ty {
                Type::Reference(reference) => (&*reference.elem, false),
                other => (other, true),
            }
        }
        Type::Reference(reference) => (&*reference.elem, false),
        Type::Paren(paren) => return event_type(&paren.elem, diagnostics),
        Type::Group(group) => return event_type(&group.elem, diagnostics),
        other => (other, true),
    };
    match inner {
        Type::Path(path) if path.qself.is_none() && is_a_struct(&path.path) => {
            Some((path.path.clone(), by_value))
        }
        Type::ImplTrait(_) => {
            diagnostics.push(
                inner,
                "a handler takes one event, whose type is written out, as in `event: &Deposited`",
            );
            None
        }
        other => {
            diagnostics.push(
                other,
                "expected was an event, as in `event: &Deposited` or `event: Deposited`",
            );
            None
        }
    }
}
