//! What `#[command]` generates.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::spanned::Spanned as _;

use super::model::Command;
use crate::derives::{self, Derive};
use crate::fields;
use crate::span::located;

/// The struct with its derives, its `Command` impl and its registration.
pub fn expand(command: &Command) -> TokenStream {
    let Command { item, krate, .. } = command;
    let wanted = [
        Derive::Clone,
        Derive::Debug,
        Derive::Serialize,
        Derive::Deserialize,
        Derive::JsonSchema,
    ];
    let derives = derives::missing(&item.attrs, &wanted, krate);
    let checked = fields::check(item.fields.iter(), "FieldOfCommand", krate);
    let of_aggregate = command
        .aggregate
        .as_ref()
        .map(|aggregate| command_impl(command, aggregate));
    quote! {
        #checked
        #derives
        #item
        #of_aggregate
    }
}

fn command_impl(command: &Command, aggregate: &syn::Type) -> TokenStream {
    let Command {
        item, krate, name, ..
    } = command;
    let (private, ident) = (krate.private(), &item.ident);
    let version = Literal::u32_unsuffixed(command.version);
    let state = located(quote!(#private::AggregateState), aggregate.span());
    let target = match &command.target {
        Some((member, ty)) => {
            // Where the types differ, it is told on the field's.
            let target = quote!(#private::target_of::<#aggregate>(&self.#member));
            located(target, ty.span())
        }
        None => quote!(::core::option::Option::None),
    };
    let targeted = command.target.is_some().then(|| {
        quote! {
            #[automatically_derived]
            impl #private::Targeted for #ident {}
        }
    });
    quote! {
        #[automatically_derived]
        impl #private::Command for #ident {
            type Aggregate = #aggregate;

            const NAME: &'static ::core::primitive::str = #name;
            const VERSION: ::core::primitive::u32 = #version;

            fn target(&self) -> ::core::option::Option<<#aggregate as #state>::Id> {
                #target
            }
        }

        #targeted

        const _: () = {
            #private::inventory::submit! {
                #private::CommandRegistration::new::<#ident>(
                    ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#ident)),
                    #private::schema_of::<#ident>,
                )
            }
        };
    }
}
