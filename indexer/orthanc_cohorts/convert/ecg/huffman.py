"""Numbers of SCP-ECG from bits: Huffman tables and differences (EN 1064 5.5, 5.8, C.2.7).

Knows bits and tables; nothing of sections.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from orthanc_cohorts.convert.ecg.recording import Samples


class Code(NamedTuple):
    """A line of a table.

    prefix: bits that tell the code. bits: of the whole code, the prefix among them; what is more than the
    prefix is the number itself, in two's complement. is_number: else the code switches to the table `value`.
    value: the number. base: the bits of the prefix, the first of them the lowest.
    """

    prefix: int
    bits: int
    is_number: bool
    value: int
    base: int


Table = tuple[Code, ...]


def _default() -> Table:
    """Return the table that a file names by 19999: 0, +n and -n for n to 8, numbers of 8 and of 16 bits."""
    lines = [Code(1, 1, True, 0, 0)]
    for n in range(1, 9):
        ones, length = 2**n - 1, n + 2
        lines += [
            Code(length, length, True, n, ones),
            Code(length, length, True, -n, ones | 1 << (length - 1)),
        ]
    return (*lines, Code(10, 18, True, 0, 511), Code(10, 26, True, 0, 1023))


DEFAULT = _default()


class BadBits(ValueError):
    """The bits end before the numbers do, or name no code."""


def decoded(data: bytes, count: int, tables: Sequence[Table]) -> list[int]:
    """Return so many numbers from bits, the highest of each byte first; the first table is in force at first.

    Raises BadBits.
    """
    known = [{(code.prefix, code.base): code for code in table} for table in tables]
    table = known[0]
    numbers: list[int] = []
    bits = iter(np.unpackbits(np.frombuffer(data, np.uint8)).tolist())
    try:
        while len(numbers) < count:
            code = _next(bits, table)
            if code.is_number:
                numbers.append(_number(bits, code))
            elif 1 <= code.value <= len(known):
                table = known[code.value - 1]
            else:
                raise BadBits(f"a code switches to table {code.value} of {len(known)}")
    except StopIteration:
        raise BadBits(f"the bits end after {len(numbers)} of {count} samples") from None
    return numbers


def undifferenced(numbers: Sequence[int], order: int) -> Samples:
    """Return the samples that first or second differences are of; order 0: they are samples.

    The first number, or the first two, are samples themselves.
    Raises BadBits: a sample takes more than 32 bits.
    """
    found = np.array(numbers, np.int64)
    for done in range(order):
        kept = order - done - 1
        # Second differences begin with two samples: their difference is the first first difference.
        if kept:
            found[1:2] -= found[0:1]
        found[kept:] = np.cumsum(found[kept:])
    if len(found) and (abs(found) >= 2**31).any():
        raise BadBits("the differences add up to more than 32 bits")
    return found.astype(np.int32)


def _next(bits: Iterator[int], table: dict[tuple[int, int], Code]) -> Code:
    base = 0
    for length in range(1, 33):
        base |= next(bits) << (length - 1)
        code = table.get((length, base))
        if code is not None:
            return code
    raise BadBits("32 bits are no code of the table")


def _number(bits: Iterator[int], code: Code) -> int:
    length = code.bits - code.prefix
    if length <= 0:
        return code.value
    number = 0
    for _ in range(length):
        number = number << 1 | next(bits)
    return number - (1 << length) if number >> (length - 1) else number
