//! Cargo shipping: cargo is booked and routed, a voyage is booked out, a box goes astray and comes
//! home.
//!
//! ```sh
//! cargo run --example cargo-shipping
//! ```

use es_core::prelude::*;
use es_examples::cargo_shipping::cargo::{BookCargo, Cargo, CargoEvent, Progress, ReportHandling};
use es_examples::cargo_shipping::handling::Handling;
use es_examples::cargo_shipping::itinerary::Itinerary;
use es_examples::cargo_shipping::port::Port::{self, Hamburg, HongKong, Rotterdam, Stockholm};
use es_examples::cargo_shipping::routing::route;
use es_examples::cargo_shipping::voyage::{Call, ScheduleVoyage, Voyage};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let shipping = Domain::builder("shipping").build()?;
    schedule(&shipping).await?;
    book(&shipping).await?;
    overbook(&shipping).await?;
    travel(&shipping).await?;
    come_home(&shipping).await?;
    look_back(&shipping).await
}

async fn schedule(shipping: &Domain) -> anyhow::Result<()> {
    println!("The schedule");
    let by_rotterdam = [(HongKong, 1), (Rotterdam, 20), (Hamburg, 22)];
    schedule_one(shipping, "V100", 10, &by_rotterdam).await?;
    schedule_one(shipping, "V200", 30, &[(Hamburg, 23), (Stockholm, 25)]).await?;
    schedule_one(shipping, "V300", 30, &[(Rotterdam, 24), (Stockholm, 28)]).await
}

async fn schedule_one(
    shipping: &Domain,
    number: &str,
    capacity: u32,
    days: &[(Port, u32)],
) -> anyhow::Result<()> {
    let ports: Vec<_> = days.iter().map(|(port, _)| port.to_string()).collect();
    println!("  {number}: {}, {capacity} containers", ports.join(" - "));
    let calls = days.iter().map(|&(port, day)| Call {
        port,
        at: march(day),
    });
    let (voyage, calls) = (number.to_owned(), calls.collect());
    let schedule = ScheduleVoyage {
        voyage,
        calls,
        capacity,
    };
    shipping.process(schedule).await?;
    Ok(())
}

async fn book(shipping: &Domain) -> anyhow::Result<()> {
    println!("\nCargo is booked and routed");
    for (cargo, containers) in [("SILK", 8), ("TEA", 3)] {
        book_one(shipping, cargo, containers).await?;
        route(shipping, &cargo.to_owned(), by_hamburg()).await?;
        println!("  {cargo}: {containers} containers by V100 and V200");
    }
    let voyages = shipping.repository::<Voyage>();
    let voyage = voyages.get(&"V100".to_owned()).await?;
    println!(
        "  V100 has {} of at most {}",
        voyage.containers(),
        voyage.limit()
    );
    Ok(())
}

async fn overbook(shipping: &Domain) -> anyhow::Result<()> {
    println!("\nThe voyage is booked out");
    book_one(shipping, "TOYS", 1).await?;
    match route(shipping, &"TOYS".to_owned(), by_hamburg()).await {
        Err(refused) => println!("  TOYS: {refused}"),
        Ok(()) => anyhow::bail!("a voyage was booked beyond its limit"),
    }
    let booked = booked_on(shipping, "V200").await?;
    println!("  nothing was reserved on V200 either: {booked} containers");
    Ok(())
}

async fn travel(shipping: &Domain) -> anyhow::Result<()> {
    println!("\nTEA travels");
    report(shipping, Handling::receive(HongKong)).await?;
    report(shipping, Handling::load("V100", HongKong)).await?;
    report(shipping, Handling::unload("V100", Rotterdam)).await
}

async fn come_home(shipping: &Domain) -> anyhow::Result<()> {
    println!("\nIt is sent on by another way");
    let itinerary = Itinerary::of([("V300", Rotterdam, Stockholm)]);
    route(shipping, &"TEA".to_owned(), itinerary).await?;
    let booked = booked_on(shipping, "V200").await?;
    println!("  by V300; its space on V200 is free again: {booked} containers");
    report(shipping, Handling::load("V300", Rotterdam)).await?;
    report(shipping, Handling::unload("V300", Stockholm)).await?;
    report(shipping, Handling::claim(Stockholm)).await
}

async fn look_back(shipping: &Domain) -> anyhow::Result<()> {
    println!("\nIts story");
    let cargoes = shipping.repository::<Cargo>();
    let tea = "TEA".to_owned();
    let mut story = cargoes.history(&tea);
    while let Some(entry) = story.next().await? {
        for event in &entry.events {
            println!("  {:>2}  {}", entry.metadata.version, words(event));
        }
    }
    Ok(())
}

async fn book_one(shipping: &Domain, cargo: &str, containers: u32) -> anyhow::Result<()> {
    let book = BookCargo {
        cargo: cargo.to_owned(),
        origin: HongKong,
        destination: Stockholm,
        arrives_by: march(31),
        containers,
    };
    shipping.process(book).await?;
    Ok(())
}

async fn report(shipping: &Domain, handling: Handling) -> anyhow::Result<()> {
    let (cargo, told) = ("TEA".to_owned(), handling.to_string());
    let reported = shipping.process(ReportHandling { cargo, handling }).await?;
    match reported.value {
        Progress::Misdirected => println!("  {told}: misdirected"),
        _ => println!("  {told}"),
    }
    Ok(())
}

async fn booked_on(shipping: &Domain, voyage: &str) -> anyhow::Result<u32> {
    let voyages = shipping.repository::<Voyage>();
    Ok(voyages.get(&voyage.to_owned()).await?.containers())
}

fn by_hamburg() -> Itinerary {
    Itinerary::of([("V100", HongKong, Hamburg), ("V200", Hamburg, Stockholm)])
}

fn march(day: u32) -> DateTime<Utc> {
    let text = format!("2026-03-{day:02}T12:00:00Z");
    text.parse().expect("March has this day")
}

fn words(event: &CargoEvent) -> String {
    match event {
        CargoEvent::Booked(booked) => format!(
            "booked from {} to {}, {} containers",
            booked.origin, booked.destination, booked.containers
        ),
        CargoEvent::Routed(routed) => {
            let voyages = routed.itinerary.legs.iter().map(|leg| leg.voyage.as_str());
            format!("routed by {}", voyages.collect::<Vec<_>>().join(" and "))
        }
        CargoEvent::Handled(handled) => handled.handling.to_string(),
        CargoEvent::Misdirected(misdirected) => format!(
            "misdirected to {}: it was to be {}",
            misdirected.port, misdirected.expected
        ),
    }
}
