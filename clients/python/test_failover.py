"""PostgreSQL is restarted, dies and hangs under load, its standby takes over: whatever was acknowledged is there, once."""

import itertools
import os
import threading
import time

import botocore.exceptions
import pytest

import replicated
from cenote import Cenote
from people import PASSWORD, Pool, attributes

LONG = os.environ.get("CENOTE_LONG") == "1"
FAIL_OVERS = 30 if LONG else 1
SIGN_UP_THREADS = 4
RESET_THREADS = 3
# What must be acknowledged before each disaster, and after it.
ACKNOWLEDGEMENTS = 60
CODE = "123456"


@pytest.fixture(scope="module")
def pair():
    with replicated.pair() as servers:
        yield servers


class Load:
    """Clients that write, and what they were told. Each request is sent once."""

    def __init__(self, server, pool):
        self.server, self.pool = server, pool
        self.changed = threading.Condition()
        self.times = []
        self.errors = 0
        self.sign_ups = {}
        self.passwords = {}
        self.revoked = []
        self.wrong = []
        self.stopping = False
        self.numbers = itertools.count()
        self.threads = []

    def start(self, people):
        api = self.server.client(max_pool_connections=SIGN_UP_THREADS + RESET_THREADS)
        works = [lambda: self.sign_up(api)] * SIGN_UP_THREADS
        works += [lambda person=person: self.reset(api, person) for person in people]
        self.threads = [threading.Thread(target=self.repeat, args=(work,), daemon=True) for work in works]
        for thread in self.threads:
            thread.start()

    def repeat(self, work):
        while not self.stopping:
            try:
                work()
            except botocore.exceptions.ClientError as error:
                # The database is away. Everything else would be an answer to a request that was carried out twice, or to one
                # that was acknowledged and lost.
                if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                    with self.changed:
                        self.errors += 1
                    time.sleep(0.02)
                else:
                    self.fail(error)
            except Exception as error:  # noqa: BLE001: handed to the test
                self.fail(error)

    def fail(self, error):
        with self.changed:
            self.wrong.append(repr(error))
            self.stopping = True
            self.changed.notify_all()

    def acknowledge(self, note):
        with self.changed:
            note()
            self.times.append(time.monotonic())
            self.changed.notify_all()

    def wait_for_more(self, number, seconds=90):
        with self.changed:
            target = len(self.times) + number
            done = self.changed.wait_for(lambda: self.wrong or len(self.times) >= target, seconds)
            assert not self.wrong, self.wrong
            assert done, f"{target - len(self.times)} acknowledgements are missing:\n{self.server.read_log()[-3000:]}"

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"
        assert not self.wrong, self.wrong

    def pause_after(self, moment):
        """The longest time without an acknowledgement that began or went on after a moment."""
        with self.changed:
            times = list(self.times)
        return max(later - earlier for earlier, later in itertools.pairwise(times) if later > moment)

    def sign_up(self, api):
        name = f"person{next(self.numbers)}"
        answer = api.sign_up(
            ClientId=self.pool.client_id,
            Username=name,
            Password=PASSWORD,
            UserAttributes=attributes(email=f"{name}@example.com"),
        )
        self.acknowledge(lambda: self.sign_ups.update({name: answer["UserSub"]}))

    def reset(self, api, person):
        """A code works once, so that an answer of success is to one change only."""
        # Codes of attempts that failed half-way count as well: a new one replaces them.
        api.forgot_password(ClientId=self.pool.client_id, Username=person)
        password = f"Another-one-{next(self.numbers)}"
        with self.changed:
            # Until it is answered, either may be right.
            self.passwords[person].append(password)
        api.confirm_forgot_password(
            ClientId=self.pool.client_id, Username=person, ConfirmationCode=CODE, Password=password
        )
        self.acknowledge(lambda: self.passwords.update({person: [password]}))
        tokens = self.sign_in(api, person, password)
        api.revoke_token(ClientId=self.pool.client_id, Token=tokens["RefreshToken"])
        self.acknowledge(lambda: self.revoked.append(tokens["RefreshToken"]))

    def sign_in(self, api, person, password):
        answer = api.initiate_auth(
            ClientId=self.pool.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": person, "PASSWORD": password},
        )
        return answer["AuthenticationResult"]

    def check(self):
        """Everything that was acknowledged is there."""
        api = self.server.client()
        found = {}
        for page in api.get_paginator("list_users").paginate(UserPoolId=self.pool.id):
            for user in page["Users"]:
                [sub] = [entry["Value"] for entry in user["Attributes"] if entry["Name"] == "sub"]
                found[user["Username"]] = sub
        lost = [name for name, sub in self.sign_ups.items() if found.get(name) != sub]
        assert not lost, f"{len(lost)} acknowledged sign-ups are lost, such as {lost[:5]}"
        for person, passwords in self.passwords.items():
            works = [password for password in passwords if self.signs_in(api, person, password)]
            # An attempt that failed changed the password or did not; one that was acknowledged did.
            assert len(works) == 1, f"of {person}, {len(works)} of {len(passwords)} passwords work"
        for token in self.revoked[-20:]:
            with pytest.raises(api.exceptions.NotAuthorizedException, match="revoked"):
                api.initiate_auth(
                    ClientId=self.pool.client_id,
                    AuthFlow="REFRESH_TOKEN_AUTH",
                    AuthParameters={"REFRESH_TOKEN": token},
                )

    def signs_in(self, api, person, password):
        try:
            self.sign_in(api, person, password)
            return True
        except api.exceptions.NotAuthorizedException as error:
            assert error.response["Error"]["Message"] == "Incorrect username or password."
            return False


