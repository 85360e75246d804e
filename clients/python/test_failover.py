"""PostgreSQL is restarted, dies and hangs under load, its standby takes over: whatever was acknowledged is there, once.

After each disaster it is looked for what was acknowledged last before it, and until the database was back. Every person
does everything once, so nothing that came later hides what is lost.
"""

import collections
import itertools
import os
import threading
import time

import botocore.exceptions
import pytest

import replicated
from cenote import Cenote, wait_for
from people import NEW_PASSWORD, PASSWORD, Pool, attributes

LONG = os.environ.get("CENOTE_LONG") == "1"
FAIL_OVERS = 30 if LONG else 1
SIGN_UP_THREADS = 4
VISITOR_THREADS = 3
# How many of each kind must be acknowledged before a disaster, and after the one before.
FRESH = 10
# How many of each kind, the last before a disaster, are looked for.
LAST = 20
KINDS = ("sign-up", "invitation", "session", "reset", "code", "token")
CODE = "123456"
TEMPORARY = "Temporary-one-1"
# A restart is short if it takes half of `store.failover_wait_ms` at most: the other half is for whoever finds the way back.
SHORT_SECONDS = 2.5
# So often a restart is tried that is to be short.
RESTARTS = 5
# After a disaster somebody is answered within these, on a machine that is slow.
BACK_SECONDS = 20


@pytest.fixture(scope="module")
def pair():
    with replicated.pair() as servers:
        yield servers


def email(person):
    return f"{person}@example.com"


