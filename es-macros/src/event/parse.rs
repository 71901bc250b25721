//! What stands in `#[event(..)]`, and on what.

use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Item, ItemStruct, LitInt, LitStr, Path, Token};

use crate::diagnostics::Diagnostics;
use crate::options::{self, RawOption};

/// The options of `#[event]` on a struct.
pub const OPTIONS: &[&str] = &[
    "name",
    "version",
    "upcast",
    "alias",
    "retired",
    "unknown_fields",
    "crate",
];

/// The options as they were written.
#[derive(Default)]
pub struct EventOptions {
    pub name: Option<LitStr>,
    pub version: Option<(u32, Span)>,
    pub upcasts: Option<(Span, Vec<Upcast>)>,
    pub aliases: Vec<LitStr>,
    pub retired: bool,
    pub ignores_unknown_fields: bool,
    pub krate: Option<Path>,
}

/// `1 => add_currency`.
pub struct Upcast {
    pub from: LitInt,
    pub function: Path,
}

impl Parse for Upcast {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let from = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "expected was a step, as in `1 => add_currency`",
            )
        })?;
        input.parse::<Token![=>]>()?;
        let function = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "expected was the path of a function that takes the old shape",
            )
        })?;
        Ok(Self { from, function })
    }
}

impl EventOptions {
    pub fn parse(tokens: TokenStream, attribute: &str, diagnostics: &mut Diagnostics) -> Self {
        let mut parsed = Self::default();
        for option in options::parse(tokens, attribute, OPTIONS, diagnostics) {
            parsed.take(&option, diagnostics);
        }
        parsed
    }

    /// Takes one of [`OPTIONS`].
    pub fn take(&mut self, option: &RawOption, diagnostics: &mut Diagnostics) {
        match option.key.to_string().as_str() {
            "name" => self.name = diagnostics.ok(option.string()),
            "version" => self.version = diagnostics.ok(option.number()),
            "crate" => self.krate = diagnostics.ok(option.path()),
            "alias" => self.aliases.extend(diagnostics.ok(option.string())),
            "retired" => self.retired = diagnostics.ok(option.flag()).is_some(),
            "unknown_fields" => {
                let said = option
                    .string()
                    .and_then(|said| match said.value().as_str() {
                        "ignore" => Ok(true),
                        "refuse" => Ok(false),
                        _ => Err(syn::Error::new(
                            said.span(),
                            "expected was `\"refuse\"`, as without it, or `\"ignore\"`",
                        )),
                    });
                self.ignores_unknown_fields = diagnostics.ok(said).unwrap_or_default();
            }
            "upcast" => {
                let steps = option.list("upcast(1 => add_currency, 2 => split_name)");
                let parser = Punctuated::<Upcast, Token![,]>::parse_terminated;
                let steps = steps.and_then(|tokens| parser.parse2(tokens.clone()));
                self.upcasts = diagnostics
                    .ok(steps)
                    .map(|steps| (option.key.span(), steps.into_iter().collect()));
            }
            other => unreachable!("`{other}` is none of the options of an event"),
        }
    }
}

/// The struct below `#[event]`, or the item as it was where it is something else.
pub fn item(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Result<ItemStruct, TokenStream> {
    let item = match syn::parse2::<Item>(tokens.clone()) {
        Ok(Item::Struct(item)) => return Ok(item),
        Ok(item) => item,
        Err(error) => {
            match syn::parse2::<syn::ImplItemFn>(tokens.clone()) {
                Ok(function) => diagnostics.push(&function.sig.ident, METHOD),
                Err(_) => diagnostics.push_error(error),
            }
            return Err(tokens);
        }
    };
    match item {
        Item::Enum(item) => diagnostics.push(
            &item.ident,
            "an event is a struct; write a struct for each thing that can happen, or put the enum \
             into a field",
        ),
        Item::Fn(item) => diagnostics.push(&item.sig.ident, METHOD),
        other => diagnostics.push(other, "`#[event]` belongs on a struct"),
    }
    Err(tokens)
}

const METHOD: &str = "`#[event(..)]` on a method belongs in an `#[aggregate] impl`; write `#[aggregate]` above \
     the `impl`";
