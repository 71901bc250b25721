//! Processing a command: load or create, decide, commit, and decide again after a conflict.

use std::fmt::{self, Debug};
use std::future::IntoFuture;
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::answers::{self, Answer, Known, Slot};
use super::{Command, Handle, ProcessError};
use crate::aggregate::{Aggregate, AggregateState};
use crate::codec;
use crate::domain::{CommandRecords, Domain};
use crate::error::SaveError;
use crate::record::{Context, NewEvents};
use crate::repository::{Around, Committed, One, Repository, save_one, stream_of, version_after};
use crate::store::{Append, AppendError, BoxFuture, Expected, StreamAppend};
use crate::stream::{InvalidName, StreamName};

type AnswerOf<C> = <<C as Command>::Aggregate as Handle<C>>::Answer;
type RejectionOf<C> = <<C as Command>::Aggregate as Handle<C>>::Rejection;
type Outcome<C> = Result<Committed<AnswerOf<C>>, ProcessError<RejectionOf<C>>>;

impl Domain {
    /// Has the command's aggregate decide on it, once it is awaited.
    ///
    /// It is loaded by its target, its `#[handle]` decides, and what it raised is committed together
    /// with a record of the command, in the stream `{domain}::{category}:command-{id}`: its events
    /// have the record's id as their causation, and its correlation, which begins with the command
    /// where the [`Context`] says none. After a conflict it decides again, as
    /// [`Repository::update`] does. A handler that creates answers the id of what it created.
    ///
    /// ```
    /// use es_core::prelude::*;
    ///
    /// #[event] struct Opened { owner: String }
    /// #[event] struct Withdrawn { cents: u64 }
    ///
    /// #[command(aggregate = Account)]
    /// struct Open { #[target] account: Uuid, owner: String }
    ///
    /// #[command(aggregate = Account)]
    /// struct Withdraw { #[target] account: Uuid, cents: u64 }
    ///
    /// #[aggregate(event_sourced)]
    /// struct Account { cents: u64 }
    ///
    /// #[aggregate]
    /// impl Account {
    ///     #[handle]
    ///     fn open(command: Open) -> Self {
    ///         Self::raise_new_as(command.account, Opened { owner: command.owner })
    ///     }
    ///
    ///     #[handle]
    ///     fn withdraw(&mut self, command: &Withdraw) -> Result<u64, &'static str> {
    ///         if command.cents > self.cents {
    ///             return Err("the account is overdrawn");
    ///         }
    ///         self.raise_(Withdrawn { cents: command.cents });
    ///         Ok(self.cents)
    ///     }
    ///
    ///     #[apply] fn opened(_: &Opened) -> Self { Self { cents: 500 } }
    ///     #[apply] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let domain = Domain::builder("bank").build()?;
    /// let account = Uuid::now_v7();
    /// domain.process(Open { account, owner: "Ada".to_owned() }).await?;
    ///
    /// let done = domain.process(Withdraw { account, cents: 200 }).idempotency_key("7f3a").await?;
    /// assert_eq!((done.value, done.version()), (300, Version::new(2)));
    ///
    /// // The same request again: the first answer, and nothing is decided.
    /// let again = domain.process(Withdraw { account, cents: 200 }).idempotency_key("7f3a").await?;
    /// assert_eq!(again, done);
    ///
    /// let refused = domain.process(Withdraw { account, cents: 500 }).await.unwrap_err();
    /// assert_eq!(refused.into_rejection(), Some("the account is overdrawn"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ProcessError::Rejected`] with what the handler says no with; otherwise as
    /// [`Repository::update`]. Nothing is written.
    pub fn process<C: Command>(&self, command: C) -> Process<C>
    where
        C::Aggregate: Handle<C>,
    {
        Process {
            domain: self.clone(),
            command,
            deadline: None,
            key: None,
        }
    }
}

/// A command on its way: from [`Domain::process`], carried out when it is awaited.
#[must_use = "a command is carried out when it is awaited"]
pub struct Process<C: Command>
where
    C::Aggregate: Handle<C>,
{
    domain: Domain,
    command: C,
    deadline: Option<DateTime<Utc>>,
    key: Option<Key<AnswerOf<C>>>,
}

/// How answers to one key are kept and given again.
struct Key<T> {
    text: String,
    encode: fn(&T) -> serde_json::Result<Value>,
    decode: fn(Value) -> serde_json::Result<T>,
}

