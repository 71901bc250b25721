//! The README shows what is printed.

use es_tests::places::Kind;

use crate::es::{Es, words};

#[tokio::test]
async fn the_readme_shows_what_is_printed() {
    let readme = include_str!("../../../README.md");
    let (_, section) = readme.split_once("## The command line").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let (es, knowing) = (
        Es::bank(Kind::Sqlite).await,
        Es::bank(Kind::Sqlite).await.knowing(),
    );
    let blocks = section.split("```text\n$ ").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    let mut shown = 0;
    for (line, expected) in blocks.map(|block| block.split_once('\n').unwrap()) {
        let (program, arguments) = line.split_once(' ').unwrap();
        let runs = if program == "es" { &es } else { &knowing };

        let ran = runs
            .run(words(arguments).iter().map(String::as_str))
            .succeeded();

        assert_eq!(ran.out, expected, "{line}");
        shown += 1;
    }
    assert!(shown >= 6, "{shown}");
}
