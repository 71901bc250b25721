//! Raising inside a handler, found where it can be seen.

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, ExprPath, ImplItemFn};

use crate::diagnostics::Diagnostics;

/// Tells every call in `function` that raises.
pub fn check(
    function: &ImplItemFn,
    aggregate: &Ident,
    event_methods: &[Ident],
    diagnostics: &mut Diagnostics,
) {
    let handler = &function.sig.ident;
    Raises {
        handler,
        aggregate,
        event_methods,
        diagnostics,
    }
    .visit_block(&function.block);
}

struct Raises<'a> {
    handler: &'a Ident,
    aggregate: &'a Ident,
    event_methods: &'a [Ident],
    diagnostics: &'a mut Diagnostics,
}

impl Raises<'_> {
    fn tell(&mut self, raising: &Ident) {
        let message = format!(
            "the handler `{}` raises an event: a handler folds one event into the state, also when \
             it is replayed; raise in the method that raises this event",
            self.handler
        );
        self.diagnostics.push(raising, message);
    }

    fn raises(&self, name: &Ident) -> bool {
        name == "raise_"
            || name == "raise_new"
            || name == "raise_new_as"
            || self.event_methods.contains(name)
    }
}

impl Visit<'_> for Raises<'_> {
    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        let on_self = matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("self"));
        if call.method == "raise_" || on_self && self.raises(&call.method) {
            self.tell(&call.method);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &ExprCall) {
        if let Expr::Path(ExprPath { path, .. }) = &*call.func
            && path.segments.len() == 2
            && (path.segments[0].ident == "Self" || path.segments[0].ident == *self.aggregate)
            && self.raises(&path.segments[1].ident)
        {
            self.tell(&path.segments[1].ident);
        }
        visit::visit_expr_call(self, call);
    }
}