def store_counters(server):
    lines = server.get("/_cenote/metrics").splitlines()
    return {
        name: next(int(line.split()[-1]) for line in lines if line.startswith(f"cenote_store_{name}"))
        for name in ("retries_total", "resolved_total", "failures_total")
    }


def test_nothing_acknowledged_is_lost_when_the_database_fails(pair, tmp_path, capsys):
    options = ["--fixed-code", CODE, "--log", "text", "--set", "log.level=warn"]
    for limit in ("recovery_requests_per_hour", "recovery_attempts_per_hour", "password_attempts"):
        options += ["--set", f"limits.{limit}=0"]
    options += ["--set", f"store.url={pair.url('?connect_timeout=1')}", "--set", "store.timeout_ms=3000"]
    with Cenote(tmp_path, *options) as server:
        pool = Pool(server)
        people = [f"reset{number}" for number in range(RESET_THREADS)]
        load = Load(server, pool)
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
            load.passwords[person] = [PASSWORD]
        load.start(people)
        lines = []

        def disaster(what, strike):
            load.wait_for_more(ACKNOWLEDGEMENTS)
            before, moment = load.errors, time.monotonic()
            strike()
            struck = time.monotonic() - moment
            load.wait_for_more(ACKNOWLEDGEMENTS)
            lines.append(
                f"{what}: nothing acknowledged for {load.pause_after(moment):.2f} s, of which the database was away for at "
                f"most {struck:.2f} s; {load.errors - before} requests failed"
            )

        def kill():
            pair.primary.kill()
            pair.promote()

        def freeze():
            pair.primary.freeze()
            pair.promote()

        disaster("restarted", lambda: pair.primary.control("restart", "-m", "fast"))
        disaster("restarted without a shutdown", lambda: pair.primary.control("restart", "-m", "immediate"))
        for _ in range(FAIL_OVERS):
            for what, strike in (("killed", kill), ("frozen", freeze)):
                disaster(f"{what}, and the standby promoted", strike)
                if what == "frozen":
                    pair.standby.kill()
                pair.attach()
        load.stop()
        load.check()
        with capsys.disabled():
            print("", *lines, sep="\n  ")
            print(f"  {len(load.times)} acknowledgements, {store_counters(server)}")
        assert server.stop() == 0
