"""Where a client hides its users, nobody can tell by the answer or by its time who exists.

Thousands of calls about users in every state and about names that nobody has, in random order, over one connection. The
answers must be the same, headers included. Of the times of each kind of user, and of all together, the shift against those of
names that nobody has is told as a confidence interval (`statistics_of_time`), so wide that one run in ten thousand has one that
misses. The test fails where an interval is beyond what is allowed. So it never fails by chance as long as the differences
there are, if any, are allowed ones. A noisy machine makes intervals wider, and then it sees less: so there are more rounds until those of
all users together are narrow enough, up to a limit. If they are not even then, the test says so aloud; and it fails if a
difference could hide there that is no detail any more. How wide an interval is does not depend on who is slower, so going on for
that makes no false alarm likelier. Two kinds of names that nobody has are compared as well: what is found of them is wrong
with the test.

CENOTE_LONG=1 makes more calls, allows less, sees smaller differences, and does it on PostgreSQL too.
"""

import os
import random

import pytest

from cenote import Cenote
from hidden_users import CONTROL, NOBODY, Site
from named_calls import CALLS
from statistics_of_time import Comparison
from wire import seen

LONG = os.environ.get("CENOTE_LONG") == "1"
ENGINES = ["sqlite", "postgres"] if LONG else ["sqlite"]
# Users of each kind, and how often each is asked about before the clock goes on and the attempts are forgotten.
USERS = 60 if LONG else 15
TIMES = 4
ROUNDS = 12 if LONG else 3
# As many at the most, where the machine is noisy.
MOST_ROUNDS = 4 * ROUNDS
# The greatest difference that is allowed, as a part of the time of a call about nobody.
ALLOWED = 0.01 if LONG else 0.05
# How exactly the shift of all users together is to be known, of first calls and of later ones: half of its interval, as a part of
# the time of a call about nobody that nothing delays. There are fewer first calls. Beyond the second of each pair nothing is known.
EXACT = {True: (4 * ALLOWED, 0.8), False: (2 * ALLOWED, 0.4)}
# The chance of a false alarm in a run, shared by both ends of all its intervals.
FALSE_ALARM = 0.0001
# All kinds of users together, compared with both kinds of names that nobody has.
ANYBODY = "anybody"


def pairs_of(kinds):
    """What is compared."""
    pairs = {kind: ((NOBODY, CONTROL), (kind,)) for kind in kinds}
    return pairs | {ANYBODY: ((NOBODY, CONTROL), kinds), CONTROL: ((NOBODY,), (CONTROL,))}


TAIL = FALSE_ALARM / (2 * 2 * len(ENGINES) * sum(len(pairs_of(world.kinds)) for world, _, _ in CALLS))


class Times:
    """Of one call, by round, by kind of name and by what it is offered, the first call about a name apart from the others."""

    def __init__(self):
        self.rounds = []
        self.answers = {}

    def start_round(self):
        self.rounds.append({})

    def add(self, name, first, answer, took):
        self.rounds[-1].setdefault((first, name.kind, name.offered), []).append(took)
        self.answers.setdefault((name.offered, seen(answer)), set()).add(name.kind)

    def of(self, first, kinds):
        """The times of these kinds, of each round and of names that are offered the same."""
        offers = {offered for _, _, offered in self.rounds[0]}
        return [
            sum((one.get((first, kind, offered), []) for kind in kinds), []) for one in self.rounds for offered in offers
        ]


def is_exact(times, kinds):
    """Whether the shift of all users together is known well enough."""
    base = (NOBODY, CONTROL)
    return all(
        Comparison(times.of(first, base), times.of(first, kinds)).uncertainty(TAIL) <= wanted
        for first, (wanted, _) in EXACT.items()
    )


class Verdict:
    """What the times of a call say: a line for each kind."""

    def __init__(self, times, kinds):
        self.lines, self.differences = [], []
        # Of all users together: less than is wanted, and nothing at all.
        self.vague, self.unknown = [], []
        self.lines.append(f"{'calls':<6} {'kind':<17} {'n':>6} {'nobody':>9} {'z':>6} {'shift':>10}   interval")
        for first in (True, False):
            for kind, (base, own) in pairs_of(kinds).items():
                compared = Comparison(times.of(first, base), times.of(first, own))
                low, high = compared.interval(TAIL)
                nobody = compared.median_of_first()
                line = (
                    f"{'first' if first else 'later':<6} {kind:<17} {compared.count_of_second():>6} {nobody / 1000:>6.0f} µs "
                    f"{compared.z(0):>+6.1f} {compared.shift() / 1000:>+7.1f} µs   {low / 1000:+.1f} to {high / 1000:+.1f} µs"
                )
                self.lines.append(line)
                if low > ALLOWED * nobody or high < -ALLOWED * nobody:
                    self.differences.append(line)
                wanted, most = EXACT[first]
                uncertainty = compared.uncertainty(TAIL) if kind == ANYBODY else 0
                if uncertainty > wanted:
                    self.vague.append(line)
                if uncertainty > most:
                    self.unknown.append(line)

    def __str__(self):
        return "\n".join(self.lines)


@pytest.fixture(scope="module", params=ENGINES)
def site(request, tmp_path_factory):
    options = ["--clock"]
    if request.param == "postgres":
        options += ["--set", f"store.url={request.getfixturevalue('postgres').database()}"]
    with Cenote(tmp_path_factory.mktemp("timing"), *options) as server:
        yield Site(server, USERS)
        assert server.stop() == 0, server.read_log()


@pytest.mark.parametrize("kind, call, challenge", CALLS, ids=lambda value: getattr(value, "__name__", None))
def test_nobody_can_tell_who_exists(site, kind, call, challenge):
    world, times = site.world(kind), Times()
    asked_about = {name.kind for name in world.names(challenge)}
    kinds = tuple(kind for kind in world.kinds if kind in asked_about)
    while len(times.rounds) < ROUNDS or (len(times.rounds) < MOST_ROUNDS and not is_exact(times, kinds)):
        site.forget()
        measure(world, call, challenge, times)
    verdict = Verdict(times, kinds)
    print(f"\n{kind.__name__}, {call.__name__}, {len(times.rounds)} rounds\n{verdict}")
    if verdict.vague:
        print("LITTLE CAN BE TOLD HERE, the machine is too noisy:", *verdict.vague, sep="\n")
    for offered in {offered for offered, _ in times.answers}:
        asked = {name.kind for name in world.names(challenge) if name.offered == offered}
        told = {answer: kinds for (to, answer), kinds in times.answers.items() if to == offered}
        assert all(whose == asked for whose in told.values()), told
    assert not verdict.differences, f"more than {ALLOWED:.0%}:\n{verdict}"
    assert not verdict.unknown, f"nothing can be told on a machine that is so noisy:\n{verdict}"


def measure(world, call, challenge, times):
    """One round: everybody a few times, in random order. What has to come before the calls comes before all of them."""
    times.start_round()
    calls = [name for name in world.names(challenge) for _ in range(TIMES)]
    random.shuffle(calls)
    requests = [call(world, name.typed) for name in calls]
    known = set()
    for name, request in zip(calls, requests, strict=True):
        answer, took = world.wire.send(request)
        times.add(name, name.typed not in known, answer, took)
        known.add(name.typed)
