//! Commands, invariants and stored states: among shadowed names, by raw identifiers, under conditions.

/// Items of the user's that are called like what generated code is made of.
#[allow(dead_code, non_camel_case_types)]
mod shadowed {
    use es_core::{aggregate, command, event};

    struct Result;
    struct Option;
    struct String;
    struct Vec;
    struct Command;
    struct CommandOf;
    struct Handle;
    struct Targeted;
    struct Decision;
    struct Violation;
    struct Aggregate;
    struct AggregateState;
    struct Raise;
    struct Clone;
    struct From;
    struct Into;
    struct u32;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    fn ask() {}
    fn drop() {}
    mod core {}
    mod std {}
    mod serde {}

    #[event]
    pub struct Filled {
        pub by: u64,
    }

    #[command(aggregate = Tank)]
    pub struct Begin {
        #[target]
        pub tank: u64,
    }

    #[command(aggregate = Tank)]
    pub struct Fill {
        #[target]
        pub tank: u64,
        pub by: u64,
    }

    #[aggregate(events(Filled), id = u64)]
    pub struct Tank {
        pub level: u64,
    }

    #[aggregate]
    impl Tank {
        #[handle]
        fn begin(command: &Begin) -> Self {
            Self { level: 0 }.with_id(command.tank)
        }

        #[handle]
        fn fill(&mut self, command: Fill) -> ::core::result::Result<u64, u64> {
            self.level += command.by;
            self.raise_(Filled { by: command.by });
            ::core::result::Result::Ok(self.level)
        }

        #[invariant]
        fn not_full(&self) -> ::core::result::Result<(), es_core::Violation> {
            match self.level > 10 {
                true => ::core::result::Result::Err(es_core::Violation::new("it flows over")),
                false => ::core::result::Result::Ok(()),
            }
        }
    }
}

/// Names that are keywords, and those of the framework's own.
mod named {
    use es_core::prelude::*;

    #[event]
    pub struct Begun;

    /// Its fields have no names.
    #[command(aggregate = r#Type, name = "begin!")]
    pub struct r#Begin(#[target] pub String, pub u8);

    /// It has none.
    #[command(aggregate = r#Type)]
    pub struct MakeUp;

    #[command(aggregate = r#Type)]
    #[derive(Clone, Debug, PartialEq)]
    pub struct Change {
        #[target]
        pub r#type: String,
        /// Called as in generated code.
        pub command: String,
        #[serde(default, rename = "as")]
        pub r#as: u8,
    }

    #[aggregate(event_sourced, id = String)]
    #[derive(Debug)]
    pub struct r#Type {
        pub target: u8,
    }

    #[aggregate]
    impl r#Type {
        #[handle]
        fn create(Begin(id, _): Begin) -> Result<Type, std::convert::Infallible> {
            Ok(Self::raise_new_as(id, Begun))
        }

        #[handle]
        fn created(_: MakeUp) -> Self {
            Self::raise_new_as("made up".to_owned(), Begun)
        }

        #[handle]
        fn change(&mut self, Change { r#as, command, .. }: &Change) -> Result<u8, String> {
            match command.parse::<u8>() {
                Ok(number) => {
                    self.target = number + r#as;
                    Ok(self.target)
                }
                Err(problem) => Err(problem.to_string()),
            }
        }

        #[cfg(any())]
        #[handle]
        fn never(&mut self, _: DoesNotExist) {}

        #[cfg(any())]
        #[invariant]
        fn nothing(&self) -> Result<(), DoesNotExist> {
            Ok(())
        }

        #[invariant]
        fn violations(&self) -> Result<(), String> {
            match self.target {
                u8::MAX => Err("as much as there is room for".to_owned()),
                _ => Ok(()),
            }
        }

        #[apply]
        fn begun(_: &Begun) -> Self {
            Self { target: 0 }
        }
    }
}

use es_core::prelude::*;
use es_core::testing::*;

#[tokio::test]
async fn generated_code_names_nothing_of_the_users() -> anyhow::Result<()> {
    let domain = Domain::builder("shadows").build()?;

    let begun = domain.process(shadowed::Begin { tank: 7 }).await?;
    scenario(&domain)
        .when(shadowed::Fill { tank: 7, by: 5 })
        .await
        .then(events![shadowed::Filled { by: 5 }])
        .then_answer(5);
    scenario(&domain)
        .when(shadowed::Fill { tank: 7, by: 6 })
        .await
        .then_violated("not_full");

    assert_eq!(begun.value, 7);
    Ok(())
}

#[tokio::test]
async fn commands_are_called_as_one_likes() -> anyhow::Result<()> {
    let domain = Domain::builder("names").build()?;

    let begun = domain.process(named::Begin("a".to_owned(), 1)).await?;
    let made_up = domain.process(named::MakeUp).await?;
    let change = |command: &str| named::Change {
        r#type: "a".to_owned(),
        command: command.to_owned(),
        r#as: 1,
    };
    let changed = domain.process(change("5")).await?;
    let refused = domain.process(change("x")).await;

    assert_eq!((&*begun.value, &*made_up.value), ("a", "made up"));
    assert_eq!(changed.value, 6);
    assert!(matches!(refused, Err(ProcessError::Rejected(_))));
    let recorded = domain.store().read_stream("names::type:command-a");
    let recorded = recorded.collect().await?;
    assert_eq!(recorded[0].event_type, "Names.begin!.v1");
    assert_eq!(*recorded[0].data, *br#"["a",1]"#);
    Ok(())
}
