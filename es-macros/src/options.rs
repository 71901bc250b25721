//! One parser for the options of all our attributes: `flag`, `key = value` and `key(list)`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, ExprPath, Lit, LitStr, Path, Token, Type};

use crate::diagnostics::Diagnostics;

/// The options that may stand several times.
const REPEATED: &[&str] = &["alias"];

/// One option as it was written.
pub struct RawOption {
    /// Its name.
    pub key: Ident,
    value: RawValue,
}

enum RawValue {
    Flag,
    Assigned(TokenStream),
    List(TokenStream),
}

impl Parse for RawOption {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = Ident::parse_any(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            RawValue::Assigned(value(input)?)
        } else if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            RawValue::List(content.parse()?)
        } else {
            RawValue::Flag
        };
        Ok(Self { key, value })
    }
}

/// The value behind `=`: a type where one ends at the next comma, so that `Id<A, B>` is whole, else
/// an expression, else whatever stands there, for the option to say what it expected.
fn value(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(input.error("expected was a value behind `=`"));
    }
    if let Some(ty) = up_to_comma::<Type>(input) {
        return Ok(ty.into_token_stream());
    }
    if let Some(expr) = up_to_comma::<Expr>(input) {
        return Ok(expr.into_token_stream());
    }
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<proc_macro2::TokenTree>()?]);
    }
    Ok(tokens)
}

fn up_to_comma<T: Parse>(input: ParseStream<'_>) -> Option<T> {
    let fork = input.fork();
    let value = fork.parse().ok()?;
    if !fork.is_empty() && !fork.peek(Token![,]) {
        return None;
    }
    input.advance_to(&fork);
    Some(value)
}

/// Takes the options of an attribute apart. Unknown and doubled ones are told, and left out.
pub fn parse(
    tokens: TokenStream,
    attribute: &str,
    known: &[&str],
    diagnostics: &mut Diagnostics,
) -> Vec<RawOption> {
    let parser = Punctuated::<RawOption, Token![,]>::parse_terminated;
    let Some(options) = diagnostics.ok(parser.parse2(tokens)) else {
        return Vec::new();
    };
    let mut accepted: Vec<RawOption> = Vec::new();
    for option in options {
        let name = option.key.to_string();
        if !known.contains(&name.as_str()) {
            diagnostics.push(&option.key, unknown(&name, attribute, known));
        } else if !REPEATED.contains(&name.as_str())
            && accepted.iter().any(|earlier| earlier.key == option.key)
        {
            diagnostics.push(&option.key, format!("`{name}` stands twice; write it once"));
        } else {
            accepted.push(option);
        }
    }
    accepted
}

fn unknown(name: &str, attribute: &str, known: &[&str]) -> String {
    let list = known
        .iter()
        .map(|known| format!("`{known}`"))
        .collect::<Vec<_>>()
        .join(", ");
    match known.iter().find(|known| resembles(name, known)) {
        Some(meant) => format!("`{attribute}` has no option `{name}`; did you mean `{meant}`?"),
        None if known.len() == 1 => {
            format!("`{attribute}` has no option `{name}`, expected was {list}")
        }
        None => format!("`{attribute}` has no option `{name}`, expected was one of {list}"),
    }
}

/// Whether two names are one or two edits apart (Levenshtein), or one begins the other.
fn resembles(left: &str, right: &str) -> bool {
    if left.len() > 3 && right.starts_with(left) || right.len() > 3 && left.starts_with(right) {
        return true;
    }
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[right.len()] <= 2
}

impl RawOption {
    /// It must stand alone.
    pub fn flag(&self) -> syn::Result<()> {
        match &self.value {
            RawValue::Flag => Ok(()),
            RawValue::Assigned(tokens) | RawValue::List(tokens) => Err(syn::Error::new_spanned(
                if tokens.is_empty() {
                    self.key.to_token_stream()
                } else {
                    tokens.clone()
                },
                format!("`{0}` takes no value; write `{0}` alone", self.key),
            )),
        }
    }

    /// `key = "text"`.
    pub fn string(&self) -> syn::Result<LitStr> {
        let expected = format!("expected was a string, as in `{} = \"...\"`", self.key);
        match self.assigned(&expected)? {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Ok(text),
            other => Err(syn::Error::new_spanned(other, expected)),
        }
    }

    /// `key = 3`.
    pub fn number<N>(&self) -> syn::Result<(N, Span)>
    where
        N: std::str::FromStr<Err: std::fmt::Display>,
    {
        let expected = format!("expected was a whole number, as in `{} = 2`", self.key);
        match self.assigned(&expected)? {
            Expr::Lit(ExprLit {
                lit: Lit::Int(number),
                ..
            }) => Ok((number.base10_parse()?, number.span())),
            other => Err(syn::Error::new_spanned(other, expected)),
        }
    }

    /// `key = word`.
    pub fn word(&self, words: &str) -> syn::Result<Ident> {
        let expected = format!("expected was {words}");
        match self.assigned(&expected)? {
            Expr::Path(ExprPath { path, .. }) if path.get_ident().is_some() => {
                path.require_ident().cloned()
            }
            other => Err(syn::Error::new_spanned(other, expected)),
        }
    }

    /// `key = Type`.
    pub fn ty(&self) -> syn::Result<Type> {
        let expected = format!("expected was a type, as in `{} = String`", self.key);
        let RawValue::Assigned(tokens) = &self.value else {
            return Err(syn::Error::new_spanned(&self.key, expected));
        };
        syn::parse2(tokens.clone()).map_err(|_| syn::Error::new_spanned(tokens, expected))
    }

    /// `key = expression`.
    pub fn expr(&self) -> syn::Result<Expr> {
        self.assigned(&format!(
            "expected was an expression, as in `{} = ...`",
            self.key
        ))
    }

    /// `key = "path"` or `key = path`.
    pub fn path(&self) -> syn::Result<Path> {
        let expected = format!("expected was a path, as in `{} = \"my_es\"`", self.key);
        match self.assigned(&expected)? {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => text
                .parse_with(Path::parse_mod_style)
                .map_err(|_| syn::Error::new_spanned(&text, expected)),
            Expr::Path(path) => Ok(path.path),
            other => Err(syn::Error::new_spanned(other, expected)),
        }
    }

    /// `key(items)`.
    pub fn list(&self, example: &str) -> syn::Result<&TokenStream> {
        match &self.value {
            RawValue::List(tokens) => Ok(tokens),
            _ => Err(syn::Error::new_spanned(
                &self.key,
                format!("expected was `{example}`"),
            )),
        }
    }

    fn assigned(&self, expected: &str) -> syn::Result<Expr> {
        match &self.value {
            RawValue::Assigned(tokens) => {
                syn::parse2(tokens.clone()).map_err(|_| syn::Error::new_spanned(tokens, expected))
            }
            RawValue::List(_) | RawValue::Flag => Err(syn::Error::new_spanned(&self.key, expected)),
        }
    }
}
