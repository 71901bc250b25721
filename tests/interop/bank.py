"""A bank as a program of Protean keeps it, in the Message DB that ES_INTEROP_URI names.

`python bank.py` does what the lines of its input say, each in a context of its own, so that nothing
is remembered from one line to the next, and answers each with a line of JSON:

    open ACCOUNT OWNER CORRELATION        {}
    deposit ACCOUNT CENTS CORRELATION     {}
    load ACCOUNT                          {"owner", "cents", "version"}; the first version is 0
    history ACCOUNT                       [{"type", "data", "correlation_id", "causation_id"}, ...]
    verify                                what Protean finds wrong with the store

`{"error": ...}` says what went wrong. Protean's own commands read the domain from this file too:
`protean events read STREAM --domain=bank.py`.
"""

import json
import logging
import os
import sys

from protean import Domain, apply, handle
from protean.fields import Identifier, Integer, String

CONFIG = {
    "event_store": {
        "provider": "message_db",
        "database_uri": os.environ["ES_INTEROP_URI"],
    },
    "command_processing": "sync",
    "snapshot_threshold": 5,
}
domain = Domain(name="bank", config=CONFIG)


@domain.event(part_of="BankAccount")
class Opened:
    account_id = Identifier(required=True)
    owner = String(required=True)


@domain.event(part_of="BankAccount")
class Deposited:
    account_id = Identifier(required=True)
    cents = Integer(required=True)


@domain.command(part_of="BankAccount")
class Open:
    account_id = Identifier(required=True)
    owner = String(required=True)


@domain.command(part_of="BankAccount")
class Deposit:
    account_id = Identifier(required=True)
    cents = Integer(required=True)


@domain.aggregate(event_sourced=True)
class BankAccount:
    account_id = Identifier(identifier=True)
    owner = String()
    cents = Integer(default=0)

    @classmethod
    def open(cls, account_id, owner):
        account = cls._create_new(account_id=account_id)
        account.raise_(Opened(account_id=account_id, owner=owner))
        return account

    def deposit(self, cents):
        self.raise_(Deposited(account_id=self.account_id, cents=cents))

    @apply
    def opened(self, event: Opened):
        self.account_id = event.account_id
        self.owner = event.owner
        self.cents = 0

    @apply
    def deposited(self, event: Deposited):
        self.cents += event.cents


@domain.command_handler(part_of=BankAccount)
class Clerk:
    @handle(Open)
    def open(self, command: Open):
        account = BankAccount.open(command.account_id, command.owner)
        domain.repository_for(BankAccount).add(account)

    @handle(Deposit)
    def deposit(self, command: Deposit):
        accounts = domain.repository_for(BankAccount)
        account = accounts.get(command.account_id)
        account.deposit(command.cents)
        accounts.add(account)


def answer(verb, account=None, *rest):
    if verb == "open":
        owner, correlation = rest
        command = Open(account_id=account, owner=owner)
        domain.process(command, correlation_id=correlation)
        return {}
    if verb == "deposit":
        cents, correlation = rest
        command = Deposit(account_id=account, cents=int(cents))
        domain.process(command, correlation_id=correlation)
        return {}
    if verb == "load":
        loaded = domain.repository_for(BankAccount).get(account)
        return {
            "owner": loaded.owner,
            "cents": loaded.cents,
            "version": loaded._version,
        }
    store = domain.event_store.store
    if verb == "history":
        return [told(message) for message in store.read(f"bank::bank_account-{account}")]
    if verb == "verify":
        return store.verify().as_dict()
    raise ValueError(f"there is no `{verb}`")


def told(message):
    # What can not be made an event of the domain is an error here.
    event = message.to_domain_object()
    return {
        "type": message.metadata.headers.type,
        "data": event.payload,
        "correlation_id": message.metadata.domain.correlation_id,
        "causation_id": message.metadata.domain.causation_id,
    }


def main():
    # Each handled command is told, and each snapshot of others that it passes over.
    logging.disable(logging.WARNING)
    domain.init(traverse=False)
    for line in sys.stdin:
        try:
            with domain.domain_context():
                answered = answer(*line.split())
        except Exception as error:
            answered = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answered, default=str), flush=True)


if __name__ == "__main__":
    main()
