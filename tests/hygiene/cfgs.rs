//! Fields, handlers and methods that are there under conditions.
#![deny(missing_docs)]

use es_core::prelude::*;

/// Only under a condition that does not hold.
#[cfg(any())]
#[event]
struct Absent;

/// Under one that holds.
#[event]
#[cfg(not(any()))]
#[doc(alias = "here")]
pub struct Present {
    /// How many, documented.
    #[cfg(not(any()))]
    pub count: u32,
    /// Never there.
    #[cfg(any())]
    pub nothing: DoesNotExist,
}

/// It means nothing any more.
#[event(retired, alias = "Shifted")]
pub struct Moved;

/// An aggregate with conditions.
#[aggregate(event_sourced)]
#[derive(Debug, Default, PartialEq)]
pub struct Conditional {
    /// There.
    #[cfg(not(any()))]
    count: u32,
    /// Not there.
    #[cfg(any())]
    nothing: DoesNotExist,
}

/// Its behaviour.
#[aggregate]
#[allow(clippy::missing_const_for_fn)]
impl Conditional {
    /// Begins.
    #[must_use]
    #[inline]
    pub fn begin(count: u32) -> Self {
        Self::raise_new(Present { count })
    }

    #[cfg(any())]
    #[apply]
    fn absent(&mut self, _: &Absent) {
        self.nothing.at_all();
    }

    #[cfg(not(any()))]
    #[apply]
    fn present(&mut self, event: &Present) {
        self.count += event.count;
    }

    #[cfg(any())]
    #[apply]
    fn present(&mut self, event: Present) {
        self.nothing += event.count;
    }

    /// Never there.
    #[cfg(any())]
    #[upcast]
    fn missing(_: DoesNotExist) -> Absent {
        Absent
    }

    #[cfg(not(any()))]
    #[upcast]
    fn r#move(_: Moved) -> Option<Present> {
        None
    }

    /// Grows, and says so.
    #[cfg(not(any()))]
    #[event(Grown)]
    #[inline]
    #[allow(clippy::missing_panics_doc)]
    pub fn grow(&mut self, by: u32) {
        self.count += by;
    }

    /// Is not there.
    #[cfg(any())]
    #[event(Shrunk)]
    pub fn shrink(&mut self, by: DoesNotExist) {
        self.nothing -= by;
    }
}

#[test]
fn conditions_hold_for_all_that_is_generated() {
    let mut value = Conditional::begin(1);
    value.grow(2);

    assert_eq!(value.count, 3);
    let types = <Conditional as Aggregate>::Event::TYPES;
    assert_eq!(
        types.iter().map(|t| t.name).collect::<Vec<_>>(),
        ["Present", "Grown"]
    );
    let moved = <Conditional as Aggregate>::Event::upcast("Shifted", 1, b"{}");
    assert_eq!(moved.unwrap().len(), 0);
}

use es_core::EventEnum as _;

/// Has a function under somebody else's attribute.
#[aggregate(event_sourced)]
#[derive(Default)]
pub struct Foreign {}

#[aggregate]
impl Foreign {
    #[es_core::apply]
    fn grown(&mut self, _: &Grown) {}

    #[es_core::event(Touched)]
    fn touch(&mut self) {}
}

#[test]
fn our_attributes_may_be_written_as_paths() {
    let mut foreign = Foreign::raise_new(Grown { by: 1 });
    foreign.touch();

    assert_eq!(foreign.version(), 2);
}

/// Its method's parameters say more of the event's fields.
#[aggregate(event_sourced, id = String)]
struct Annotated {
    text: String,
}

#[aggregate]
impl Annotated {
    #[event(Written, id = "a".to_owned())]
    fn write(
        /// What was written.
        #[serde(rename = "words", default)]
        mut text: String,
        #[cfg(any())] gone: NoSuchType,
        #[cfg(not(any()))] kept: u32,
    ) -> Self {
        text.push_str(&kept.to_string());
        Self { text }
    }
}

#[test]
fn attributes_of_a_parameter_are_those_of_the_field() {
    let annotated = Annotated::write("page ".to_owned(), 7);

    assert_eq!(annotated.text, "page 7");
    let written = Written {
        text: "page".to_owned(),
        kept: 7,
    };
    let stored = es_core::serde_json::to_string(&written).unwrap();
    assert_eq!(stored, r#"{"words":"page","kept":7}"#);
    let schema = es_core::registry::events()
        .find(|event| event.path.ends_with("cfgs::Written"))
        .map(|event| (event.schema)().to_value().to_string());
    assert!(schema.unwrap().contains("What was written."));
}
