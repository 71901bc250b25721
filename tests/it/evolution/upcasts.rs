//! Stored events that became others.

use es_core::EventProblem;
use es_core::chrono::TimeDelta;
use es_core::prelude::*;
use es_core::testing::ManualClock;

use super::{store, stored};

/// Moved house and married in one day, once.
#[value]
pub struct NameAndAddressChangedV1 {
    name: String,
    address: String,
}

#[event(version = 2, upcast(1 => add_country), retired, alias = "AllChanged")]
pub struct NameAndAddressChanged {
    pub name: String,
    pub address: String,
    pub country: String,
}

fn add_country(old: NameAndAddressChangedV1) -> NameAndAddressChanged {
    let country = "GB".to_owned();
    NameAndAddressChanged {
        name: old.name,
        address: old.address,
        country,
    }
}

#[event(retired)]
pub struct Signed {
    pub name: String,
    pub address: String,
}

#[event(retired)]
pub struct Greeted;

#[event(retired)]
pub struct Nicknamed {
    pub names: Vec<String>,
}

#[event]
pub struct Joined {
    pub name: String,
}

#[event]
pub struct NameChanged {
    pub name: String,
}

#[event]
pub struct AddressChanged {
    pub address: String,
}

#[aggregate(event_sourced, id = u64, snapshot_every = 3)]
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    name: String,
    address: String,
    changes: u64,
}

#[aggregate]
impl Member {
    pub fn join(id: u64, name: &str) -> Self {
        Self::raise_new_as(id, Joined { name: name.into() })
    }

    pub fn rename(&mut self, name: &str) {
        self.raise_(NameChanged { name: name.into() });
    }

    #[upcast]
    fn split(old: NameAndAddressChanged) -> (NameChanged, AddressChanged) {
        let address = format!("{}, {}", old.address, old.country);
        (NameChanged { name: old.name }, AddressChanged { address })
    }

    #[upcast]
    fn signed(old: Signed) -> (Joined, Option<AddressChanged>) {
        let address = (!old.address.is_empty()).then_some(old.address);
        (
            Joined { name: old.name },
            address.map(|address| AddressChanged { address }),
        )
    }

    #[upcast]
    fn forget_greetings(_: Greeted) -> Option<NameChanged> {
        None
    }

    #[upcast]
    fn each(old: Nicknamed) -> Vec<MemberEvent> {
        let renamed = |name: String| match name.strip_prefix("at ") {
            Some(address) => AddressChanged {
                address: address.into(),
            }
            .into(),
            None => NameChanged { name }.into(),
        };
        old.names.into_iter().map(renamed).collect()
    }

    #[apply]
    fn joined(event: Joined) -> Self {
        Self {
            name: event.name,
            address: String::new(),
            changes: 0,
        }
    }

    #[apply]
    fn name_changed(&mut self, event: NameChanged) {
        self.name = event.name;
        self.changes += 1;
    }

    #[apply]
    fn address_changed(&mut self, event: AddressChanged) {
        self.address = event.address;
        self.changes += 1;
    }
}

