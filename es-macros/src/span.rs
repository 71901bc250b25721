//! Places of generated code: where rustc points when what is generated does not compile.

use proc_macro2::{Group, Span, TokenStream, TokenTree};

/// `tokens`, told on the user's `span`. Names keep meaning what they mean.
pub fn located(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|tree| located_tree(tree, span))
        .collect()
}

fn located_tree(tree: TokenTree, span: Span) -> TokenTree {
    let mut tree = match tree {
        TokenTree::Group(group) => {
            TokenTree::Group(Group::new(group.delimiter(), located(group.stream(), span)))
        }
        other => other,
    };
    tree.set_span(tree.span().located_at(span));
    tree
}
