//! Literals and patterns of the aggregate's struct, completed with its hidden field.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, ExprStruct, Item, PatRest, PatStruct, Path, Token, parse_quote};

use super::model::text;
use crate::aggregate::root_field;

/// Completes what it finds in `block`: `Self { .. }` and `Name { .. }` without `..base`.
///
/// What stands inside the arguments of another macro is tokens, not syntax, and stays as it is.
pub fn complete(block: &mut Block, aggregate: &Path) {
    Completion { aggregate }.visit_block_mut(block);
}

struct Completion<'a> {
    /// As the `impl` names it.
    aggregate: &'a Path,
}

impl Completion<'_> {
    fn means_the_aggregate(&self, path: &Path) -> bool {
        let last = self.aggregate.segments.last();
        path.is_ident("Self")
            || text(path) == text(self.aggregate)
            || last.is_some_and(|last| path.is_ident(&last.ident))
    }
}

impl VisitMut for Completion<'_> {
    fn visit_expr_struct_mut(&mut self, literal: &mut ExprStruct) {
        visit_mut::visit_expr_struct_mut(self, literal);
        if self.means_the_aggregate(&literal.path) && literal.dot2_token.is_none() {
            let root = root_field(Span::call_site());
            literal
                .fields
                .push(parse_quote!(#root: ::core::default::Default::default()));
        }
    }

    fn visit_pat_struct_mut(&mut self, pattern: &mut PatStruct) {
        visit_mut::visit_pat_struct_mut(self, pattern);
        if self.means_the_aggregate(&pattern.path) && pattern.rest.is_none() {
            pattern.rest = Some(PatRest {
                attrs: Vec::new(),
                dot2_token: <Token![..]>::default(),
            });
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {
        // `Self` means something else in an item inside a function.
    }
}
