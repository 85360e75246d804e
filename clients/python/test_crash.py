"""The process is killed while many clients write: whatever was acknowledged is there after a restart."""

import itertools
import random
import threading

import botocore.exceptions
import pytest

from cenote import Cenote, wait_for
from people import PASSWORD, Pool, as_dict, attributes

KILLS = 6
SIGN_UP_THREADS = 8
RESET_THREADS = 4
# A kill comes after this many acknowledgements, drawn for each round.
ACKNOWLEDGEMENTS = (5, 150)
CODE = "123456"


class Ledger:
    """What clients were told, so what the server must still know."""

    def __init__(self):
        self.lock = threading.Condition()
        self.count = 0
        self.sign_ups = {}
        # For each user the password that was acknowledged last, and one whose answer never came.
        self.passwords = {}
        self.attempted = {}
        self.revoked = []

    def acknowledge(self, note):
        with self.lock:
            note()
            self.count += 1
            self.lock.notify_all()

    def wait_for_more(self, number, seconds=60):
        with self.lock:
            target = self.count + number
            assert self.lock.wait_for(lambda: self.count >= target, seconds), "the clients make no progress"


def until_killed(work):
    """Works until the connection breaks. Any other error is a failure, and is raised by `join`."""

    class Worker(threading.Thread):
        error = None

        def run(self):
            try:
                while True:
                    work()
            except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError):
                pass
            except Exception as error:  # noqa: BLE001: handed to the test
                self.error = error

        def join(self, timeout=None):
            super().join(timeout)
            assert not self.is_alive(), "a client hangs although the server is dead"
            if self.error:
                raise self.error

    worker = Worker(daemon=True)
    worker.start()
    return worker


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_nothing_acknowledged_is_lost_when_the_process_is_killed(engine, tmp_path, request):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    options = ["--fixed-code", CODE, "--log", "text", "--set", "log.level=warn"]
    for limit in ("recovery_requests_per_hour", "recovery_attempts_per_hour"):
        options += ["--set", f"limits.{limit}=0"]
    if engine == "postgres":
        options += ["--set", f"store.url={request.getfixturevalue('postgres').database()}"]

    with Cenote(tmp_path, *options) as server:
        pool = Pool(server)
        ledger = Ledger()
        people = [f"reset{number}" for number in range(RESET_THREADS)]
        for person in people:
            pool.api.admin_create_user(
                UserPoolId=pool.id,
                Username=person,
                MessageAction="SUPPRESS",
                UserAttributes=attributes(email=f"{person}@example.com", email_verified="true"),
            )
            pool.api.admin_set_user_password(
                UserPoolId=pool.id, Username=person, Password=PASSWORD, Permanent=True
            )
            ledger.passwords[person] = PASSWORD
        numbers = itertools.count()

        for _ in range(KILLS):
            # The port is another one after each start.
            pool.api = server.client(max_pool_connections=SIGN_UP_THREADS + RESET_THREADS)
            workers = [until_killed(lambda: sign_up(pool, ledger, numbers)) for _ in range(SIGN_UP_THREADS)]
            workers += [until_killed(lambda p=person: reset(pool, ledger, p, numbers)) for person in people]
            ledger.wait_for_more(chance.randint(*ACKNOWLEDGEMENTS))
            server.kill()
            for worker in workers:
                worker.join(30)
            server.start()
            pool.api = server.client()
            check(server, pool, ledger)
        assert server.stop() == 0
        print(f"{len(ledger.sign_ups)} sign-ups, {ledger.count} acknowledgements in all")


def sign_up(pool, ledger, numbers):
    name = f"crash{next(numbers)}"
    answer = pool.sign_up(name)
    ledger.acknowledge(lambda: ledger.sign_ups.update({name: answer["UserSub"]}))


def reset(pool, ledger, person, numbers):
    tokens = pool.sign_in(person, ledger.passwords[person])
    pool.api.revoke_token(ClientId=pool.client_id, Token=tokens["RefreshToken"])
    ledger.acknowledge(lambda: ledger.revoked.append(tokens["RefreshToken"]))
    pool.api.forgot_password(ClientId=pool.client_id, Username=person)
    password = f"Another-one-{next(numbers)}"
    ledger.attempted[person] = password
    pool.api.confirm_forgot_password(
        ClientId=pool.client_id, Username=person, ConfirmationCode=CODE, Password=password
    )
    ledger.acknowledge(lambda: ledger.passwords.update({person: password}))


def check(server, pool, ledger):
    users = {}
    for page in pool.api.get_paginator("list_users").paginate(UserPoolId=pool.id):
        users |= {user["Username"]: as_dict(user["Attributes"]) for user in page["Users"]}
    for name, sub in ledger.sign_ups.items():
        assert name in users, f"the acknowledged sign-up of {name} is lost"
        assert users[name]["sub"] == sub and users[name]["email"] == f"{name}@example.com"

    # A user and the message with the code were written together: each user there is gets a message.
    newest = sorted((name for name in users if name.startswith("crash")), key=lambda name: int(name[5:]))[-100:]
    for name in newest:
        assert server.message("SignUp", pool=pool.id, user=name)["code"] == CODE

    for person, password in ledger.passwords.items():
        attempted = ledger.attempted.get(person, password)
        works = [candidate for candidate in {password, attempted} if signs_in(pool, person, candidate)]
        assert len(works) == 1, f"of {person}, {len(works)} passwords work"
        ledger.passwords[person] = works[0]

    for token in ledger.revoked[-50:]:
        with pytest.raises(pool.api.exceptions.NotAuthorizedException, match="revoked"):
            pool.api.initiate_auth(
                ClientId=pool.client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}
            )
    wait_for(lambda: '"status":"ready"' in server.get("/_cenote/ready"), lambda: "not ready")


def signs_in(pool, person, password):
    try:
        pool.sign_in(person, password)
        return True
    except pool.api.exceptions.NotAuthorizedException as error:
        assert error.response["Error"]["Message"] == "Incorrect username or password."
        return False
