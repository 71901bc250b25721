//! The rules of cargo shipping, in the language of tests.

use es_core::prelude::*;
use es_core::testing::*;
use es_examples::cargo_shipping::cargo::{
    BookCargo, Booked, Cargo, Handled, Misdirected, Progress, Refused, ReportHandling, Routed,
};
use es_examples::cargo_shipping::handling::Handling;
use es_examples::cargo_shipping::itinerary::Itinerary;
use es_examples::cargo_shipping::port::Port::{Hamburg, HongKong, Rotterdam, Stockholm, Tokyo};
use es_examples::cargo_shipping::routing::{NotRouted, route};
use es_examples::cargo_shipping::voyage::{
    Call, ScheduleVoyage, SpaceReleased, SpaceReserved, Voyage,
};

fn march(day: u32) -> DateTime<Utc> {
    format!("2026-03-{day:02}T12:00:00Z").parse().unwrap()
}

fn booked() -> Booked {
    Booked {
        origin: HongKong,
        destination: Stockholm,
        arrives_by: march(31),
        containers: 3,
    }
}

fn by_hamburg() -> Itinerary {
    Itinerary::of([("V100", HongKong, Hamburg), ("V200", Hamburg, Stockholm)])
}

fn routed() -> Routed {
    let itinerary = by_hamburg();
    Routed { itinerary }
}

fn handled(handling: Handling) -> Handled {
    Handled { handling }
}

fn report(handling: Handling) -> ReportHandling {
    let cargo = "TEA".to_owned();
    ReportHandling { cargo, handling }
}

fn reserved(containers: u32) -> SpaceReserved {
    let cargo = "TEA".to_owned();
    SpaceReserved { cargo, containers }
}

fn shipping() -> Domain {
    fixed_domain("shipping").build().unwrap()
}

/// Where the voyages of [`by_hamburg`] are in the schedule.
async fn scheduled(capacity: u32) -> anyhow::Result<Domain> {
    let shipping = shipping();
    let voyages = [
        ("V100", vec![(HongKong, 1), (Rotterdam, 20), (Hamburg, 22)]),
        ("V200", vec![(Hamburg, 23), (Stockholm, 25)]),
        ("V300", vec![(Rotterdam, 24), (Stockholm, 28)]),
        ("LATE", vec![(Hamburg, 30), (Stockholm, 31), (Tokyo, 31)]),
        ("SLOW", vec![(HongKong, 1), (Stockholm, 31)]),
    ];
    for (voyage, calls) in voyages {
        let at = |(port, day)| Call {
            port,
            at: march(day),
        };
        let calls = calls.into_iter().map(at).collect();
        let voyage = voyage.to_owned();
        shipping
            .process(ScheduleVoyage {
                voyage,
                calls,
                capacity,
            })
            .await?;
    }
    Ok(shipping)
}

#[test]
fn an_itinerary_leads_from_where_the_cargo_is_to_where_it_is_to_be() {
    given::<Cargo>(events![booked()])
        .when(|cargo| cargo.route(by_hamburg()))
        .then(events![routed()])
        .then_state(|cargo| cargo.progress() == Progress::OnTrack);

    given::<Cargo>(events![booked()])
        .when(|cargo| cargo.route(Itinerary::of([("V200", Hamburg, Stockholm)])))
        .then_rejected(|refused| matches!(refused, Refused::LeadsElsewhere { .. }));

    let with_a_gap =
        || Itinerary::of([("V100", HongKong, Rotterdam), ("V200", Hamburg, Stockholm)]);
    given::<Cargo>(events![booked()])
        .when(|cargo| cargo.route(with_a_gap()))
        .then_rejected(|refused| matches!(refused, Refused::LeadsElsewhere { .. }));
}

#[tokio::test]
async fn cargo_is_handled_as_its_itinerary_says() {
    scenario(&shipping())
        .given::<Cargo>("TEA", events![booked(), routed()])
        .when(report(Handling::receive(HongKong)))
        .await
        .then(events![handled(Handling::receive(HongKong))])
        .then_answer(Progress::OnTrack);
}

#[tokio::test]
async fn cargo_that_goes_astray_is_noticed() {
    let on_board = || {
        events![
            booked(),
            routed(),
            handled(Handling::receive(HongKong)),
            handled(Handling::load("V100", HongKong)),
        ]
    };

    scenario(&shipping())
        .given::<Cargo>("TEA", on_board())
        .when(report(Handling::unload("V100", Rotterdam)))
        .await
        .then(events![
            handled(Handling::unload("V100", Rotterdam)),
            Misdirected {
                expected: Handling::unload("V100", Hamburg),
                port: Rotterdam,
            },
        ])
        .then_answer(Progress::Misdirected);
}

#[tokio::test]
async fn cargo_without_an_itinerary_is_not_handled() {
    scenario(&shipping())
        .given::<Cargo>("TEA", events![booked()])
        .when(report(Handling::receive(HongKong)))
        .await
        .then_rejected(|refused| *refused == Refused::NotRouted);
}

