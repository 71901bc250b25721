//! A function with `#[handle]`, which decides on a command: checked, and what binds it to the command.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Attribute, FnArg, ImplItemFn, Path, ReceiverKind, ReturnType, Type, TypeReference};

use super::expand::Names;
use super::handler::{is_result, is_the_aggregate};
use super::model::{cfgs, text};
use crate::diagnostics::Diagnostics;
use crate::span::located;

/// What decides on one command.
pub struct CommandHandler {
    cfgs: Vec<Attribute>,
    /// The command's type, as written.
    pub command: Path,
    by_value: bool,
    creates: bool,
    function: Ident,
    /// What it returns; nothing where it returns nothing, or `Self`.
    output: Option<Type>,
}

impl CommandHandler {
    /// `None` where it is not one; what is wrong is told.
    pub fn new(
        function: &ImplItemFn,
        attribute: &Attribute,
        aggregate: &Ident,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let before = diagnostics.count();
        let sig = &function.sig;
        if !matches!(attribute.meta, syn::Meta::Path(_)) {
            diagnostics.push(
                attribute,
                "`#[handle]` takes no options: which command it is about says the parameter",
            );
        }
        if let Some(token) = &sig.asyncness {
            diagnostics.push(token, "a command's handler is not `async`: it decides on what it is given, and may decide again after a conflict; wait before the command is processed, and put what came of it into the command");
        }
        if !sig.generics.params.is_empty() {
            diagnostics.push(
                &sig.generics,
                "a command's handler is not generic: it takes one command, whose type is written out",
            );
        }
        let creates = match sig.receiver() {
            None => true,
            Some(receiver) => {
                if !matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_))) {
                    diagnostics.push(receiver, "a command's handler takes `&mut self` to decide on an aggregate, or no `self` to create one");
                }
                false
            }
        };
        let output = check_return(function, creates, aggregate, diagnostics);
        let typed: Vec<_> = sig
            .inputs
            .iter()
            .filter_map(|input| match input {
                FnArg::Typed(typed) => Some(typed),
                FnArg::Receiver(_) => None,
            })
            .collect();
        if let Some(second) = typed.get(1) {
            diagnostics.push(
                second,
                "a command's handler takes one command and nothing else; what it needs stands in the command",
            );
        }
        let Some(first) = typed.first() else {
            diagnostics.push(
                &sig.ident,
                "a command's handler takes its command, as in `command: Withdraw`",
            );
            return None;
        };
        let (command, by_value) = command_type(&first.ty, diagnostics)?;
        (diagnostics.count() == before).then(|| Self {
            cfgs: cfgs(&function.attrs),
            command,
            by_value,
            creates,
            function: sig.ident.clone(),
            output,
        })
    }
}

/// Adds a handler, or tells that the command has one.
pub fn add(
    handlers: &mut Vec<CommandHandler>,
    handler: CommandHandler,
    diagnostics: &mut Diagnostics,
) {
    let excluded = |first: &CommandHandler| !first.cfgs.is_empty() && !handler.cfgs.is_empty();
    let first = handlers
        .iter()
        .find(|first| text(&first.command) == text(&handler.command) && !excluded(first));
    if let Some(first) = first {
        let message = format!(
            "`{}` is handled twice, by `{}` and by `{}`; a command has one handler",
            text(&handler.command),
            first.function,
            handler.function
        );
        diagnostics.push(&handler.command, message);
        return;
    }
    handlers.push(handler);
}

fn check_return(
    function: &ImplItemFn,
    creates: bool,
    aggregate: &Ident,
    diagnostics: &mut Diagnostics,
) -> Option<Type> {
    const CREATES: &str = "a command's handler without `self` creates the aggregate; it returns `Self` or `Result<Self, ..>`, or takes `&mut self` to change one";
    match &function.sig.output {
        ReturnType::Default => {
            if creates {
                diagnostics.push(&function.sig.ident, CREATES);
            }
            None
        }
        ReturnType::Type(_, ty) if is_result(ty) => Some((**ty).clone()),
        ReturnType::Type(_, ty) if is_the_aggregate(ty, aggregate) => {
            if !creates {
                diagnostics.push(ty, "a command's handler with `&mut self` changes the aggregate; take `&mut self` away to create one");
            }
            None
        }
        ReturnType::Type(_, ty) => {
            if creates {
                diagnostics.push(ty, CREATES);
            }
            Some((**ty).clone())
        }
    }
}

