"""Draws of the demo: the same for everybody, forever."""

from orthanc_cohorts.convert.demo.chance import Chance


def test_a_draw_is_the_same_in_every_run_and_on_every_machine():
    chance = Chance("patient", 7)

    drawn = (
        chance.between("age", 50, 99),
        chance.pick("sex", "FM"),
        round(chance.normal("x", 0, 1, -9, 9), 12),
    )

    assert drawn == DRAWN


def test_a_draw_does_not_depend_on_the_draws_before_it():
    fresh, used = Chance("patient", 7), Chance("patient", 7)
    used.unit("another")

    assert fresh.unit("age") == used.unit("age")


def test_draws_fill_their_range_and_stay_in_it():
    drawn = {Chance("p", number).between("die", 1, 6) for number in range(200)}

    assert drawn == {1, 2, 3, 4, 5, 6}


def test_a_bell_shaped_draw_is_cut_to_its_limits():
    drawn = [Chance("p", number).normal("x", 0, 10, -5, 5) for number in range(200)]

    assert min(drawn) == -5
    assert max(drawn) == 5


DRAWN = (93, "M", 2.329330444336)
