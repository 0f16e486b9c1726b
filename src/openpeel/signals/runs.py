"""Runs of points in time: arrays of shape (series, time), all series at once."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


def joined(group: NDArray[np.intp], link: Bools | Literal[True] = True) -> Bools:
    """Whether each point goes on from the one before: same group, and `link` between the two."""
    on = np.zeros(group.shape, dtype=np.bool_)
    on[:, 1:] = (group[:, 1:] == group[:, :-1]) & link
    return on


def starts(on: Bools) -> NDArray[np.intp]:
    """The position at which each point's run starts."""
    position = np.arange(on.shape[1], dtype=np.intp)
    return np.maximum.accumulate(np.where(on, 0, position), axis=1)


def long_runs(on: Bools, points: int) -> Bools:
    """Whether each point belongs to a run of at least `points` joined points."""
    position = np.arange(on.shape[1], dtype=np.intp)
    last = np.ones(on.shape, dtype=np.bool_)
    last[:, :-1] = ~on[:, 1:]
    ends = np.where(last, position, on.shape[1])
    ends = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    return ends - starts(on) + 1 >= points


def triples(near: Bools, same_side: Bools) -> Bools:
    """Whether each point lies in three joined points of which at least two are near a limit."""
    triple = same_side[:, 1:-1] & same_side[:, 2:]
    triple &= near[:, :-2].astype(np.int8) + near[:, 1:-1] + near[:, 2:] >= 2
    member = np.zeros(near.shape, dtype=np.bool_)
    for offset in range(3):
        member[:, offset : offset + triple.shape[1]] |= triple
    return member
