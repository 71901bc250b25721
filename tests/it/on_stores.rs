//! One test of a case for every store.

/// Makes tests of cases that take a [`Place`](es_tests::places::Place), one for every store.
macro_rules! on_every_store {
    ($($case:ident)*) => {
        mod in_memory {
            $crate::on_stores::cases_in! { Memory; $($case)* }
        }
        mod in_sqlite {
            $crate::on_stores::cases_in! { Sqlite; $($case)* }
        }
        mod in_postgres {
            $crate::on_stores::cases_in! { Postgres; $($case)* }
        }
        mod in_message_db {
            $crate::on_stores::cases_in! { MessageDb; $($case)* }
        }
    };
}

macro_rules! cases_in {
    ($kind:ident; $($case:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $case() -> anyhow::Result<()> {
            let place = es_tests::places::Place::new(es_tests::places::Kind::$kind).await?;
            super::$case(&place).await
        }
    )*};
}

pub(crate) use {cases_in, on_every_store};