#[tokio::test]
async fn claimed_cargo_is_handled_no_more() {
    let direct = Itinerary::of([("SLOW", HongKong, Stockholm)]);
    scenario(&shipping())
        .given::<Cargo>("TEA", events![booked(), Routed { itinerary: direct }])
        .given::<Cargo>("TEA", events![handled(Handling::claim(Stockholm))])
        .when(report(Handling::load("V300", Stockholm)))
        .await
        .then_rejected(|refused| *refused == Refused::Claimed);
}

#[tokio::test]
async fn cargo_fills_a_container() {
    scenario(&shipping())
        .when(BookCargo {
            cargo: "AIR".to_owned(),
            origin: HongKong,
            destination: Stockholm,
            arrives_by: march(31),
            containers: 0,
        })
        .await
        .then_violated("is_of_something");
}

#[tokio::test]
async fn routing_reserves_space_on_each_voyage() -> anyhow::Result<()> {
    let tea = "TEA".to_owned();
    scenario(&scheduled(10).await?)
        .given::<Cargo>("TEA", events![booked()])
        .when_doing(async |shipping| route(shipping, &tea, by_hamburg()).await)
        .await
        .then_done()
        .then_events::<Cargo>("TEA", events![routed()])
        .await
        .then_events::<Voyage>("V100", events![reserved(3)])
        .await
        .then_events::<Voyage>("V200", events![reserved(3)])
        .await;
    Ok(())
}

#[tokio::test]
async fn another_way_frees_the_space_on_the_one_before() -> anyhow::Result<()> {
    let tea = "TEA".to_owned();
    let shipping = scheduled(10).await?;
    scenario(&shipping)
        .given::<Cargo>("TEA", events![booked()])
        .when_doing(async |shipping| route(shipping, &tea, by_hamburg()).await)
        .await
        .then_done();

    let direct = Itinerary::of([("SLOW", HongKong, Stockholm)]);
    scenario(&shipping)
        .when_doing(async |shipping| route(shipping, &tea, direct).await)
        .await
        .then_events::<Voyage>("V100", events![SpaceReleased { cargo: tea.clone() }])
        .await
        .then_state("V200", |voyage: &Voyage| voyage.containers() == 0)
        .await
        .then_state("SLOW", |voyage: &Voyage| voyage.containers() == 3)
        .await;
    Ok(())
}

/// Two containers fit, and a tenth more would be less than one.
#[tokio::test]
async fn a_voyage_that_is_booked_out_holds_back_all_of_a_routing() -> anyhow::Result<()> {
    let tea = "TEA".to_owned();
    scenario(&scheduled(2).await?)
        .given::<Cargo>("TEA", events![booked()])
        .when_doing(async |shipping| route(shipping, &tea, by_hamburg()).await)
        .await
        .then_failed(|error| matches!(error, NotRouted::NotSaved(SaveError::Violated(_))))
        .then_events::<Cargo>("TEA", events![])
        .await
        .then_events::<Voyage>("V200", events![])
        .await;
    Ok(())
}

#[tokio::test]
async fn cargo_is_not_sent_where_no_ship_sails_or_too_late() -> anyhow::Result<()> {
    let tea = "TEA".to_owned();
    let hurried = Booked {
        arrives_by: march(30),
        ..booked()
    };
    let shipping = scheduled(10).await?;
    let nowhere = Itinerary::of([("V300", HongKong, Stockholm)]);
    scenario(&shipping)
        .given::<Cargo>("TEA", events![hurried])
        .when_doing(async |shipping| route(shipping, &tea, nowhere).await)
        .await
        .then_failed(|error| matches!(error, NotRouted::NoSuchPassage(_)));

    let late = Itinerary::of([("SLOW", HongKong, Stockholm)]);
    scenario(&shipping)
        .when_doing(async |shipping| route(shipping, &tea, late).await)
        .await
        .then_failed(|error| matches!(error, NotRouted::TooLate { .. }));
    Ok(())
}

#[test]
fn a_tenth_more_is_booked_than_a_ship_carries() {
    let tea = "TEA".to_owned();
    let reserve =
        |voyage: &mut Voyage, containers| voyage.reserve(&tea, containers, HongKong, Hamburg);
    let voyage = || {
        let calls = [(HongKong, 1), (Hamburg, 22)].map(|(port, day)| Call {
            port,
            at: march(day),
        });
        Voyage::new("V100", calls.to_vec(), 10)
    };

    given_state(voyage())
        .when(|voyage| reserve(voyage, 11))
        .then(events![reserved(11)])
        .then_answer(march(22));
    given_state(voyage())
        .when(|voyage| reserve(voyage, 12))
        .then_violated("not_booked_beyond_its_limit");
}

/// Before there were containers in it, cargo was of one.
#[test]
fn cargo_that_was_booked_long_ago_is_of_one_container() -> anyhow::Result<()> {
    let stored = br#"{
        "origin": "HongKong", "destination": "Stockholm", "arrives_by": "2026-03-31T12:00:00Z"
    }"#;

    let old = Booked::decode(1, stored)?;

    given::<Cargo>(events![old])
        .when(|_| ())
        .then_nothing()
        .then_state(|cargo| cargo.containers() == 1);
    Ok(())
}