class Load:
    """Clients that write, and what they were told. Each request is sent once."""

    def __init__(self, server, pool):
        self.server, self.pool = server, pool
        self.changed = threading.Condition()
        # When each request that was acknowledged began and ended.
        self.times = []
        # When it was acknowledged, and what, by kind.
        self.acknowledged = collections.defaultdict(list)
        # What may have been done or not.
        self.uncertain = collections.defaultdict(list)
        self.errors = 0
        self.wrong = []
        self.stopping = False
        self.numbers = itertools.count()
        self.threads = []

    def start(self):
        api = self.server.client(max_pool_connections=SIGN_UP_THREADS + VISITOR_THREADS)
        works = [lambda: self.sign_up(api)] * SIGN_UP_THREADS + [lambda: self.visit(api)] * VISITOR_THREADS
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
                if is_internal(error):
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

    def write(self, kind, item, call):
        """Makes a request, and notes what it is about and what became of it."""
        began = time.monotonic()
        try:
            answer = call()
        except botocore.exceptions.ClientError as error:
            if is_internal(error):
                with self.changed:
                    self.uncertain[kind].append(item)
            raise
        with self.changed:
            ended = time.monotonic()
            self.times.append((began, ended))
            self.acknowledged[kind].append((ended, item))
            self.changed.notify_all()
        return answer

    def wait_for(self, goes_on, seconds):
        with self.changed:
            done = self.changed.wait_for(lambda: self.wrong or goes_on(), seconds)
            assert not self.wrong, self.wrong
            assert done, f"nobody is answered:\n{self.server.read_log()[-3000:]}"

    def wait_for_answer(self, seconds):
        before = len(self.times)
        self.wait_for(lambda: len(self.times) > before, seconds)

    def wait_for_all_kinds(self, seconds=120):
        before = {kind: len(self.acknowledged[kind]) for kind in KINDS}
        self.wait_for(lambda: all(len(self.acknowledged[kind]) >= before[kind] + FRESH for kind in KINDS), seconds)

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"
        assert not self.wrong, self.wrong

    def pause_after(self, moment):
        """The longest time without an acknowledgement that began or went on after a moment."""
        with self.changed:
            times = sorted(ended for _, ended in self.times)
        return max(later - earlier for earlier, later in itertools.pairwise(times) if later > moment)

    def held(self, struck, back):
        """How many requests waited for the database, and were answered. It was back before this was told."""
        with self.changed:
            times = list(self.times)
        return sum(began < back and ended > struck and ended - began > (back - struck) / 4 for began, ended in times)

    def last(self, kind, struck, back):
        """What was acknowledged last before a disaster, and until the database was back."""
        with self.changed:
            before = [item for ended, item in self.acknowledged[kind] if ended <= struck]
            meanwhile = [item for ended, item in self.acknowledged[kind] if struck < ended <= back]
        return before[-LAST:] + meanwhile

    def take_uncertain(self, kind):
        with self.changed:
            return self.uncertain.pop(kind, [])

    # What people do.

    def sign_up(self, api):
        name = f"person{next(self.numbers)}"
        self.write("sign-up", name, lambda: api.sign_up(
            ClientId=self.pool.client_id, Username=name, Password=PASSWORD, UserAttributes=attributes(email=email(name))
        ))

    def visit(self, api):
        """An invited user takes a password, forgets it, takes another, enters and leaves."""
        person, client_id = f"visitor{next(self.numbers)}", self.pool.client_id
        self.write("invitation", person, lambda: api.admin_create_user(
            UserPoolId=self.pool.id, Username=person, MessageAction="SUPPRESS", TemporaryPassword=TEMPORARY,
            UserAttributes=attributes(email=email(person), email_verified="true"),
        ))
        session = self.sign_in(api, person, TEMPORARY)["Session"]
        self.write("session", (person, session), lambda: self.take_password(api, person, session))
        self.write("reset", person, lambda: api.forgot_password(ClientId=client_id, Username=person))
        self.write("code", person, lambda: self.redeem(api, person, NEW_PASSWORD))
        token = self.sign_in(api, person, NEW_PASSWORD)["AuthenticationResult"]["RefreshToken"]
        self.write("token", token, lambda: api.revoke_token(ClientId=client_id, Token=token))

    def sign_in(self, api, person, password):
        return api.initiate_auth(
            ClientId=self.pool.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": person, "PASSWORD": password},
        )

    def take_password(self, api, person, session):
        return api.respond_to_auth_challenge(
            ClientId=self.pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=session,
            ChallengeResponses={"USERNAME": person, "NEW_PASSWORD": PASSWORD},
        )

    def redeem(self, api, person, password):
        return api.confirm_forgot_password(
            ClientId=self.pool.client_id, Username=person, ConfirmationCode=CODE, Password=password
        )

    # Whether it was done.

    def check(self, struck, back):
        """What was acknowledged last is there, and what was not was done wholly or not at all. How many were looked at."""
        api = self.server.client()
        count = 0
        for kind, is_there in (
            ("sign-up", self.has_signed_up), ("reset", self.has_one_message), ("session", self.is_used_up),
            ("code", self.has_new_password), ("token", self.is_revoked),
        ):
            items = self.last(kind, struck, back)
            for item in items:
                is_there(api, item)
            count += len(items)
        for name in self.take_uncertain("sign-up"):
            if self.exists(api, name):
                self.has_signed_up(api, name)
            else:
                assert not self.messages(name), f"{name} has a message and does not exist"
        for person in self.take_uncertain("code"):
            # If it is used, so was the password that came with it.
            if not refuses(api.exceptions.ExpiredCodeException, lambda: self.redeem(api, person, NEW_PASSWORD)):
                self.has_new_password(api, person)
        return count

    def exists(self, api, name):
        read = lambda: api.admin_get_user(UserPoolId=self.pool.id, Username=name)
        return not refuses(api.exceptions.UserNotFoundException, read)

    def messages(self, person):
        return self.server.messages(pool=self.pool.id, to=email(person))

    def has_one_message(self, _, person):
        wait_for(lambda: self.messages(person), lambda: f"{person} got no message")
        found = self.messages(person)
        assert len(found) == 1, f"{person} got {len(found)} messages"

    def has_signed_up(self, api, name):
        assert self.exists(api, name), f"an acknowledged sign-up is lost: {name}"
        self.has_one_message(api, name)

    def is_used_up(self, api, item):
        person, session = item
        again = lambda: self.take_password(api, person, session)
        assert refuses(api.exceptions.NotAuthorizedException, again), f"a session of {person} works again"

    def has_new_password(self, api, person):
        again = lambda: self.redeem(api, person, "Never-this-one-1")
        assert refuses(api.exceptions.ExpiredCodeException, again), f"the code of {person} works again"
        self.sign_in(api, person, NEW_PASSWORD)
        for former in (TEMPORARY, PASSWORD):
            enter = lambda former=former: self.sign_in(api, person, former)
            assert refuses(api.exceptions.NotAuthorizedException, enter), f"a former password of {person} works again"

    def is_revoked(self, api, token):
        with pytest.raises(api.exceptions.NotAuthorizedException, match="revoked"):
            api.initiate_auth(
                ClientId=self.pool.client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}
            )

    def check_sign_ups(self):
        """All that were ever acknowledged."""
        found = set()
        for page in self.server.client().get_paginator("list_users").paginate(UserPoolId=self.pool.id):
            found |= {user["Username"] for user in page["Users"]}
        for kind in ("sign-up", "invitation"):
            lost = [name for _, name in self.acknowledged[kind] if name not in found]
            assert not lost, f"{len(lost)} acknowledged users are lost, such as {lost[:5]}"


