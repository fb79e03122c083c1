"""What every runtime offers, and what they share: batches, the order of results, and a budget that adapts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from voicemine.backends.protocols import Floats

Ints = npt.NDArray[np.int64]
#: Vectors (b, d) of length 1, where the graph gives any, then the logits (b, k) of each label set in its order.
Outputs = tuple[Floats, ...]

#: Tokens in a batch on a CPU: what a small batch touches stays in the processor's cache, worth a factor of two.
TORCH_TOKENS = 512
#: Compiled graphs lose nothing with half of it, and the last batches of a width are filled up with less.
COMPILED_TOKENS = 256


@dataclass(frozen=True)
class Batch:
    """Token ids (b, t), padded with 0 to one width; `lengths` (b,) counts the tokens of each row.

    `rows` (n,) says which text each of the first n rows belongs to; rows beyond it are filling.
    """

    ids: Ints
    lengths: Ints
    rows: Ints

    @property
    def mask(self) -> Ints:
        """(b, t): 1 where a token stands, 0 where padding does."""
        found: Ints = (np.arange(self.ids.shape[1]) < self.lengths[:, None]).astype(np.int64)
        return found


class Budget:
    """How many tokens a batch may hold. A fixed one stays; a growing one doubles until memory says no."""

    def __init__(self, tokens: int, *, most: int | None = None) -> None:
        """`most` is where growing ends; None: the budget is fixed, and equal shapes are filled up to it."""
        self.tokens, self._most = tokens, most

    @property
    def is_fixed(self) -> bool:
        return self._most is None

    def rows(self, width: int) -> int:
        """Rows of a batch of that width; at least one."""
        return max(1, self.tokens // width)

    def grow(self, used: int) -> None:
        """A batch of `used` tokens went well: where it filled half the budget or more, double the budget."""
        if self._most is not None and 2 * used >= self.tokens:
            self.tokens = min(2 * self.tokens, self._most)

    def halve(self, used: int) -> None:
        """A batch of `used` tokens was too much: never form one of more than half of it again."""
        if self._most is not None:
            self._most = max(1, used // 2)
            self.tokens = min(self.tokens, self._most)


class Runtime(Protocol):
    """One compiled form of the graph on one device in one precision."""

    @property
    def identity(self) -> str:
        """Name and version, device, precision: equal identities give equal results on one kind of machine."""

    @property
    def budget(self) -> Budget:
        """How large batches should be; read anew for each batch that is formed."""

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """The outputs of each batch, in order. Batches are taken a few ahead of what has been given back."""


def in_order(
    call: Callable[[Batch], Outputs], batches: Iterable[Batch], *, workers: int,
    start: Callable[[], None] = lambda: None,
) -> Iterator[Outputs]:
    """`call` on every batch in `workers` threads, results in order; `start` is called first in each thread.

    Each thread takes whole batches, rather than all threads sharing each: small matrices do not divide well.
    One worker works in the caller's thread.
    """
    if workers == 1:
        yield from map(call, batches)
        return
    with ThreadPoolExecutor(workers, initializer=start) as pool:
        waiting: deque[Future[Outputs]] = deque()
        for batch in batches:
            waiting.append(pool.submit(call, batch))
            if len(waiting) > 4 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