/// The command of the parameter, and whether it is taken by value.
fn command_type(ty: &Type, diagnostics: &mut Diagnostics) -> Option<(Path, bool)> {
    match ty {
        Type::Reference(TypeReference {
            mutability: None,
            elem,
            ..
        }) => command_type(elem, diagnostics).map(|(path, _)| (path, false)),
        Type::Paren(paren) => command_type(&paren.elem, diagnostics),
        Type::Group(group) => command_type(&group.elem, diagnostics),
        Type::Path(path) if path.qself.is_none() => Some((path.path.clone(), true)),
        other => {
            diagnostics.push(
                other,
                "expected was a command, as in `command: Withdraw` or `command: &Withdraw`",
            );
            None
        }
    }
}

impl Names<'_> {
    /// What binds each command to the function that decides on it.
    pub(super) fn handle_impls(&self) -> TokenStream {
        let impls = self
            .behaviour
            .commands
            .iter()
            .map(|it| self.handle_impl(it));
        quote!(#(#impls)*)
    }

    fn handle_impl(&self, handler: &CommandHandler) -> TokenStream {
        let (private, aggregate) = (&self.private, &self.aggregate);
        let CommandHandler {
            cfgs,
            command,
            function,
            output,
            ..
        } = handler;
        let argument = match handler.by_value {
            true => quote!(__command),
            false => quote!(&__command),
        };
        let output_span = output
            .as_ref()
            .map_or_else(|| command.span(), syn::spanned::Spanned::span);
        let output = match output {
            Some(output) => quote!(#output),
            None => quote!(()),
        };
        let decision = located(quote!(#private::Decision), output_span);
        let decided = |call: TokenStream| quote!(<#output as #decision>::decided(#call));
        let creates_plainly = handler.creates && handler.output.is_none();
        let rejection = match creates_plainly {
            true => quote!(::core::convert::Infallible),
            false => quote!(<#output as #decision>::Rejection),
        };
        let (answer, creates, function) = if handler.creates {
            let call = quote!(Self::#function(#argument));
            let created = match creates_plainly {
                true => quote!(::core::result::Result::Ok(#call)),
                // Where it is a result of something else, that is told on what it returns.
                false => located(decided(call), output_span),
            };
            (
                quote!(<Self as #private::AggregateState>::Id),
                true,
                quote! {
                    fn create(__command: #command) -> ::core::result::Result<Self, Self::Rejection> {
                        #created
                    }

                    fn created(&self) -> Self::Answer {
                        ::core::clone::Clone::clone(<Self as #private::Aggregate>::id(self))
                    }
                },
            )
        } else {
            let changed = decided(quote!(Self::#function(self, #argument)));
            (
                quote!(<#output as #decision>::Value),
                false,
                quote! {
                    fn change(
                        &mut self,
                        __command: #command,
                    ) -> ::core::result::Result<Self::Answer, Self::Rejection> {
                        #changed
                    }
                },
            )
        };
        let located_command = located(quote!(#command), command.span());
        // A handler that changes has to know what.
        let has_target = (!handler.creates).then(|| {
            let check = located(quote!(has_a_target::<#located_command>();), command.span());
            quote! {
                #(#cfgs)*
                const _: () = {
                    const fn has_a_target<__C: #private::Targeted>() {}
                    #check
                };
            }
        });
        let handle = located(quote!(#private::Handle<#command>), command.span());
        quote! {
            #(#cfgs)*
            #[automatically_derived]
            impl #handle for #aggregate {
                type Answer = #answer;
                type Rejection = #rejection;
                const CREATES: ::core::primitive::bool = #creates;
                #function
            }
            #has_target
        }
    }
}
