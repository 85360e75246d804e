"""The statistics find what they must, and nothing else."""

import math
import random

from statistics_of_time import Comparison, median, normal_quantile


def rounds(draw, count, extra=0.0, number=4):
    """Like those of answers: a floor that each round has for itself, a tail, and now and then a very late one."""
    floors = (100_000 * (1 + number % 3) for number in range(number))
    return [[time(draw, floor, extra) for _ in range(count)] for floor in floors]


def time(draw, floor, extra):
    late = (draw.random() < 0.01) * draw.uniform(0, 50_000_000)
    return round(floor + extra + draw.expovariate(1 / 80_000) + late)


def test_no_difference_is_found_where_there_is_none():
    """Of 400 intervals of 90 % some 40 must miss it: with 65 or more, or 18 or fewer, there is a mistake."""
    draw = random.Random(1)
    missed = 0
    for _ in range(400):
        low, high = Comparison(rounds(draw, 20), rounds(draw, 50, extra=7_000)).interval(0.05)
        missed += not low < 7_000 < high
    assert 18 < missed < 65, missed


def test_far_tails_are_not_heavier_than_they_should_be():
    draw = random.Random(2)
    far = normal_quantile(0.001)
    beyond = sum(abs(Comparison(rounds(draw, 20), rounds(draw, 50)).z(0)) > far for _ in range(2000))
    # Four are expected; more than sixteen have a chance of one in a million.
    assert beyond <= 16, beyond


def test_a_small_delay_is_found_and_measured():
    draw = random.Random(3)
    compared = Comparison(rounds(draw, 200), rounds(draw, 400, extra=30_000))
    low, high = compared.interval(1e-6)
    assert 5_000 < low < 30_000 < high < 60_000
    assert 20_000 < compared.shift() < 40_000


def test_what_changes_from_round_to_round_is_no_difference():
    draw = random.Random(4)
    early, late = rounds(draw, 300, number=2), rounds(draw, 30, extra=1_000_000, number=2)
    seen = early + late
    other = [[time(draw, min(one), 0) for _ in range(size)] for one, size in zip(seen, (30, 30, 300, 300), strict=True)]
    assert abs(Comparison(seen, other).z(0)) < 5
    everything = lambda all_rounds: [sum(all_rounds, [])]  # noqa: E731
    assert abs(Comparison(everything(seen), everything(other)).z(0)) > 5


def test_a_chosen_order_is_given_away():
    """Of three and three the greatest sum of ranks has a chance of one in twenty."""
    assert 1.9 < Comparison([[1, 2, 3]], [[4, 5, 6]]).z(0) < 2.0
    assert Comparison([[1, 2, 3]], [[4, 5, 6]]).z(3) == 0
    assert Comparison([[1, 1, 1]], [[1, 1, 1]]).z(0) == 0


def test_few_times_tell_nothing():
    few = Comparison([[1, 2, 3]], [[4, 5, 6]])
    assert few.interval(1e-6) == (-math.inf, math.inf) and few.uncertainty(1e-6) == math.inf


def test_more_rounds_tell_more_and_noise_tells_less():
    draw = random.Random(5)

    def uncertainty(number, noise):
        compared = [[[one + draw.uniform(0, noise) for one in each] for each in rounds(draw, 60, number=number)] for _ in range(2)]
        return Comparison(*compared).uncertainty(1e-6)

    quiet = uncertainty(4, 0)
    assert 0.05 < quiet < 0.5 and uncertainty(4, 2_000_000) > 2 * quiet
    # Four times as many halve it.
    assert 0.35 < uncertainty(16, 0) / quiet < 0.7


def test_medians_and_quantiles():
    assert median([3, 1, 2]) == 2 and median([4, 1, 2, 3]) == 2.5
    assert abs(normal_quantile(0.025) - 1.959964) < 1e-5 and abs(normal_quantile(1e-7) - 5.199338) < 1e-5
