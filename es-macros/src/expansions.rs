//! What users see with `cargo expand`: an example of each kind.

use insta::assert_snapshot;
use proc_macro2::TokenStream;

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("an example is Rust")
}

fn pretty(generated: TokenStream) -> String {
    let file = syn::parse2(generated).expect("what is generated is Rust");
    prettyplease::unparse(&file)
}

fn event(options: &str, item: &str) -> String {
    pretty(crate::event::attribute(tokens(options), tokens(item)))
}

fn aggregate(options: &str, item: &str) -> String {
    pretty(crate::aggregate_attribute(tokens(options), &tokens(item)))
}

#[test]
fn an_event() {
    let item = "/// Money came in.\npub struct Deposited { pub cents: u64 }";

    assert_snapshot!(event("", item));
}

#[test]
fn an_event_with_upcasts() {
    let options = "version = 3, upcast(1 => add_currency, 2 => names::split)";
    let item = "#[derive(PartialEq)] pub struct Registered { pub first: String, pub last: String }";

    assert_snapshot!(event(options, item));
}

#[test]
fn a_unit_event() {
    assert_snapshot!(event("name = \"account-closed\"", "pub struct Closed;"));
}

#[test]
fn a_value() {
    let item = "#[derive(Eq)] pub enum Currency { Euro, Other { code: String } }";

    assert_snapshot!(pretty(crate::event::value(tokens(""), tokens(item))));
}

#[test]
fn the_struct_of_an_aggregate() {
    let item = "#[derive(Debug)] pub struct BankAccount { owner: String, balance_cents: u64 }";

    assert_snapshot!(aggregate("event_sourced, snapshot_every = 100", item));
}

#[test]
fn a_behaviour_of_handlers() {
    let item = r"
        impl BankAccount {
            pub fn deposit(&mut self, cents: u64) { self.raise_(Deposited { cents }); }

            #[apply]
            fn opened(event: Opened) -> Self { Self { owner: event.owner, balance_cents: 0 } }

            #[apply]
            fn deposited(&mut self, event: &Deposited) { self.balance_cents += event.cents; }
        }
    ";

    assert_snapshot!(aggregate("", item));
}

#[test]
fn a_behaviour_of_methods_that_are_events() {
    let item = r#"
        impl Dog {
            #[event(DogRegistered, name = "Registered", id = Dog::id_of(&name))]
            pub fn register(name: String) -> Self { Self { name, tricks: Vec::new() } }

            /// Teaches.
            #[event(TrickAdded)]
            pub fn add_trick(&mut self, mut trick: String) { trick.push('!'); self.tricks.push(trick); }
        }
    "#;

    assert_snapshot!(aggregate("", item));
}

#[test]
fn a_behaviour_with_upcasts() {
    let item = r"
        impl Customer {
            #[upcast]
            fn split(old: NameAndAddressChanged) -> (NameChanged, Option<AddressChanged>) {
                (NameChanged { name: old.name }, old.address.map(AddressChanged::new))
            }

            #[apply]
            fn name_changed(&mut self, event: &NameChanged) { self.name = event.name.clone(); }

            #[apply]
            fn address_changed(&mut self, event: &AddressChanged) { self.address = event.address.clone(); }
        }
    ";

    assert_snapshot!(aggregate("", item));
}

#[test]
fn a_retired_event() {
    let options = "retired, alias = \"Opened\", alias = \"Begun\", unknown_fields = \"ignore\"";

    assert_snapshot!(event(options, "pub struct Registered { pub name: String }"));
}

#[test]
fn a_retired_method() {
    let item = r"
        impl Dog {
            #[event(Barked, retired)]
            pub fn bark(&mut self, times: u32) { self.barked += times; }
        }
    ";

    assert_snapshot!(aggregate("", item));
}

#[test]
fn a_command() {
    let item = "/// Draws.\npub struct Withdraw { #[target] pub account: Uuid, pub cents: u64 }";
    let options = tokens("aggregate = BankAccount, version = 2");

    assert_snapshot!(pretty(crate::command::attribute(options, tokens(item))));
}

#[test]
fn the_struct_of_a_state_stored_aggregate() {
    let item = "pub struct Customer { name: String }";

    assert_snapshot!(aggregate("events(Renamed, moves::Moved)", item));
}

#[test]
fn a_behaviour_of_a_state_stored_aggregate() {
    let item = r"
        impl Customer {
            pub fn new(name: String) -> Self { Self { name } }

            #[handle]
            fn register(command: Register) -> Self { Self::new(command.name) }

            #[handle]
            fn rename(&mut self, command: &Rename) -> Result<(), Taken> {
                self.name = command.name.clone();
                self.raise_(Renamed { name: self.name.clone() });
                Ok(())
            }

            #[invariant]
            fn has_a_name(&self) -> Result<(), Violation> { Ok(()) }
        }
    ";

    assert_snapshot!(aggregate("", item));
}

