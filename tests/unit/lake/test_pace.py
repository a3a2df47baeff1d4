"""Publishing rests while objects arrive, as long as it has worked demands."""

from __future__ import annotations

import pytest

from orthanc_cohorts.errors import IndexBusy
from orthanc_cohorts.lake.pace import ARRIVING_SECONDS, RESTS, Pace
from orthanc_cohorts.lake.waiting import Stop


class Machine:
    """Time that passes when it is told to, and a count of what has arrived: ten more each second, or none."""

    def __init__(self, is_arriving: bool) -> None:
        self.now, self.rested, self.is_arriving = 1_000.0, 0.0, is_arriving

    def arrived(self) -> int:
        return int(10 * self.now) if self.is_arriving else 0

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.rested += seconds


def _pace(machine: Machine) -> Pace:
    return Pace(machine.arrived, lambda: machine.now, machine.sleep)


def test_it_rests_in_proportion_while_objects_arrive() -> None:
    machine = Machine(is_arriving=True)

    with _pace(machine).working(Stop()) as until:
        for _ in range(100):
            machine.now += 0.1
            until.check()

    assert machine.rested == pytest.approx(RESTS * 10, rel=0.01)


def test_it_does_not_rest_while_nothing_arrives() -> None:
    machine = Machine(is_arriving=False)

    with _pace(machine).working(Stop()) as until:
        machine.now += 60
        until.check()

    assert machine.rested == 0


def test_it_rests_no_longer_than_objects_arrive() -> None:
    machine = Machine(is_arriving=True)

    with _pace(machine).working(Stop()) as until:
        machine.now += 60
        until.check()
        machine.is_arriving = False
        before = machine.rested
        machine.now += 60
        until.check()

    assert machine.rested - before <= ARRIVING_SECONDS + 0.1


def test_short_work_is_added_up_and_rested_for_by_the_next() -> None:
    machine = Machine(is_arriving=True)
    pace = _pace(machine)

    for _ in range(50):
        with pace.working(Stop()) as until:
            until.check()
            machine.now += 0.2

    assert machine.rested == pytest.approx(RESTS * 0.2 * 49, rel=0.01)


def test_time_between_two_works_is_rest() -> None:
    machine = Machine(is_arriving=True)
    pace = _pace(machine)
    with pace.working(Stop()):
        machine.now += 1

    machine.now += RESTS + 1
    with pace.working(Stop()) as until:
        until.check()

    assert machine.rested == 0


def test_it_is_given_up_while_it_rests() -> None:
    machine, stop = Machine(is_arriving=True), Stop()

    def sleep(seconds: float) -> None:
        machine.sleep(seconds)
        if machine.rested > 1:
            stop.set()

    pace = Pace(machine.arrived, lambda: machine.now, sleep)
    with pace.working(stop) as until, pytest.raises(IndexBusy):
        machine.now += 60
        until.check()

    assert machine.rested < 2
