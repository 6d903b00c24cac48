"""What free text may give away. It warns; it does not refuse, because a room can have a number.

Rule 2 of the product: no names, dates of birth or record numbers; free text warns on runs of six
or more digits.
"""

import re
from collections.abc import Mapping

_LONG_NUMBER = re.compile(r"\d(?:[\s./-]?\d){5,}")


def digit_warnings(texts: Mapping[str, str | None]) -> list[str]:
    """For each field whose text has six or more digits in a row: `long_number_in_<field>`."""
    return [
        f"long_number_in_{field}"
        for field, text in texts.items()
        if text is not None and _LONG_NUMBER.search(text)
    ]