const JOINED: (&str, &str) = ("Club.Joined.v1", r#"{"name":"Ada"}"#);
const SIGNED: (&str, &str) = ("Club.Signed.v1", r#"{"name":"Ada","address":"1 High St"}"#);
const BOTH: (&str, &str) = (
    "Club.NameAndAddressChanged.v2",
    r#"{"name":"Ada King","address":"12 St James's Sq","country":"UK"}"#,
);
const GREETED: (&str, &str) = ("Club.Greeted.v1", "{}");
const NICKNAMED: (&str, &str) = (
    "Club.Nicknamed.v1",
    r#"{"names":["A","at home","Countess"]}"#,
);

async fn members(events: &[(&str, &str)]) -> anyhow::Result<Repository<Member>> {
    let domain = stored("club", "club::member-1", events).await?;
    Ok(domain.repository())
}

fn summary(member: &Member) -> (&str, &str, u64, u64) {
    let version = member.version().get();
    (&member.name, &member.address, member.changes, version)
}

#[tokio::test]
async fn one_that_became_two_is_applied_as_both_and_counts_once() -> anyhow::Result<()> {
    let members = members(&[JOINED, BOTH]).await?;

    let member = members.get(&1).await?;

    let expected = ("Ada King", "12 St James's Sq, UK", 2, 2);
    assert_eq!(summary(&member), expected);
    Ok(())
}

#[tokio::test]
async fn one_of_an_older_version_or_name_is_led_to_its_newest_first() -> anyhow::Result<()> {
    let old = r#"{"name":"Ada King","address":"London"}"#;
    for event_type in ["Club.NameAndAddressChanged.v1", "Club.AllChanged.v1"] {
        let members = members(&[JOINED, (event_type, old)]).await?;

        let member = members.get(&1).await?;

        assert_eq!(summary(&member), ("Ada King", "London, GB", 2, 2));
    }
    Ok(())
}

#[tokio::test]
async fn one_that_became_none_counts_and_changes_nothing() -> anyhow::Result<()> {
    let members = members(&[JOINED, GREETED, GREETED]).await?;

    let member = members.get(&1).await?;

    assert_eq!(summary(&member), ("Ada", "", 0, 3));
    Ok(())
}

#[tokio::test]
async fn one_that_became_a_list_is_applied_in_its_order() -> anyhow::Result<()> {
    let members = members(&[JOINED, NICKNAMED]).await?;

    let member = members.get(&1).await?;

    assert_eq!(summary(&member), ("Countess", "home", 3, 2));
    Ok(())
}

#[tokio::test]
async fn a_first_event_that_became_two_creates_and_changes() -> anyhow::Result<()> {
    let both = members(&[SIGNED]).await?;
    let one = members(&[("Club.Signed.v1", r#"{"name":"Ada","address":""}"#)]).await?;

    assert_eq!(summary(&both.get(&1).await?), ("Ada", "1 High St", 1, 1));
    assert_eq!(summary(&one.get(&1).await?), ("Ada", "", 0, 1));
    Ok(())
}

#[tokio::test]
async fn where_the_first_became_none_the_aggregate_begins_with_what_is_left() -> anyhow::Result<()>
{
    let members = members(&[GREETED, GREETED, JOINED]).await?;

    let mut member = members.get(&1).await?;
    assert_eq!(summary(&member), ("Ada", "", 0, 3));
    let before = members.get_at_version(&1, Version::new(2)).await;
    let text = before.unwrap_err().to_string();
    assert_eq!(
        text,
        "`club::member-1` has no version 2, its last is version 3"
    );
    let mut life = members.history(&1);
    let first = life.next().await?.expect("it begins");
    assert_eq!(first.metadata.version, 3);
    assert!(life.next().await?.is_none());

    member.rename("Ada King");
    assert_eq!(members.add(&mut member).await?.version(), 4);
    Ok(())
}

#[tokio::test]
async fn where_all_became_none_there_is_no_aggregate() -> anyhow::Result<()> {
    let members = members(&[GREETED]).await?;

    assert!(members.find(&1).await?.is_none());
    assert!(matches!(
        members.history(&1).next().await,
        Err(LoadError::NotFound { .. })
    ));
    // Its stream is not empty all the same.
    let conflict = members.add(&mut Member::join(1, "Alan")).await;
    assert!(matches!(conflict, Err(SaveError::Conflict(_))));
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_the_state_is_told_of_the_stored_event() -> anyhow::Result<()> {
    let twice = members(&[JOINED, SIGNED]).await?.get(&1).await.unwrap_err();
    let early = members(&[BOTH]).await?.get(&1).await.unwrap_err();
    let broken = members(&[JOINED, ("Club.Signed.v1", r#"{"name":"Ada"}"#)]).await?;
    let broken = broken.get(&1).await.unwrap_err();

    let problem = |error| match error {
        LoadError::Event { problem, .. } => problem,
        other => panic!("{other}"),
    };
    assert!(matches!(problem(twice), EventProblem::CreatesAgain { .. }));
    assert!(matches!(
        problem(early),
        EventProblem::CreatesNothing { .. }
    ));
    let text = "version 2 of `club::member-1` is a `Club.Signed.v1`: its payload does not decode: \
                missing field `address` at line 1 column 14";
    assert_eq!(broken.to_string(), text);
    Ok(())
}

#[tokio::test]
async fn the_past_has_no_version_between_two_that_one_became() -> anyhow::Result<()> {
    let clock = ManualClock::at("2024-01-01T00:00:00Z".parse()?);
    let domain = Domain::builder("club").clock(clock.source()).build()?;
    for event in [JOINED, BOTH, GREETED, NICKNAMED] {
        store(&domain, "club::member-1", &[event]).await?;
        clock.advance(TimeDelta::hours(1));
    }
    let members = domain.repository::<Member>();

    let names = ["Ada", "Ada King", "Ada King", "Countess"];
    for (version, name) in (1..).zip(names) {
        let at = members.get_at_version(&1, Version::new(version)).await?;
        assert_eq!((at.name.as_str(), at.version().get()), (name, version));
        let time = format!("2024-01-01T{:02}:30:00Z", version - 1).parse()?;
        let then = members.get_as_of(&1, time).await?;
        assert_eq!(*then, *at);
    }
    let none = members.get_as_of(&1, "2023-12-31T23:00:00Z".parse()?).await;
    assert!(matches!(none, Err(LoadError::NotYet { .. })));
    Ok(())
}

#[tokio::test]
async fn history_and_events_answer_one_entry_for_each_stored_event() -> anyhow::Result<()> {
    let members = members(&[SIGNED, GREETED, BOTH]).await?;
    let expected = [
        r#"[Joined { name: "Ada" }, AddressChanged { address: "1 High St" }]"#,
        "[]",
        r#"[NameChanged { name: "Ada King" }, AddressChanged { address: "12 St James's Sq, UK" }]"#,
    ];

    let mut life = members.history(&1);
    for (version, expected) in (1..).zip(expected) {
        let entry = life.next().await?.expect("it was stored");
        assert_eq!(format!("{:?}", entry.events), expected);
        assert_eq!(entry.metadata.version, version);
        assert_eq!(entry.state.version(), version);
        let at = members.get_at_version(&1, Version::new(version)).await?;
        assert_eq!(*entry.state, *at);
    }
    assert!(life.next().await?.is_none());

    let mut events = members.events().backwards();
    for (version, expected) in [3, 2, 1].into_iter().zip(expected.into_iter().rev()) {
        let decoded = events.next().await?.expect("it was stored");
        assert_eq!(format!("{:?}", decoded.events), expected);
        assert_eq!((decoded.id, decoded.metadata.version.get()), (1, version));
    }
    Ok(())
}

#[tokio::test]
async fn an_ordinary_event_became_itself() -> anyhow::Result<()> {
    let members = members(&[JOINED]).await?;

    let decoded = members.events().next().await?.expect("it was stored");

    assert_eq!(format!("{:?}", decoded.events), r#"Joined { name: "Ada" }"#);
    let one = decoded.events.clone().into_one();
    assert!(matches!(one, Some(MemberEvent::Joined(_))));
    assert_eq!(decoded.events.into_iter().count(), 1);
    Ok(())
}

#[tokio::test]
async fn updates_go_on_behind_what_is_stored() -> anyhow::Result<()> {
    for cached in [false, true] {
        let mut members = members(&[SIGNED, BOTH, GREETED]).await?;
        if cached {
            members = members.cached(10);
        }

        for version in 4..8 {
            let done = members.update(&1, |member| member.rename("A")).await?;
            assert_eq!(done.version(), version);
        }

        assert_eq!(members.get(&1).await?.changes, 3 + 4);
    }
    Ok(())
}

/// One aggregate at two times, between which the upcast was corrected.
mod deployments {
    macro_rules! deployment {
        ($name:ident, $factor:literal) => {
            pub mod $name {
                use es_core::prelude::*;

                #[event]
                pub struct Began;

                #[event(retired)]
                pub struct PaidEuros {
                    pub euros: u64,
                }

                #[event]
                pub struct Paid {
                    pub cents: u64,
                }

                #[aggregate(event_sourced, id = u64, snapshot_every = 1)]
                pub struct Account {
                    pub cents: u64,
                }

                #[aggregate]
                impl Account {
                    pub fn pay(&mut self, cents: u64) {
                        self.raise_(Paid { cents });
                    }

                    #[upcast]
                    fn in_cents(old: PaidEuros) -> Paid {
                        Paid {
                            cents: old.euros * $factor,
                        }
                    }

                    #[apply]
                    fn began(_: &Began) -> Self {
                        Self { cents: 0 }
                    }

                    #[apply]
                    fn paid(&mut self, event: &Paid) {
                        self.cents += event.cents;
                    }
                }
            }
        };
    }

    deployment!(first, 10);
    deployment!(second, 100);
}

#[tokio::test]
async fn a_snapshot_is_replayed_when_an_upcast_changed() -> anyhow::Result<()> {
    let log = MemoryStore::new();
    let domain = || Domain::builder("bank").event_store(log.clone()).build();
    let (began, paid) = (
        ("Bank.Began.v1", "{}"),
        ("Bank.PaidEuros.v1", r#"{"euros":5}"#),
    );
    store(&domain()?, "bank::account-1", &[began, paid]).await?;
    let accounts = domain()?.repository::<deployments::first::Account>();
    accounts.update(&1, |account| account.pay(1)).await?;
    assert_eq!(accounts.get(&1).await?.cents, 51);
    let stream = accounts.stream(&1)?;
    let snapshots = log.snapshots().expect("memory keeps them");
    let kept = snapshots.load(&stream).await?.expect("one was taken");
    assert_eq!(kept.version, 3);

    let corrected = domain()?.repository::<deployments::second::Account>();

    assert_eq!(corrected.get(&1).await?.cents, 501);
    corrected.update(&1, |account| account.pay(1)).await?;
    let kept = snapshots.load(&stream).await?.expect("one was taken");
    let expected = <deployments::second::Account as Aggregate>::FINGERPRINT;
    assert_eq!((kept.version.get(), kept.fingerprint), (4, expected));
    Ok(())
}
