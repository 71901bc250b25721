//! A block that does not parse, as far as it does.
//!
//! rustc has told the mistake before it calls a macro. What is left to do is to keep everything
//! else of the block, so that no further errors follow and the editor keeps knowing the type.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{Expr, ImplItem, ImplItemFn, ItemImpl, Stmt};

/// The `impl` in `tokens`, with the bodies that do not parse taken as they are.
pub fn parse(tokens: TokenStream) -> Option<ItemImpl> {
    let mut header: Vec<TokenTree> = tokens.into_iter().collect();
    let body = brace(&header.pop()?)?;
    header.push(empty().into());
    let mut block: ItemImpl = syn::parse2(header.into_iter().collect()).ok()?;
    block.items = items(body).into_iter().filter_map(item).collect();
    Some(block)
}

fn brace(tree: &TokenTree) -> Option<TokenStream> {
    match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
        _ => None,
    }
}

fn empty() -> Group {
    Group::new(Delimiter::Brace, TokenStream::new())
}

/// An item ends with a `;`, or with braces behind which none stands.
fn items(body: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut items = Vec::new();
    let mut item = Vec::new();
    let mut trees = body.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let ends = is_semicolon(&tree)
            || brace(&tree).is_some() && !trees.peek().is_some_and(is_semicolon);
        item.push(tree);
        if ends {
            items.push(std::mem::take(&mut item));
        }
    }
    items.push(item);
    items
}

fn is_semicolon(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ';')
}

fn item(mut trees: Vec<TokenTree>) -> Option<ImplItem> {
    if let Ok(item) = syn::parse2(trees.iter().cloned().collect()) {
        return Some(item);
    }
    let body = brace(&trees.pop()?)?;
    trees.push(empty().into());
    let mut function: ImplItemFn = syn::parse2(trees.into_iter().collect()).ok()?;
    function.block.stmts = vec![Stmt::Expr(Expr::Verbatim(body), None)];
    Some(ImplItem::Fn(function))
}
