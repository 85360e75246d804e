"""The statistics find what they must, and nothing else."""

import random

from statistics_of_time import median, p_value, shift


def times(draw, count, extra=0.0):
    """Like those of answers: a floor, a tail, and now and then a very late one."""
    return [1000 + extra + draw.expovariate(1 / 80) + (draw.random() < 0.01) * draw.uniform(0, 50_000) for _ in range(count)]


def test_equal_times_are_rarely_told_apart():
    draw = random.Random(1)
    alarms = sum(p_value(times(draw, 400), times(draw, 400)) < 0.01 for _ in range(300))
    assert alarms <= 12


def test_a_small_delay_is_found_and_measured():
    draw = random.Random(2)
    first, second = times(draw, 800), times(draw, 800, extra=30)
    assert p_value(first, second) < 1e-6
    assert 20 < shift(first, second) < 40


def test_ties_and_small_sets():
    assert p_value([1, 1, 1], [1, 1, 1]) == 1.0
    assert median([3, 1, 2]) == 2 and median([4, 1, 2, 3]) == 2.5
    # The exact probability is 0.1.
    assert 0.05 < p_value([1, 2, 3], [4, 5, 6]) < 0.12
    assert shift([1, 2], [11, 12]) == 10
