"""Show what a long command is doing: steps side by side, each with its detail and its seconds."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from rich.console import Console, RenderableType

# Without a terminal (a log file, a CI page) a step under way says a line at most this often.
_QUIET_SECONDS = 5.0


@dataclass
class Step:
    """One step; its seconds count from when it was begun.

    Attributes:
        name: What it is.
        detail: What it is doing, or what came of it.
        begun: Moment it was begun, of `time.monotonic`; ``None`` while it waits.
        ended: Moment it ended.
        failed: Whether it ended badly.
    """

    name: str
    detail: str = ""
    begun: float | None = None
    ended: float | None = None
    failed: bool = False
    _said: str = field(default="", repr=False)
    _said_at: float = field(default=0.0, repr=False)

    @property
    def seconds(self) -> float:
        """Time since it was begun, or the time it took."""
        return 0.0 if self.begun is None else (self.ended or time.monotonic()) - self.begun

    def begin(self, detail: str = "") -> Step:
        """Let its seconds count; beginning it again changes only the detail."""
        self.begun = self.begun or time.monotonic()
        self.detail = detail or self.detail
        return self

    def done(self, detail: str = "", *, failed: bool = False) -> None:
        """Stop its clock."""
        self.begin(detail)
        self.ended, self.failed = time.monotonic(), failed


class Board:
    """The steps of a command, on a terminal as a table that is drawn again, elsewhere as lines.

    Args:
        console: Where to show them.
    """

    def __init__(self, console: Console) -> None:
        self.steps: list[Step] = []
        self._console = console
        self._began = time.monotonic()
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=5, transient=False)

    def __enter__(self) -> Board:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for step in self.steps:
            if step.begun is not None and step.ended is None:
                step.done(failed=error is not None)
        self.show()
        if self._console.is_terminal:
            self._live.stop()

    @property
    def seconds(self) -> float:
        """Time since the board was made."""
        return time.monotonic() - self._began

    def add(self, name: str) -> Step:
        """Add a step that waits for its turn."""
        step = Step(name)
        self.steps.append(step)
        return step

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """A step that lasts as long as the block."""
        step = self.add(name).begin()
        self.show()
        try:
            yield step
        except BaseException:
            step.done(failed=True)
            self.show()
            raise
        step.done()
        self.show()

    def show(self) -> None:
        """Say what is new, where there is no terminal to draw on."""
        if self._console.is_terminal:
            return
        for step in self.steps:
            line = f"{_mark(step)} {step.name}: {step.detail}" if step.detail else f"{_mark(step)} {step.name}"
            is_due = step.ended is not None or time.monotonic() - step._said_at >= _QUIET_SECONDS
            if step.begun is not None and line != step._said and is_due:
                self._console.print(f"{self.seconds:6.1f} s  {line}", markup=False, highlight=False, soft_wrap=True)
                step._said, step._said_at = line, time.monotonic()

    def _render(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        table.add_column(width=2)
        table.add_column()
        table.add_column(overflow="fold")
        table.add_column(justify="right")
        for step in self.steps:
            is_running = step.begun is not None and step.ended is None
            mark = Spinner("dots") if is_running else Text(_mark(step), style="red" if step.failed else "green")
            seconds = f"{step.seconds:.0f} s" if step.begun is not None else ""
            table.add_row(mark, step.name, Text(step.detail, style="dim"), seconds)
        table.add_row("", "", "", f"{self.seconds:.0f} s")
        return table


def _mark(step: Step) -> str:
    if step.begun is None:
        return "·"
    if step.ended is None:
        return "…"
    return "✗" if step.failed else "✓"
