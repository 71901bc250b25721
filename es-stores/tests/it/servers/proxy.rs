//! A bad connection to a good server: it can be cut at the worst moments.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::Uri;

/// Stands between a store and its server, and understands of PostgreSQL's protocol
/// (<https://www.postgresql.org/docs/current/protocol-message-formats.html>) where messages end and
/// transactions are over.
pub(crate) struct Proxy {
    uri: Uri,
    shared: Arc<Shared>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    plan: Mutex<Option<Plan>>,
    cuts: AtomicUsize,
    refuses: AtomicBool,
    cut_all: Notify,
    stalled: watch::Sender<bool>,
    answered_bytes: AtomicUsize,
}

/// What happens to the first message that holds the mark.
#[derive(Clone)]
struct Plan {
    cut: Cut,
    mark: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Half of the message arrives.
    Inside,
    /// All of it arrives and is committed; nothing of the answer comes back.
    BehindCommit,
}

impl Proxy {
    /// A way to the server of `uri`.
    pub(crate) async fn to(uri: &Uri) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let shared = Arc::new(Shared::default());
        let server = uri.host().to_owned();
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&shared)));
        // What is encrypted can not be cut where it matters.
        let uri = uri.clone().at(format!("127.0.0.1:{port}"));
        Self {
            uri: uri.option("sslmode", "disable"),
            shared,
            accepting,
        }
    }

    /// The server by this way.
    pub(crate) fn uri(&self) -> Uri {
        self.uri.clone()
    }

    /// Cuts the connection in the middle of the next message that holds `mark`.
    pub(crate) fn cut_inside(&self, mark: &str) {
        self.plan(Cut::Inside, mark);
    }

    /// Cuts the connection when what the next message with `mark` began has been committed, and
    /// before the answer comes back.
    pub(crate) fn cut_behind_commit(&self, mark: &str) {
        self.plan(Cut::BehindCommit, mark);
    }

    /// How often it was cut as planned.
    pub(crate) fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// How much the server has answered.
    pub(crate) fn answered_bytes(&self) -> usize {
        self.shared.answered_bytes.load(Ordering::SeqCst)
    }

    /// Cuts all connections there are.
    pub(crate) fn cut_all(&self) {
        self.shared.cut_all.notify_waiters();
    }

    /// Whether new connections are closed at once.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.shared.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Whether nothing goes through any more, in either direction, though nothing is closed.
    pub(crate) fn stall(&self, stalls: bool) {
        self.shared.stalled.send_replace(stalls);
    }

    fn plan(&self, cut: Cut, mark: &str) {
        let mark = mark.as_bytes().to_vec();
        *self.shared.plan.lock().unwrap() = Some(Plan { cut, mark });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: String, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        if shared.refuses.load(Ordering::SeqCst) {
            continue;
        }
        let (server, shared) = (server.clone(), Arc::clone(&shared));
        connections.spawn(async move {
            let Ok(server) = TcpStream::connect(server).await else {
                return;
            };
            let connection = Arc::new(Connection::default());
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            // When one way ends, both are closed.
            tokio::select! {
                _ = questions(from_client, to_server, &shared, &connection) => {}
                _ = answers(from_server, to_client, &shared, &connection) => {}
                () = shared.cut_all.notified() => {}
            }
        });
    }
}

/// How far one connection has come.
#[derive(Default)]
struct Connection {
    /// How many messages were sent that the server answers by "ready".
    asked: AtomicUsize,
    /// Which of these answers, or the first behind it that ends a transaction, is not to arrive:
    /// counted from 1; 0 is none.
    withheld: AtomicUsize,
}

async fn questions(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    connection: &Connection,
) -> io::Result<()> {
    // The first message has no type.
    let mut message = Vec::new();
    read_message(&mut from, &mut message, 0).await?;
    to.write_all(&message).await?;
    loop {
        read_message(&mut from, &mut message, 1).await?;
        shared.flowing().await;
        if let Some((cut, at)) = shared.planned(&message) {
            match cut {
                Cut::Inside => {
                    to.write_all(&message[..at]).await?;
                    shared.cuts.fetch_add(1, Ordering::SeqCst);
                    return Ok(());
                }
                Cut::BehindCommit => {
                    let asked = connection.asked.load(Ordering::SeqCst);
                    connection.withheld.store(asked + 1, Ordering::SeqCst);
                }
            }
        }
        if matches!(message[0], b'Q' | b'S') {
            connection.asked.fetch_add(1, Ordering::SeqCst);
        }
        to.write_all(&message).await?;
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    connection: &Connection,
) -> io::Result<()> {
    let (mut message, mut kept) = (Vec::new(), Vec::new());
    // The first "ready" answers the start of the connection.
    let mut answering = 0;
    loop {
        read_message(&mut from, &mut message, 1).await?;
        shared
            .answered_bytes
            .fetch_add(message.len(), Ordering::SeqCst);
        shared.flowing().await;
        let withheld = connection.withheld.load(Ordering::SeqCst);
        let withholds = withheld > 0 && answering >= withheld;
        kept.extend_from_slice(&message);
        let ready = message[0] == b'Z';
        if ready && withholds && message[5] == b'I' {
            shared.cuts.fetch_add(1, Ordering::SeqCst);
            return Ok(());
        }
        if ready {
            answering += 1;
        }
        if ready || !withholds {
            to.write_all(&kept).await?;
            kept.clear();
        }
    }
}

/// Reads one message whole: a type of so many bytes, then a length that counts itself.
async fn read_message(
    from: &mut OwnedReadHalf,
    message: &mut Vec<u8>,
    type_bytes: usize,
) -> io::Result<()> {
    message.resize(type_bytes + 4, 0);
    from.read_exact(message).await?;
    let length = message[type_bytes..].try_into().expect("it is four bytes");
    let length = u32::from_be_bytes(length) as usize;
    message.resize(type_bytes + length, 0);
    from.read_exact(&mut message[type_bytes + 4..]).await?;
    Ok(())
}

impl Shared {
    async fn flowing(&self) {
        let mut stalled = self.stalled.subscribe();
        // The sender lives as long as this.
        let _ = stalled.wait_for(|stalled| !stalled).await;
    }

    /// What is to happen to this message, and where in it the mark stands; it happens once.
    fn planned(&self, message: &[u8]) -> Option<(Cut, usize)> {
        let mut planned = self.plan.lock().unwrap();
        let plan = planned.as_ref()?;
        let length = plan.mark.len();
        let at = message
            .windows(length)
            .position(|window| window == plan.mark)?;
        let cut = plan.cut;
        *planned = None;
        Some((cut, at))
    }
}
