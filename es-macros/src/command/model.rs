//! What a command is, checked.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Item, ItemStruct, Member, Path, Type};

use crate::diagnostics::Diagnostics;
use crate::krate::Crate;
use crate::options;

const OPTIONS: &[&str] = &["aggregate", "name", "version", "crate"];

/// The struct of a command.
pub struct Command {
    /// Without our attributes.
    pub item: ItemStruct,
    pub krate: Crate,
    /// `None` where it was not told: a mistake, and told.
    pub aggregate: Option<Type>,
    pub name: String,
    pub version: u32,
    /// The field with `#[target]`.
    pub target: Option<(Member, Type)>,
}

impl Command {
    /// The item as it was where it is no struct; what is wrong is told either way.
    pub fn new(
        options: TokenStream,
        item: TokenStream,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, TokenStream> {
        let mut item = match syn::parse2::<Item>(item.clone()) {
            Ok(Item::Struct(item)) => item,
            Ok(other) => {
                diagnostics.push(
                    other,
                    "a command is a struct; write a struct for each thing that can be asked for",
                );
                return Err(item);
            }
            Err(error) => {
                diagnostics.push_error(error);
                return Err(item);
            }
        };
        let (mut aggregate, mut name, mut version) = (None, None, None);
        let mut krate: Option<Path> = None;
        let mut told = false;
        for option in options::parse(options, "#[command]", OPTIONS, diagnostics) {
            match option.key.to_string().as_str() {
                "aggregate" => {
                    told = true;
                    aggregate = diagnostics.ok(option.ty());
                }
                "name" => name = diagnostics.ok(option.string()),
                "version" => version = diagnostics.ok(option.number::<u32>()),
                "crate" => krate = diagnostics.ok(option.path()),
                other => unreachable!("`{other}` is none of the options of a command"),
            }
        }
        if !told && diagnostics.is_empty() {
            let message =
                "which aggregate decides on it? write `#[command(aggregate = BankAccount)]`";
            diagnostics.push(&item.ident, message);
        }
        if !item.generics.params.is_empty() {
            diagnostics.push(
                &item.generics,
                "a command is not generic: it is recorded under one name",
            );
            return Err(item.into_token_stream());
        }
        if let Some((0, span)) = version {
            diagnostics.push_error(syn::Error::new(span, "versions count from 1"));
        }
        let name = match name {
            Some(name) if name.value().trim().is_empty() => {
                let message = "a name is not empty, as in `name = \"withdraw\"`";
                diagnostics.push(&name, message);
                String::new()
            }
            Some(name) => name.value(),
            None => item.ident.unraw().to_string(),
        };
        let target = target(&mut item, diagnostics);
        Ok(Self {
            krate: Crate::new(krate.as_ref()),
            aggregate,
            name,
            version: version.map_or(1, |(version, _)| version),
            target,
            item,
        })
    }
}

/// The field with `#[target]`, which is taken off.
fn target(item: &mut ItemStruct, diagnostics: &mut Diagnostics) -> Option<(Member, Type)> {
    let members: Vec<Member> = item.fields.members().collect();
    let mut target = None;
    for (member, field) in members.into_iter().zip(&mut item.fields) {
        let ours = field
            .attrs
            .extract_if(.., |attr| attr.path().is_ident("target"));
        for attribute in ours.collect::<Vec<_>>() {
            if !matches!(attribute.meta, syn::Meta::Path(_)) {
                diagnostics.push(&attribute, "`#[target]` takes no options");
            }
            if target.is_some() {
                let message = "a command has one target; where two aggregates change together, use a unit of work";
                diagnostics.push(&attribute, message);
            } else {
                target = Some((member.clone(), field.ty.clone()));
            }
        }
    }
    target
}
