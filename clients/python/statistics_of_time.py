"""Whether two sets of times differ: robust, and with a say on how much."""

import math
import random

# Pairs that the shift is estimated from; more change it by less than a thousandth of the spread.
PAIRS = 40_000


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def shift(first, second, seed=0):
    """By how much the second is later: the median of the differences of all pairs (Hodges and Lehmann), from a sample of
    them. A few very late answers do not move it."""
    if len(first) * len(second) <= PAIRS:
        return median([b - a for a in first for b in second])
    draw = random.Random(seed)
    return median([draw.choice(second) - draw.choice(first) for _ in range(PAIRS)])


def p_value(first, second):
    """Mann and Whitney's test, two-sided, by the normal approximation with correction for ties: how likely ranks as different
    as these are when both sets come from one distribution."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    count, rank_sum, ties, at = len(ranked), 0.0, 0.0, 0
    while at < count:
        end = at
        while end < count and ranked[end][0] == ranked[at][0]:
            end += 1
        tied = end - at
        rank_sum += sum(group == 0 for _, group in ranked[at:end]) * (at + end + 1) / 2
        ties += tied**3 - tied
        at = end
    n, m = len(first), len(second)
    u = rank_sum - n * (n + 1) / 2
    variance = n * m / 12 * ((count + 1) - ties / (count * (count - 1)))
    if variance == 0:
        return 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))