impl<C: Command> Process<C>
where
    C::Aggregate: Handle<C>,
{
    /// Decides once a key: where a command of this kind of aggregate was accepted under `key` before,
    /// its first answer is given again, without deciding. A rejection is not kept: the next request
    /// decides again.
    ///
    /// The answer is kept in the same transaction as the events, and counts for as long as
    /// [`DomainBuilder::idempotency_window`](crate::DomainBuilder::idempotency_window) says. A key
    /// that comes with another command, or the same with other contents, is refused by
    /// [`ProcessError::KeyReused`]. It is a text of 1 to 1,000 bytes without control characters, and
    /// counts among the commands of one kind of aggregate.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self
    where
        AnswerOf<C>: Serialize + DeserializeOwned,
    {
        self.key = Some(Key {
            text: key.into(),
            encode: |answer| serde_json::to_value(answer),
            decode: serde_json::from_value,
        });
        self
    }

    /// Refuses the command by [`ProcessError::Expired`] where the domain's clock shows `deadline` or
    /// later before it is decided, also where it is decided again after a conflict.
    pub fn deadline(mut self, deadline: DateTime<Utc>) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

impl<C: Command> IntoFuture for Process<C>
where
    C::Aggregate: Handle<C>,
    AnswerOf<C>: Send + 'static,
    RejectionOf<C>: Debug + Send + 'static,
{
    type Output = Outcome<C>;
    type IntoFuture = BoxFuture<'static, Outcome<C>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<C: Command> Debug for Process<C>
where
    C::Aggregate: Handle<C>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("command", &self.command)
            .field("deadline", &self.deadline)
            .field("idempotency_key", &self.key.as_ref().map(|key| &key.text))
            .finish_non_exhaustive()
    }
}

/// Why nothing was decided, or what was decided against.
#[derive(Debug)]
enum Refused<E> {
    Rejected(E),
    Expired(DateTime<Utc>),
    Encode(serde_json::Error),
}

