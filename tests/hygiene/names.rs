//! Names that are keywords, or are those of the framework's own functions.

use es_core::prelude::*;

#[event]
struct r#Match {
    r#type: String,
}

#[event]
struct Applied;

#[event]
struct Copied;

#[aggregate(event_sourced)]
#[derive(Default)]
struct r#Type {
    r#type: String,
    calls: Vec<String>,
}

#[aggregate]
impl r#Type {
    #[event(Moved)]
    fn r#move(&mut self, r#in: String, mut times: usize) {
        times += 1;
        self.r#type = r#in.repeat(times);
    }

    #[apply]
    fn r#match(&mut self, r#Match { r#type }: &r#Match) {
        self.r#type.clone_from(r#type);
    }

    #[apply]
    fn apply(&mut self, _: &Applied) {
        self.calls.push("apply".to_owned());
    }

    #[apply]
    fn copy(&mut self, _: Copied) {
        self.calls.push("copy".to_owned());
    }
}

#[test]
fn raw_identifiers_are_names_like_others() {
    let mut value = r#Type::raise_new(r#Match {
        r#type: "a".to_owned(),
    });
    value.r#move("b".to_owned(), 1);

    assert_eq!(value.r#type, "bb");
    assert_eq!(<r#Match as Event>::NAME, "Match");
    let first = &value.pending_events()[0];
    assert!(matches!(first, TypeEvent::Match(_)), "{first:?}");
}

#[event]
struct Created;

#[event]
struct Rooted;

#[event]
struct Versioned;

#[event]
struct Named;

#[aggregate(event_sourced)]
#[derive(Debug, Clone)]
struct Handlers {
    calls: Vec<String>,
}

/// Handlers called like the functions that generated code and the framework call.
#[aggregate]
impl Handlers {
    #[apply]
    fn create(_: &Created) -> Self {
        Self { calls: Vec::new() }
    }

    #[apply]
    fn root(&mut self, _: &Rooted) {
        self.calls.push("root".to_owned());
    }

    #[apply]
    fn version(&mut self, Versioned: &Versioned) {
        self.calls.push("version".to_owned());
    }

    #[apply]
    fn id(&mut self, __event: Named) {
        self.calls.push("id".to_owned());
    }

    #[event(Raised)]
    fn raise(&mut self, event: String) {
        self.calls.push(event);
    }

    #[event(Cloned)]
    fn clone(&mut self, id: String, version: u32, data: u8, __data: u8) {
        self.calls.push(format!("{id}{version}{data}{__data}"));
    }
}

#[tokio::test]
async fn handlers_may_be_called_like_the_frameworks_functions() -> anyhow::Result<()> {
    let handlers = Domain::builder("hygiene").build()?.repository::<Handlers>();
    let mut live = Handlers::raise_new(Created);
    live.raise_(Rooted);
    live.raise_(Versioned);
    live.raise_(Named);
    live.raise("raise".to_owned());
    Handlers::clone(&mut live, "clone".to_owned(), 1, 2, 3);
    handlers.add(&mut live).await?;

    let replayed = handlers.get(Aggregate::id(&live)).await?;

    assert_eq!(live.calls, ["root", "version", "id", "raise", "clone123"]);
    assert_eq!(replayed.calls, live.calls);
    Ok(())
}

mod one {
    use es_core::prelude::*;

    #[aggregate(event_sourced)]
    #[derive(Default)]
    pub struct Dog {
        pub barks: u32,
    }

    #[aggregate]
    impl Dog {
        #[event(Barked)]
        pub fn bark(&mut self) {
            self.barks += 1;
        }
    }

    impl Dog {
        pub fn new() -> Self {
            Self::raise_new(Barked)
        }
    }
}

mod other {
    use es_core::prelude::*;

    #[aggregate(event_sourced, category = "other_dog")]
    #[derive(Default)]
    pub struct Dog {
        pub barks: u32,
    }

    #[aggregate]
    impl Dog {
        /// The event of the other dog.
        #[apply]
        fn barked(&mut self, _: super::one::Barked) {
            self.barks += 10;
        }

        pub fn new() -> Self {
            Self::raise_new(super::one::Barked)
        }
    }
}

#[tokio::test]
async fn a_binary_holds_two_aggregates_of_one_name_and_one_event() -> anyhow::Result<()> {
    let domain = Domain::builder("hygiene").build()?;
    let (mut one, mut other) = (one::Dog::new(), other::Dog::new());
    domain.repository::<one::Dog>().add(&mut one).await?;
    domain.repository::<other::Dog>().add(&mut other).await?;

    assert_eq!((one.barks, other.barks), (1, 10));
    let dogs = es_core::registry::aggregates().filter(|aggregate| aggregate.name == "Dog");
    let handlers = dogs.map(|dog| dog.behaviour().map_or(0, |block| block.handlers.len()));
    assert_eq!(handlers.collect::<Vec<_>>(), [1, 1]);
    Ok(())
}
