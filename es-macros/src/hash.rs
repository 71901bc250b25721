//! Hashes of source, for the fingerprints of snapshots.

use proc_macro2::{TokenStream, TokenTree};
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
        for tree in tokens {
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
