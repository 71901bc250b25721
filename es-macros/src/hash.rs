//! Hashes of source, for the fingerprints of snapshots.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

/// FNV-1a, 64 bits (Fowler, Noll, Vo), over tokens: white space, comments and documentation do not
/// count, and what a compiler prints between tokens does not either.
pub struct TokenHash(u64);

impl TokenHash {
    pub fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub fn add(&mut self, tokens: impl ToTokens) -> &mut Self {
        self.stream(tokens.to_token_stream());
        self
    }

    pub fn finish(&self) -> u64 {
        self.0
    }

    fn stream(&mut self, tokens: TokenStream) {
        let mut trees = tokens.into_iter().peekable();
        while let Some(tree) = trees.next() {
            // What a formatter adds and takes away, and what only people read.
            if is(&tree, ',') && trees.peek().is_none() {
                continue;
            }
            if is(&tree, '#') && trees.next_if(is_documentation).is_some() {
                continue;
            }
            match tree {
                TokenTree::Group(group) => {
                    self.bytes(&[0, group.delimiter() as u8]);
                    self.stream(group.stream());
                    self.bytes(&[1]);
                }
                TokenTree::Ident(ident) => self.text(&ident.to_string()),
                TokenTree::Punct(punct) => self.text(&punct.as_char().to_string()),
                TokenTree::Literal(literal) => self.text(&literal.to_string()),
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[2]);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

fn is(tree: &TokenTree, char: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == char)
}

/// Whether it is the `[doc = ".."]` behind a `#`.
fn is_documentation(tree: &TokenTree) -> bool {
    let TokenTree::Group(group) = tree else {
        return false;
    };
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc")
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;

    use super::TokenHash;

    fn hash(source: &str) -> u64 {
        let tokens: TokenStream = source.parse().expect("a test's source is tokens");
        TokenHash::new().add(tokens).finish()
    }

    #[test]
    fn documentation_and_formatting_do_not_count() {
        let plain = hash("fn opened(event: Opened) -> Self { Self { a: 1, b: 2 } }");
        let other = hash(
            "/// Opens.\nfn opened(\n event: Opened,\n) -> Self { // why\n Self { a: 1, b: 2, } }",
        );

        assert_eq!(plain, other);
    }

    #[test]
    fn what_is_computed_counts() {
        assert_ne!(hash("self.cents += 1"), hash("self.cents += 2"));
        assert_ne!(hash("a + (b * c)"), hash("(a + b) * c"));
        assert_ne!(hash("ab c"), hash("a bc"));
    }
}
