//! Calls inside the block that must not be: raising in a handler, and calling a handler instead of
//! raising. Found where they can be seen.

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, ExprPath, ImplItemFn};

use crate::diagnostics::Diagnostics;

/// Tells every call in a handler that raises.
pub fn check_handler(
    function: &ImplItemFn,
    aggregate: &Ident,
    event_methods: &[Ident],
    diagnostics: &mut Diagnostics,
) {
    let handler = &function.sig.ident;
    let raises = |call: Call<'_>| {
        let by_name = call.name == "raise_new"
            || call.name == "raise_new_as"
            || event_methods.contains(call.name);
        if call.name == "raise_" || call.on_self && by_name {
            let message = format!(
                "the handler `{handler}` raises an event: a handler folds one event into the \
                 state, also when it is replayed; raise in the method that raises this event"
            );
            diagnostics.push(call.name, message);
        }
    };
    Calls {
        aggregate,
        told: raises,
    }
    .visit_block(&function.block);
}

/// Tells every call in a method that changes the state by a handler, which nothing would record.
pub fn check_method(
    function: &ImplItemFn,
    aggregate: &Ident,
    handlers: &[Ident],
    diagnostics: &mut Diagnostics,
) {
    let applies = |call: Call<'_>| {
        if call.on_self && handlers.contains(call.name) {
            let message = format!(
                "`{}` is a handler, which the framework calls: nothing would be recorded; raise its \
                 event, as in `self.raise_(..)`",
                call.name
            );
            diagnostics.push(call.name, message);
        }
    };
    Calls {
        aggregate,
        told: applies,
    }
    .visit_block(&function.block);
}

/// A call by name.
struct Call<'a> {
    name: &'a Ident,
    /// Of `self.name(..)`, `Self::name(..)` or `Aggregate::name(..)`.
    on_self: bool,
}

struct Calls<'a, F> {
    aggregate: &'a Ident,
    told: F,
}

impl<F: FnMut(Call<'_>)> Visit<'_> for Calls<'_, F> {
    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        let on_self = matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("self"));
        let name = &call.method;
        (self.told)(Call { name, on_self });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &ExprCall) {
        if let Expr::Path(ExprPath { path, .. }) = &*call.func
            && path.segments.len() == 2
            && (path.segments[0].ident == "Self" || path.segments[0].ident == *self.aggregate)
        {
            let name = &path.segments[1].ident;
            let on_self = true;
            (self.told)(Call { name, on_self });
        }
        visit::visit_expr_call(self, call);
    }
}
