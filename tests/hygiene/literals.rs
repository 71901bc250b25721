//! Literals and patterns of an aggregate, wherever they stand in its block.

use es_core::prelude::*;

#[event]
struct Begun {
    name: String,
    small: bool,
}

#[event]
struct Renamed {
    name: String,
}

#[aggregate(event_sourced)]
#[derive(Clone, Debug, PartialEq)]
struct Thing {
    name: String,
    size: u32,
}

#[aggregate]
impl Thing {
    #[apply]
    fn begun(Begun { name, small }: Begun) -> Self {
        let sized = |size| Thing {
            name: name.clone(),
            size,
        };
        match small {
            true => sized(1),
            false => Self {
                size: 2,
                ..sized(0)
            },
        }
    }

    #[apply]
    fn renamed(&mut self, Renamed { name }: &Renamed) {
        struct Local {
            name: String,
        }
        impl Local {
            fn new(name: &str) -> Self {
                Self {
                    name: name.to_owned(),
                }
            }
        }
        let Self { size, .. } = self;
        *size += 1;
        *self = Self {
            name: Local::new(name).name,
            ..self.clone()
        };
    }

    fn nested(name: &str) -> Option<(Self, [Self; 1])> {
        let size = 3;
        let name = name.to_owned();
        Some((
            Self {
                name: name.clone(),
                size,
            },
            [Self { name, size }],
        ))
    }

    fn parts(&self) -> (&str, u32) {
        let Self { name, size } = self;
        (name, *size)
    }

    fn is_small(&self) -> bool {
        match self {
            Thing { name: _, size: 1 } => true,
            Self { name, size: _ } if name.is_empty() => true,
            Self { .. } => false,
        }
    }
}

#[test]
fn literals_and_patterns_are_completed() {
    let begun = |small| {
        Thing::raise_new(Begun {
            name: "a".to_owned(),
            small,
        })
    };
    let (one, [another]) = Thing::nested("n").expect("it is `Some`");

    assert!(begun(true).is_small() && !begun(false).is_small());
    assert_eq!(begun(false).parts(), ("a", 2));
    assert_eq!(one, another);
}

#[test]
fn an_aggregate_may_stand_for_itself_in_a_handler() {
    let mut thing = Thing::raise_new(Begun {
        name: "a".to_owned(),
        small: true,
    });
    thing.name.push('b');
    assert_eq!(thing.parts(), ("ab", 1));
}

mod deep {
    use es_core::prelude::*;

    #[event]
    pub(super) struct Dug {
        pub(super) depth: u32,
    }

    #[aggregate(event_sourced)]
    pub(super) struct Hole {
        pub(super) depth: u32,
    }

    mod below {
        use es_core::prelude::*;

        /// The behaviour stands below the struct's module, and names it by a path.
        #[aggregate]
        impl super::Hole {
            pub(in super::super) fn dig(depth: u32) -> Self {
                Self::raise_new(super::Dug { depth })
            }

            #[apply]
            fn dug(event: &super::Dug) -> super::Hole {
                super::Hole { depth: event.depth }
            }
        }
    }
}

#[test]
fn a_behaviour_may_stand_below_the_module_of_the_struct() {
    assert_eq!(deep::Hole::dig(3).depth, 3);
}

#[test]
fn everything_may_stand_inside_a_function() {
    #[event]
    struct Opened {
        by: String,
    }

    #[aggregate(event_sourced, id = String)]
    struct Door {
        by: String,
    }

    #[aggregate]
    impl Door {
        #[apply]
        fn opened(event: Opened) -> Self {
            Self { by: event.by }
        }
    }

    let door = Door::raise_new_as(
        "front".to_owned(),
        Opened {
            by: "Ada".to_owned(),
        },
    );

    assert_eq!((door.by.as_str(), door.id().as_str()), ("Ada", "front"));
}
