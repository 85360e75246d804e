"""By how much two sets of times differ, with the certainty that the order of the calls gives: it was drawn by lot.

Calls are made in rounds, each in random order. If the times of one kind are those of the other and a constant more, then, with the
constant taken away, every order was as likely as the one that was drawn, whatever else the machine did meanwhile. So the
sum of the ranks of one kind has a known mean and variance, in each round and in all together (van Elteren's form of the test of
Mann and Whitney), without any assumption on how times are spread. The constants that this test does not refuse are a
confidence interval; the one that it likes best is the estimate (Hodges and Lehmann's).
"""

import bisect
import math

# How exactly, and how far, the ends of an interval are looked for, in nanoseconds.
PRECISION = 50
FARTHEST = 10**12


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def normal_quantile(tail):
    """How many standard deviations are exceeded with the chance `tail`."""
    low, high = 0.0, 40.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if math.erfc(middle / math.sqrt(2)) / 2 > tail else (low, middle)
    return high


class Comparison:
    """Of the times of two kinds, `first` and `second`: a list of rounds each."""

    def __init__(self, first, second):
        rounds = [(sorted(a), sorted(b)) for a, b in zip(first, second, strict=True) if a and b]
        self.rounds = [(a, b, 1 / (len(a) + len(b) + 1)) for a, b in rounds]

    def median_of_first(self):
        return median([time for first, _, _ in self.rounds for time in first])

    def count_of_second(self):
        return sum(len(second) for _, second, _ in self.rounds)

    def z(self, constant):
        """How many standard deviations the second are later than the first and a constant. Equal times are rare; they would make
        it a little more."""
        excess = variance = 0.0
        for first, second, weight in self.rounds:
            n, m = len(first), len(second)
            moved = [time - constant for time in second]
            wins = sum(bisect.bisect_left(first, time) + bisect.bisect_right(first, time) for time in moved) / 2
            excess += weight * (wins - n * m / 2)
            variance += weight**2 * n * m * (n + m + 1) / 12
        return excess / math.sqrt(variance) if variance else 0.0

    def shift(self):
        """By how much the second are later."""
        return self._where(0.0)

    def interval(self, tail):
        """Where that is, but for a chance of `tail` on either side."""
        far = normal_quantile(tail)
        return self._where(far), self._where(-far)

    def uncertainty(self, tail):
        """Half the width of the interval, as a part of what one of the first takes that nothing delays: as long as the fastest tenth."""
        low, high = self.interval(tail)
        ordered = sorted(time for first, _, _ in self.rounds for time in first)
        return (high - low) / 2 / ordered[len(ordered) // 10]

    def _where(self, wanted):
        """The constant for which `z` is what is wanted: it falls when the constant grows. Too few times tell nothing: then it is
        infinite."""
        reach = 1000
        while not self.z(-reach) > wanted > self.z(reach):
            reach *= 4
            if reach > FARTHEST:
                return math.inf if wanted < 0 else -math.inf
        low, high = -reach, reach
        while high - low > PRECISION:
            middle = (low + high) / 2
            low, high = (middle, high) if self.z(middle) > wanted else (low, middle)
        return (low + high) / 2
