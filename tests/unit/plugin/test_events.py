"""The queue: bounded, each id once, in order."""

from __future__ import annotations

import threading

from orthanc_cohorts_plugin.events import Events


def test_an_id_waits_once_however_often_it_is_named():
    events = Events(10)
    for name in ("a", "b", "a", "b"):
        events.put(name)

    taken = events.take(10, 0, 0)

    assert taken == ["a", "b"]


def test_an_id_named_again_while_it_is_in_hand_waits_again():
    events = Events(10)
    events.put("a")
    events.take(10, 0, 0)

    events.put("a")

    assert events.take(10, 0, 0) == ["a"]


def test_what_does_not_fit_is_counted():
    events = Events(2)

    for name in "abcd":
        events.put(name)

    assert (events.outstanding, events.dropped) == (2, 2)


def test_what_is_not_done_returns_to_the_front_in_its_order():
    events = Events(10)
    for name in "abcd":
        events.put(name)
    events.take(3, 0, 0)

    events.done(["b", "c"])

    assert events.take(10, 0, 0) == ["b", "c", "d"]


def test_what_is_not_done_and_was_named_again_meanwhile_waits_once():
    events = Events(10)
    events.put("a")
    events.take(1, 0, 0)
    events.put("a")

    events.done(["a"])

    assert events.take(10, 0, 0) == ["a"]


def test_ids_in_hand_are_outstanding_until_they_are_done():
    events = Events(10)
    events.put("a")
    events.take(1, 0, 0)

    in_hand = events.outstanding
    events.done([])

    assert (in_hand, events.outstanding) == (1, 0)


def test_a_full_batch_does_not_wait_for_its_delay():
    events = Events(10)
    taken: list[str] = []
    taker = threading.Thread(target=lambda: taken.extend(events.take(2, 60, 60)))
    taker.start()

    events.put("a")
    events.put("b")
    taker.join(5)

    assert taken == ["a", "b"]


def test_closing_wakes_who_waits_and_hands_out_nothing_more():
    events = Events(10)
    answers: list[list[str]] = []
    taker = threading.Thread(target=lambda: answers.append(events.take(2, 60, 60)))
    taker.start()

    events.close()
    taker.join(5)
    events.put("a")

    assert answers == [[]] and events.take(1, 0, 0) == []
