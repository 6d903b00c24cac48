"""Every reason has words on the board, in both languages: what the server keeps are codes."""

import pytest

from dispatch.matching import REASON_WORDS, Reason
from dispatch.recorded.because import _SAID, CODES
from server.web import words


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    spoken = words.catalogue(language, words.families())
    assert not [code for code in CODES if f"wv_because_{code}" not in spoken]
    assert not [reason for reason in Reason if f"m_reason_{reason}" not in spoken]


def test_every_code_has_a_sentence_and_a_meaning() -> None:
    assert _SAID.keys() == CODES.keys()
    assert REASON_WORDS.keys() == set(Reason)
