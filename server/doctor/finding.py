"""One sentence about one thing that was looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is well, and the sentence that says so and what to do.

    What is not well but can wait (`is_grave` false) is a warning: it does not make the doctor fail.
    """

    name: str
    is_well: bool
    sentence: str
    is_grave: bool = True

    def __str__(self) -> str:
        mark = "ok  " if self.is_well else ("BAD " if self.is_grave else "warn")
        return f"{mark} {self.name:<11} {self.sentence}"


def warning(name: str, sentence: str) -> Finding:
    """Something that can wait."""
    return Finding(name, False, sentence, is_grave=False)