#[test]
fn a_behaviour_of_commands_and_invariants() {
    let item = r"
        impl BankAccount {
            #[handle]
            fn open(command: &Open) -> Result<Self, Refused> { Ok(Self::raise_new(Opened {})) }

            #[handle]
            fn close(&mut self, _: Close) { self.raise_(Closed {}) }

            #[invariant]
            fn never_overdrawn(&self) -> Result<(), Violation> { Ok(()) }

            #[apply]
            fn opened(_: &Opened) -> Self { Self { cents: 0 } }

            #[apply]
            fn closed(&mut self, _: &Closed) {}
        }
    ";

    assert_snapshot!(aggregate("", item));
}

#[rustfmt::skip]
const OPTIONS: &[&str] = &[
    "", ",", ",,", "=", "= 1", "id", "id =", "id = ", "id = ,", "id = <", "id = a < b", "name()",
    "name = \"\"", "version = 99999999999", "version = 4294967295", "version = -1", "version(1)",
    "upcast", "upcast()", "upcast(1)", "upcast(1 =>)", "upcast(=> f)", "upcast(1 => f::)",
    "upcast(1 => 2)", "version = 2, upcast(99999999999 => f)", "version = 2, upcast(0 => f)",
    "event_sourced, id = Id<A, B>, category", "event_sourced(x)", "event_sourced, category = 1",
    "crate", "crate = 1", "crate = \"\"", "crate = \"a b\"", "crate = \"::es\"",
    "event_sourced, \"x\"", "event_sourced, domain = \"\"", "snapshots", "snapshots = \"off\"",
    "snapshot_every = \"x\"", "r#type = 1", "alias", "alias = 1", "alias = \"\", alias = \"a\"",
    "retired, retired", "retired = 1", "unknown_fields", "unknown_fields = \"\"",
    "event_sourced, snapshot_every = 18446744073709551616", "X, id =", "X Y", "x::y", "1",
];

#[rustfmt::skip]
const ITEMS: &[&str] = &[
    "", ";", "struct", "struct A;", "struct A(u8);", "struct A {}", "struct A { a: u8, }",
    "enum A {}", "union A { a: u8 }", "fn a() {}", "fn a(&self);", "impl", "impl {}", "impl A {}",
    "impl A for B {}", "impl &A {}", "impl [A] {}", "impl dyn A {}", "impl <A as B>::C {}",
    "impl a::B {}", "impl A { x }", "impl A { fn }", "impl A { fn a( {} }", "impl A { #[apply] }",
    "impl A { #[apply] fn a() }", "impl A { #[apply] fn a(); }",
    "impl A { #[apply] fn a(x: ()) -> Self { a b } }", "impl A { #[apply(] fn a() {} }",
    "impl A { #[apply = 1] fn a(&mut self, e: &E) {} }", "impl A { #[event] fn a() {} }",
    "impl A { #[event()] fn a() {} }", "impl A { #[event(,)] fn a() {} }",
    "impl A { #[event(E F)] fn a() {} }", "impl A { #[event(fn)] fn a() {} }",
    "impl A { #[event(E, version = 4294967295)] fn a(&mut self) {} }",
    "impl A { #[event(E, upcast(1 => f))] fn a(&mut self, _: u8, (x, y): (u8, u8), &z: &u8) {} }",
    "impl A { #[event(E)] fn a(&mut self, x: impl Fn(&str) -> u8, ...) {} }",
    "impl A { #[event(E)] #[apply] fn a(self: Box<Self>) -> ! {} }",
    "impl A { #[apply] type X = u8; #[event(E)] const Y: u8 = 1; #[apply] mac!(); }",
    "impl A { #[apply] fn a(&mut self, (e): (&(((E))))) {} }",
    "impl A { #[apply] fn a(&mut self, _: &'a mut E) {} }",
    "impl A { #[apply] fn a(&mut self, _: fn(E)) {} #[apply] fn b(&mut self, _: <E as F>::G) {} }",
    "impl A { #[upcast] fn a() {} #[upcast(x)] fn b(_: u8) -> _ {} #[upcast] #[apply] fn c() {} }",
    "impl A { #[upcast] async fn a(&self, _: &E, _: F) -> Result<(), ()> {} #[upcast] const B: u8 = 1; }",
    "impl A { #[upcast] fn a(_: E) -> (E, (F,), Option<>) {} #[apply] fn b(&mut self, _: E) {} }",
    "mod a {}", "use a;", "type A = B;", "trait A {}", "macro_rules! a { () => {} }",
    "static A: u8 = 1;", "/// only documentation", "pub", "#[derive(Clone, #)] struct A;",
    "#[serde(crate)] struct A { a: u8 }",
];

/// Nothing that can be written makes a macro panic: it is told, or it is nothing.
#[test]
fn malformed_input_is_told() {
    let parsed = |sources: &[&str]| -> Vec<TokenStream> {
        sources.iter().flat_map(|source| source.parse()).collect()
    };
    let mut told = 0;
    for options in parsed(OPTIONS) {
        for item in parsed(ITEMS) {
            let generated = [
                crate::event::attribute(options.clone(), item.clone()),
                crate::event::value(options.clone(), item.clone()),
                crate::aggregate_attribute(options.clone(), &item),
                crate::misplaced("apply", &item),
                crate::command::attribute(options.clone(), item.clone()),
            ];
            let is_told = |tokens: &&TokenStream| tokens.to_string().contains("compile_error");
            told += generated.iter().filter(is_told).count();
        }
    }
    assert!(told > 5_000, "{told}");
}
