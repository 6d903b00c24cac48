"""One sentence about one thing that was looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is well, and the sentence that says so."""

    name: str
    is_well: bool
    sentence: str

    def __str__(self) -> str:
        return f"{'ok ' if self.is_well else 'BAD'}  {self.name:<11} {self.sentence}"
