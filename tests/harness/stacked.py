"""Something that starts a row of servers, one on another, and lets go of them in the other order."""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from types import TracebackType
from typing import Self


class Stacked(ABC):
    """From `__enter__` to `__exit__`; what fails while starting lets go of what had started."""

    _running: ExitStack

    @abstractmethod
    def _start(self, stack: ExitStack) -> None:
        """Start everything; each part that is to be ended goes onto the stack."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            self._running = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()
