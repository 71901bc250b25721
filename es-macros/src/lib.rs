//! Macros.
use proc_macro::TokenStream;
#[proc_macro_attribute]
pub fn aggregate(_: TokenStream, i: TokenStream) -> TokenStream {
    i
}
#[proc_macro_attribute]
pub fn event(_: TokenStream, i: TokenStream) -> TokenStream {
    i
}
#[proc_macro_attribute]
pub fn value(_: TokenStream, i: TokenStream) -> TokenStream {
    i
}
#[proc_macro_attribute]
pub fn apply(_: TokenStream, i: TokenStream) -> TokenStream {
    i
}
