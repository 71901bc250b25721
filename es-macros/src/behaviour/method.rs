//! A method with `#[event(Name)]`, checked and taken apart: calling it raises, its body applies.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::visit::Visit;
use syn::{
    Attribute, Block, Expr, FnArg, ImplItemFn, ItemStruct, Pat, PatIdent, ReceiverKind, ReturnType,
    Signature, Type, TypeReference, parse_quote,
};

use super::handler::{check_plain, is_the_aggregate};
use super::model::{Handler, cfgs, text};
use crate::diagnostics::Diagnostics;
use crate::event::{Event, EventOptions};
use crate::krate::Crate;

/// A method that defines an event: calling it raises, its body applies.
pub struct EventMethod<'a> {
    written: &'a ImplItemFn,
    fields: Vec<Parameter>,
    id: Option<Box<Expr>>,
    pub handler: Handler,
}

struct Parameter {
    /// Documentation, and what derives look for: the field's.
    attrs: Vec<Attribute>,
    ident: Ident,
    /// With `mut`, where the body changes it.
    binding: PatIdent,
    ty: Type,
}

impl<'a> EventMethod<'a> {
    pub fn new(
        written: &'a ImplItemFn,
        name: &Ident,
        id: Option<Box<Expr>>,
        aggregate: &Ident,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let before = diagnostics.count();
        let sig = &written.sig;
        check_plain(sig, "a method that defines an event", diagnostics);
        let creates = receiver_creates_event(sig, diagnostics);
        check_event_return(sig, creates, aggregate, diagnostics);
        if let (Some(id), false) = (&id, creates) {
            diagnostics.push(
                id,
                "only an event that creates gives an id; this one changes what has one",
            );
        }
        let fields = sig
            .inputs
            .iter()
            .enumerate()
            .filter_map(|(index, input)| match input {
                FnArg::Typed(typed) => Some(parameter(index, typed, diagnostics)),
                FnArg::Receiver(_) => None,
            })
            .collect();
        let broken = diagnostics.count() > before;
        let handler = Handler {
            cfgs: cfgs(&written.attrs),
            variant: name.unraw(),
            event: name.clone().into(),
            creates,
            by_value: true,
            function: format_ident!("__apply_{}", sig.ident.unraw()),
            written: sig.ident.clone(),
            broken,
        };
        Self {
            written,
            fields,
            id,
            handler,
        }
    }

    /// The attributes of the method that are the event's too.
    pub fn event_attrs(&self) -> Vec<Attribute> {
        let shared = |attr: &&Attribute| attr.path().is_ident("cfg");
        self.written.attrs.iter().filter(shared).cloned().collect()
    }