def is_internal(error):
    return error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


def refuses(expected, call):
    try:
        call()
    except expected:
        return True
    return False


def store_counters(server):
    lines = server.get("/_cenote/metrics").splitlines()
    return {
        name: next(int(line.split()[-1]) for line in lines if line.startswith(f"cenote_store_{name}"))
        for name in ("retries_total", "resolved_total", "failures_total")
    }


def test_nothing_acknowledged_is_lost_when_the_database_fails(pair, tmp_path, capsys):
    options = ["--fixed-code", CODE, "--log", "text", "--set", "log.level=warn"]
    options += ["--set", f"store.url={pair.url('?connect_timeout=1')}", "--set", "store.timeout_ms=3000"]
    with Cenote(tmp_path, *options) as server:
        load = Load(server, Pool(server, {"AuthSessionValidity": 15}))
        load.start()
        lines = []

        def disaster(what, strike):
            """How long the database was away, and how many requests failed."""
            load.wait_for_all_kinds()
            before, struck = load.errors, time.monotonic()
            strike()
            back = time.monotonic()
            load.wait_for_answer(BACK_SECONDS)
            away, failed = back - struck, load.errors - before
            checked = load.check(struck, back)
            lines.append(
                f"{what}: nothing acknowledged for {load.pause_after(struck):.2f} s, of which the database was away for at "
                f"most {away:.2f} s; {load.held(struck, back)} requests waited and were answered, {failed} failed; "
                f"{checked} acknowledged last are there"
            )
            return struck, back, failed

        def restart(how):
            """Whoever asks meanwhile notices nothing but the time."""
            for _ in range(RESTARTS):
                struck, back, failed = disaster(f"restarted ({how})", lambda: pair.primary.control("restart", "-m", how))
                if back - struck <= SHORT_SECONDS:
                    assert not failed, lines[-1]
                    assert load.held(struck, back), lines[-1]
                    return
            raise AssertionError(f"PostgreSQL does not restart in {SHORT_SECONDS} s here, so nothing can be told:\n{lines}")

        def kill():
            pair.primary.kill()
            pair.promote()

        def freeze():
            pair.primary.freeze()
            pair.promote()

        restart("fast")
        restart("immediate")
        for _ in range(FAIL_OVERS):
            for what, strike in (("killed", kill), ("frozen", freeze)):
                disaster(f"{what}, and the standby promoted", strike)
                if what == "frozen":
                    pair.standby.kill()
                pair.attach()
        load.stop()
        load.check_sign_ups()
        with capsys.disabled():
            print("", *lines, sep="\n  ")
            print(f"  {len(load.times)} acknowledgements, {store_counters(server)}")
        assert server.stop() == 0
