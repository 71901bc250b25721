//! Wake-ups: at once within the process, and between processes by `LISTEN` and `NOTIFY`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use es_core::store::StoreError;
use es_core::stream::Position;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_postgres::AsyncMessage;

use super::{Link, Settled, Trouble};

/// Other processes are rung up at most this often: one notification tells of all appends before it.
const RING_EVERY: Duration = Duration::from_millis(10);
/// A rollback rings no bell: how often to look whether it has given positions free.
const LOOK_EVERY_HELD: Duration = Duration::from_millis(10);
/// How long to wait before a connection is made anew, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Tells whoever waits that there may be new events.
///
/// `NOTIFY` takes a lock of the whole server until its transaction has ended, so it never stands in
/// the transaction of an append: it goes over a connection of its own, which is made when somebody
/// first appends or waits. It can fail or be late without harm; waiting readers look by themselves
/// now and then.
#[derive(Debug)]
pub(crate) struct Bell {
    shared: Arc<Shared>,
    link: Arc<Link>,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    channel: String,
    rung: watch::Sender<u64>,
    /// There is something to do on the connection.
    work: Notify,
    ring: AtomicBool,
    listen: AtomicBool,
}

impl Bell {
    /// Rings over `channel`, the name of a PostgreSQL channel.
    pub(crate) fn new(link: Arc<Link>, channel: String) -> Self {
        Self {
            shared: Arc::new(Shared {
                channel,
                rung: watch::Sender::new(0),
                work: Notify::new(),
                ring: AtomicBool::new(false),
                listen: AtomicBool::new(false),
            }),
            link,
            task: Mutex::default(),
        }
    }

    /// Events have been committed.
    pub(crate) fn ring(&self) {
        self.shared.wake();
        self.shared.ring.store(true, Ordering::Release);
        self.work();
    }

    /// Hears of every ring from now on, of other processes too.
    fn listen(&self) -> watch::Receiver<u64> {
        let rings = self.shared.rung.subscribe();
        if self.shared.listen.swap(true, Ordering::AcqRel) {
            self.keep_working();
        } else {
            self.work();
        }
        rings
    }

    /// What `head` answers once it is beyond `position`; it is asked when the bell rings, now and
    /// then, and often while somebody who is still writing holds positions back.
    pub(crate) async fn wait_beyond<H>(
        &self,
        position: Position,
        settled: &Settled,
        look_every: Duration,
        head: impl Fn() -> H,
    ) -> Result<Position, StoreError>
    where
        H: Future<Output = Result<Position, StoreError>>,
    {
        let mut rings = self.listen();
        loop {
            rings.mark_unchanged();
            let head = head().await?;
            if head > position {
                return Ok(head);
            }
            let look_after = match settled.holds_back() {
                true => LOOK_EVERY_HELD,
                false => look_every,
            };
            let _ = tokio::time::timeout(look_after, rings.changed()).await;
        }
    }

    fn work(&self) {
        self.shared.work.notify_one();
        self.keep_working();
    }

    /// The task ends with the runtime it was begun in.
    fn keep_working(&self) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            let (shared, link) = (Arc::clone(&self.shared), Arc::clone(&self.link));
            *task = Some(tokio::spawn(async move { shared.run(&link).await }));
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task {
            task.abort();
        }
    }
}

impl Shared {
    fn wake(&self) {
        self.rung.send_modify(|rings| *rings += 1);
    }

    async fn run(&self, link: &Link) {
        let mut pause = RETRY.0;
        loop {
            match self.serve(link, &mut pause).await {
                Ok(()) => tracing::debug!("the connection for wake-ups has ended"),
                Err(trouble) => tracing::debug!(?trouble, "no connection for wake-ups"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY.1);
            // Nobody has heard of what happened meanwhile.
            self.wake();
            self.work.notify_one();
        }
    }

    /// Until the connection ends.
    async fn serve(&self, link: &Link, pause: &mut Duration) -> Result<(), Trouble> {
        self.work.notified().await;
        let (client, mut connection) = link.connect().await?;
        let hear = async {
            loop {
                let message =
                    std::future::poll_fn(|context| connection.poll_message(context)).await;
                match message {
                    Some(Ok(AsyncMessage::Notification(_))) => self.wake(),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(Trouble::from(error)),
                    None => return Ok(()),
                }
            }
        };
        let speak = async {
            let notify = client.prepare("SELECT pg_notify($1, '')").await?;
            let mut listening = false;
            loop {
                if !listening && self.listen.load(Ordering::Acquire) {
                    let listen = format!("LISTEN {}", quoted(&self.channel));
                    client.batch_execute(&listen).await?;
                    listening = true;
                    *pause = RETRY.0;
                    // What was committed before is not told of.
                    self.wake();
                }
                if self.ring.swap(false, Ordering::AcqRel) {
                    let rung = client.execute(&notify, &[&self.channel]).await;
                    if let Err(error) = rung {
                        self.ring.store(true, Ordering::Release);
                        return Err(error.into());
                    }
                    *pause = RETRY.0;
                    tokio::time::sleep(RING_EVERY).await;
                    if self.ring.load(Ordering::Acquire) {
                        continue;
                    }
                }
                self.work.notified().await;
            }
        };
        tokio::select! {
            heard = hear => heard,
            spoken = speak => spoken,
        }
    }
}

/// A name as SQL has it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