    pub fn event(
        &self,
        options: EventOptions,
        krate: &Crate,
        diagnostics: &mut Diagnostics,
    ) -> Event {
        let name = &self.handler.event;
        let docs = self
            .written
            .attrs
            .iter()
            .filter(|attr| attr.path().is_ident("doc"));
        let docs: Vec<_> = docs.collect();
        let no_docs = docs.is_empty().then(|| {
            let text = format!(" The event of `{}`.", self.written.sig.ident);
            quote!(#[doc = #text])
        });
        let body = match self.fields.is_empty() {
            true => quote!(;),
            false => {
                let fields = self.fields.iter().map(|field| {
                    let Parameter {
                        attrs, ident, ty, ..
                    } = field;
                    let documented = attrs.iter().any(|attr| attr.path().is_ident("doc"));
                    let no_docs = (!documented).then(|| {
                        let text = format!(" `{}`.", ident.unraw());
                        quote!(#[doc = #text])
                    });
                    quote!(#no_docs #(#attrs)* pub #ident: #ty)
                });
                quote!({ #(#fields),* })
            }
        };
        let item: ItemStruct = parse_quote! {
            #(#docs)*
            #no_docs
            #[allow(private_interfaces, unreachable_pub)]
            pub struct #name #body
        };
        let mut event = Event::new(item, options, diagnostics);
        event.krate = krate.clone();
        event
    }

    /// The method that raises, and the function that applies.
    ///
    /// Where the event is retired, whoever calls the method is told.
    pub fn halves(&self, event: &Event) -> (ImplItemFn, ImplItemFn) {
        let retired = event.retired.then(|| event.krate.private());
        let event = &self.handler.event;
        let fields = self.fields.iter().map(|field| {
            let (cfgs, ident) = (cfgs(&field.attrs), &field.ident);
            quote!(#(#cfgs)* #ident)
        });
        let literal = match self.fields.is_empty() {
            true => quote!(#event),
            false => quote!(#event { #(#fields),* }),
        };
        let raise: Block = match (self.handler.creates, &self.id) {
            (false, _) => parse_quote!({ self.raise_(#literal); }),
            (true, None) => parse_quote!({ Self::raise_new(#literal) }),
            (true, Some(id)) => parse_quote!({
                let __id = #id;
                Self::raise_new_as(__id, #literal)
            }),
        };
        let mut raising = self.written.clone();
        for input in &mut raising.sig.inputs {
            if let FnArg::Typed(typed) = input {
                typed.attrs = cfgs(&typed.attrs);
                if let Pat::Ident(pat) = &mut *typed.pat {
                    pat.mutability = None;
                }
            }
        }
        raising.block = raise;
        if let Some(private) = retired {
            let bounds = &mut raising.sig.generics.make_where_clause().predicates;
            bounds.push(parse_quote!(for<'__a> #event: #private::NotRetired));
        }
        (raising, self.applying())
    }

    fn applying(&self) -> ImplItemFn {
        let kept = |attr: &&Attribute| {
            ["cfg", "allow", "expect"]
                .iter()
                .any(|name| attr.path().is_ident(name))
        };
        let attrs = self.written.attrs.iter().filter(kept);
        let event = &self.handler.event;
        let function = &self.handler.function;
        let output = &self.written.sig.output;
        let statements = &self.written.block.stmts;
        let receiver = (!self.handler.creates).then(|| {
            let receiver = self.written.sig.receiver();
            quote!(#receiver,)
        });
        let bindings: TokenStream = match self.fields.is_empty() {
            true => quote!(let #event = __event;),
            false => {
                let bindings = self.fields.iter().map(|field| {
                    let (cfgs, binding) = (cfgs(&field.attrs), &field.binding);
                    quote!(#(#cfgs)* #binding)
                });
                quote! {
                    #[allow(unused_variables)]
                    let #event { #(#bindings),* } = __event;
                }
            }
        };
        let doc = format!(
            " Applies `{}`: the body of `{}`.",
            text(event),
            self.written.sig.ident
        );
        parse_quote! {
            #[doc = #doc]
            #(#attrs)*
            #[allow(clippy::needless_pass_by_value, clippy::unused_self)]
            fn #function(#receiver __event: #event) #output {
                #bindings
                #(#statements)*
            }
        }
    }
}

fn receiver_creates_event(sig: &Signature, diagnostics: &mut Diagnostics) -> bool {
    let Some(receiver) = sig.receiver() else {
        return true;
    };
    if !matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_))) {
        diagnostics.push(receiver, "a method that defines an event takes `&mut self` to change the aggregate, or no `self` to create it");
    }
    false
}

fn check_event_return(
    sig: &Signature,
    creates: bool,
    aggregate: &Ident,
    diagnostics: &mut Diagnostics,
) {
    match &sig.output {
        ReturnType::Default if creates => diagnostics.push(
            &sig.ident,
            "a method that defines an event and has no `self` creates the aggregate; write `-> Self`, or take `&mut self` to change it",
        ),
        ReturnType::Type(_, ty) if !creates => diagnostics.push(
            ty,
            "the body of a method that defines an event is replayed, so it returns nothing; check and answer in a method that calls this one",
        ),
        ReturnType::Type(_, ty) => {
            let is_self = is_the_aggregate(ty, aggregate);
            if !is_self {
                diagnostics.push(ty, "a method that defines the event which creates returns `Self`; check in a function that calls it");
            }
        }
        ReturnType::Default => {}
    }
}

fn parameter(index: usize, typed: &syn::PatType, diagnostics: &mut Diagnostics) -> Parameter {
    let before = diagnostics.count();
    Owned(diagnostics).visit_type(&typed.ty);
    // A type that is no field would bring errors of its own.
    let ty = if diagnostics.count() > before {
        parse_quote!(())
    } else {
        (*typed.ty).clone()
    };
    let binding = match &*typed.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => pat.clone(),
        other => {
            diagnostics.push(
                other,
                "a parameter becomes a field of the event; give it a plain name",
            );
            let ident = format_ident!("field_{index}", span = Span::call_site());
            PatIdent {
                attrs: Vec::new(),
                by_ref: None,
                mutability: None,
                ident,
                subpat: None,
            }
        }
    };
    Parameter {
        attrs: typed.attrs.clone(),
        ident: binding.ident.clone(),
        binding,
        ty,
    }
}

/// Tells what an event can not own.
struct Owned<'a>(&'a mut Diagnostics);

impl Visit<'_> for Owned<'_> {
    fn visit_type_reference(&mut self, reference: &TypeReference) {
        self.0.push(
            reference,
            "a parameter becomes a field of the event, which owns its data; take `String` for `&str`, \
             or borrow in a method that calls this one with an owned value",
        );
    }

    fn visit_type_impl_trait(&mut self, ty: &syn::TypeImplTrait) {
        self.0.push(
            ty,
            "a parameter becomes a field of the event, which has one type; write it out, or convert in \
             a method that calls this one",
        );
    }
}