impl<C: Command> Process<C>
where
    C::Aggregate: Handle<C>,
    RejectionOf<C>: Debug,
{
    async fn run(self) -> Outcome<C> {
        let record = Record::new(&self.domain, &self.command).map_err(encode::<C, _>)?;
        let outcome = match &self.key {
            None => self.decide(&record, None).await,
            Some(key) => self.decide_once(key, &record).await,
        };
        let rejection = match &outcome {
            Err(ProcessError::Rejected(rejection)) => format!("{rejection:?}"),
            _ => return outcome,
        };
        if self.domain.command_records() == CommandRecords::AlsoRejected {
            self.record_rejected(&record, rejection).await;
        }
        outcome
    }

    /// Decides unless the key was answered before.
    async fn decide_once(&self, key: &Key<AnswerOf<C>>, record: &Record) -> Outcome<C> {
        if let Some(problem) = answers::problem_of(&key.text) {
            let command = C::NAME;
            return Err(ProcessError::Key { command, problem });
        }
        let category = <C::Aggregate as AggregateState>::CATEGORY;
        let stream = answers::stream(&self.domain, category, &key.text);
        let stream = stream.map_err(crate::error::LoadError::from)?;
        // One after the other in this process; what others answered is found after they did.
        let _turn = self.domain.turns().wait(&stream).await;
        let request = serde_json::to_value(&self.command).map_err(encode::<C, _>)?;
        let mut slot = match self.look_up(key, &stream, record, &request).await? {
            ControlFlow::Break(answered) => return Ok(answered),
            ControlFlow::Continue(slot) => slot,
        };
        loop {
            let refused = match self.decide(record, Some((&slot, &request))).await {
                Err(ProcessError::Save(SaveError::OutcomeUnknown(unknown))) => {
                    return Err(SaveError::from(unknown).into());
                }
                Err(refused) => refused,
                committed => return committed,
            };
            // Whatever speaks against it may come of the very same command, carried out by somebody
            // else since the key was looked up.
            slot = match self.look_up(key, &stream, record, &request).await? {
                ControlFlow::Break(answered) => return Ok(answered),
                ControlFlow::Continue(slot) if is_conflict_of(&refused, &stream) => slot,
                ControlFlow::Continue(_) => return Err(refused),
            };
        }
    }

    /// The first answer to the key, or where to keep it.
    async fn look_up(
        &self,
        key: &Key<AnswerOf<C>>,
        stream: &StreamName,
        record: &Record,
        request: &Value,
    ) -> Result<ControlFlow<Committed<AnswerOf<C>>, Slot>, ProcessError<RejectionOf<C>>> {
        let known = answers::find(&self.domain, stream).await;
        match known.map_err(|error| error.of(stream))? {
            Known::Free(slot) => Ok(ControlFlow::Continue(slot)),
            Known::Answered(answer, _) if !answer.answers(&record.event_type, request) => {
                Err(ProcessError::KeyReused {
                    key: key.text.clone(),
                    command: C::NAME,
                })
            }
            Known::Answered(answer, position) => {
                let committed = answer.committed(position, key.decode);
                committed
                    .map(ControlFlow::Break)
                    .map_err(|problem| ProcessError::Answer {
                        stream: stream.clone(),
                        problem,
                    })
            }
        }
    }

    /// What goes wrong is logged: the rejection is what matters.
    async fn record_rejected(&self, record: &Record, rejection: String) {
        let repository = self.domain.repository::<C::Aggregate>();
        let target = self.command.target();
        let own = target.and_then(|target| repository.stream(&target).ok());
        if let Err(error) = record.append_rejected(&self.domain, own, rejection).await {
            let command = record.event_type.as_str();
            tracing::warn!(
                command,
                error = &error as &dyn std::error::Error,
                "a rejected command could not be recorded"
            );
        }
    }

    async fn decide(&self, record: &Record, slot: Option<(&Slot, &Value)>) -> Outcome<C> {
        let domain = record.domain(&self.domain);
        let repository = domain.repository::<C::Aggregate>();
        if <C::Aggregate as Handle<C>>::CREATES {
            self.create(&domain, &repository, record, slot).await
        } else {
            self.change(&domain, &repository, record, slot).await
        }
    }

    async fn change(
        &self,
        domain: &Domain,
        repository: &Repository<C::Aggregate>,
        record: &Record,
        slot: Option<(&Slot, &Value)>,
    ) -> Outcome<C> {
        let target = self.command.target();
        let target = target.expect("a handler that changes takes commands with a target");
        let updated = repository.update_with(
            &target,
            |aggregate| {
                self.check_deadline()?;
                let answer = <C::Aggregate as Handle<C>>::change(aggregate, self.command.clone());
                self.with_kept(answer.map_err(Refused::Rejected)?)
            },
            |aggregate, (_, kept)| self.around(domain, aggregate, record, slot, kept.as_ref()),
        );
        match updated.await {
            Ok(committed) => {
                let (version, position) = (committed.version(), committed.position());
                Ok(Committed::new(committed.value.0, version, position))
            }
            Err(crate::UpdateError::Rejected(refused)) => Err(self.refused(refused)),
            Err(crate::UpdateError::Load(error)) => Err(error.into()),
            Err(crate::UpdateError::Save(error)) => Err(error.into()),
        }
    }

    async fn create(
        &self,
        domain: &Domain,
        repository: &Repository<C::Aggregate>,
        record: &Record,
        slot: Option<(&Slot, &Value)>,
    ) -> Outcome<C> {
        self.check_deadline()
            .map_err(|refused| self.refused(refused))?;
        let created = <C::Aggregate as Handle<C>>::create(self.command.clone());
        let mut created = created.map_err(ProcessError::Rejected)?;
        let stream = stream_of(domain, &created)?;
        if let Some(target) = self.command.target()
            && target != *created.id()
        {
            return Err(ProcessError::OtherTarget {
                command: C::NAME,
                target: target.to_string(),
                created: created.id().to_string(),
            });
        }
        // Where it can not be a member of the domain, this tells.
        repository.stream(created.id())?;
        let answer = <C::Aggregate as Handle<C>>::created(&created);
        let (answer, kept) = self
            .with_kept(answer)
            .map_err(|refused| self.refused(refused))?;
        let around = self.around(domain, &created, record, slot, kept.as_ref())?;
        match save_one(domain, One::stays(&stream, &mut created), around).await {
            Ok(committed) => Ok(committed.with(answer)),
            Err(SaveError::Conflict(conflict)) if conflict.stream == stream => {
                Err(ProcessError::Exists {
                    command: C::NAME,
                    stream,
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    fn check_deadline(&self) -> Result<(), Refused<RejectionOf<C>>> {
        let now = self.domain.now();
        match self.deadline {
            Some(deadline) if now >= deadline => Err(Refused::Expired(now)),
            _ => Ok(()),
        }
    }

    /// The answer, and how it is kept where there is a key.
    #[expect(clippy::type_complexity, reason = "a pair, used twice")]
    fn with_kept(
        &self,
        answer: AnswerOf<C>,
    ) -> Result<(AnswerOf<C>, Option<Value>), Refused<RejectionOf<C>>> {
        let kept = self.key.as_ref().map(|key| (key.encode)(&answer));
        Ok((answer, kept.transpose().map_err(Refused::Encode)?))
    }

    fn refused(&self, refused: Refused<RejectionOf<C>>) -> ProcessError<RejectionOf<C>> {
        let command = C::NAME;
        match refused {
            Refused::Rejected(rejection) => ProcessError::Rejected(rejection),
            Refused::Expired(now) => ProcessError::Expired {
                command,
                deadline: self.deadline.unwrap_or(now),
                now,
            },
            Refused::Encode(problem) => ProcessError::Encode { command, problem },
        }
    }

    /// What is written with the events: the record of the command before them, the answer behind.
    fn around(
        &self,
        domain: &Domain,
        aggregate: &C::Aggregate,
        record: &Record,
        slot: Option<(&Slot, &Value)>,
        kept: Option<&Value>,
    ) -> Result<Around, SaveError> {
        let mut around = Around::default();
        // As late as that of the events, so that it does not go back in its stream.
        let now = domain.now();
        let time = aggregate.root().time.map_or(now, |before| before.max(now));
        if self.domain.command_records() != CommandRecords::Off {
            let own = stream_of(domain, aggregate)?;
            around
                .before
                .push(record.append_to(own.id(), time, &record.context)?);
        }
        if let (Some((slot, request)), Some(kept)) = (slot, kept) {
            let version = version_after(aggregate);
            let answer = Answer::new(&record.event_type, request.clone(), version, kept.clone());
            let append = answer.append(domain, time, slot);
            let append = append.map_err(|problem| SaveError::EncodeState {
                stream: slot.stream.clone(),
                problem,
            });
            around.behind.push(append?);
        }
        Ok(around)
    }
}

/// Whether somebody else was faster with this stream.
fn is_conflict_of<E>(error: &ProcessError<E>, stream: &StreamName) -> bool {
    matches!(error, ProcessError::Save(SaveError::Conflict(conflict)) if conflict.stream == *stream)
}

fn encode<C: Command, E>(problem: serde_json::Error) -> ProcessError<E> {
    ProcessError::Encode {
        command: C::NAME,
        problem,
    }
}

/// A command as it is recorded.
struct Record {
    id: Uuid,
    event_type: String,
    data: Vec<u8>,
    /// Under which the command came, with a correlation.
    context: Context,
    /// The category of the aggregate that decides, with the domain.
    category: String,
}

impl Record {
    fn new<C: Command>(domain: &Domain, command: &C) -> serde_json::Result<Self> {
        let id = domain.new_event_id();
        let mut event_type = String::new();
        codec::write_named_type(domain.name(), C::NAME, C::VERSION, &mut event_type);
        let mut data = serde_json::to_vec(command)?;
        if data == b"null" {
            // Of a unit struct, so that fields can be added.
            data = b"{}".to_vec();
        }
        let mut context = Context::decode(domain.context());
        context.correlation_id.get_or_insert_with(|| id.to_string());
        let category = <C::Aggregate as AggregateState>::CATEGORY;
        Ok(Self {
            id,
            event_type,
            data,
            context,
            category: format!("{}::{category}", domain.name()),
        })
    }

    /// The domain under whose context the command's events are raised.
    fn domain(&self, domain: &Domain) -> Domain {
        match domain.command_records() {
            // Nobody would find what caused them.
            CommandRecords::Off => domain.with_context(self.context.clone()),
            CommandRecords::Accepted | CommandRecords::AlsoRejected => {
                domain.with_context(self.context.clone().causation_id(self.id))
            }
        }
    }

    /// What writes it to the stream of the commands to the aggregate of this id.
    fn append_to(
        &self,
        id: impl fmt::Display,
        time: DateTime<Utc>,
        context: &Context,
    ) -> Result<StreamAppend, InvalidName> {
        let mut events = NewEvents::new();
        events.push(crate::record::NewEvent {
            id: self.id,
            time,
            event_type: &self.event_type,
            data: &self.data,
            metadata: &context.encode(),
        });
        Ok(StreamAppend {
            stream: StreamName::new(format!("{}:command-{id}", self.category))?,
            expected: Expected::Any,
            events,
        })
    }

    /// Records it with why it was rejected.
    async fn append_rejected(
        &self,
        domain: &Domain,
        own: Option<StreamName>,
        rejection: String,
    ) -> Result<(), SaveError> {
        let context = self.context.clone().header("rejected", rejection);
        let part = match own {
            Some(own) => self.append_to(own.id(), domain.now(), &context)?,
            None => self.append_to(self.id, domain.now(), &context)?,
        };
        let unit = Arc::new(Append::to(part.stream, part.expected, part.events));
        match domain.store().append(Arc::clone(&unit)).await {
            Ok(_) => Ok(()),
            Err(AppendError::Conflict(conflict)) => Err(conflict.into()),
            Err(AppendError::Store(error)) => Err(error.into()),
            Err(AppendError::OutcomeUnknown(cause)) => {
                Err(crate::OutcomeUnknown::new(domain.store_shared(), &unit, cause).into())
            }
        }
    }
}
