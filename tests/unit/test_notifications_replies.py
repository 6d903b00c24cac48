"""What a text message means, and what follows: every word, every binding, and what never happens."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.messages import CATALOGUE
from notifications.replies import (
    CROSSING,
    Answer,
    Ask,
    Choice,
    Reply,
    Say,
    Standing,
    Texted,
    Word,
    decide,
    read,
)

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
YES, NO = Reply(Word.YES), Reply(Word.NO)
OPEN, ENDED, DECLINED, MINE = Standing.OPEN, Standing.ENDED, Standing.DECLINED, Standing.MINE


@pytest.mark.parametrize(
    "word, texts",
    [
        (Word.YES, "Y|y|YES|Yes,|  y  |y.|Sí|SI|sí 👍|Y😀|ｙ|Yes please|sí, gracias|«Sí»"),
        (Word.NO, "N|n|NO|No.|no|N 🙏|No thanks|no, gracias|NO!!!"),
        (Word.STOP, "STOP|stop|StopAll|UNSUBSCRIBE|cancel|END|Quit|alto|PARAR|Stop.|stop all"),
        (Word.STOP, "Stop texting me|STOP please"),
        (Word.START, "START|start|UNSTOP|Start!"),
        (Word.HELP, "HELP|help|Ayuda|INFO|¿ayuda?"),
        (Word.OTHER, "maybe|yes no|not yes|Y or N|👍|?||yesterday|nope|canceled|end it|да|y да"),
        (Word.OTHER, "y y|1 2|Y 1 2|Liked “Alongside: someone would like a peer”|Y123"),
    ],
)
def test_every_word(word: Word, texts: str) -> None:
    for text in texts.split("|"):
        assert read(text) == Reply(word), text


@pytest.mark.parametrize(
    "text, reply",
    [
        ("2", Reply(Word.NUMBER, 2)),
        (" 2. ", Reply(Word.NUMBER, 2)),
        ("Y2", Reply(Word.YES, 2)),
        ("yes 1", Reply(Word.YES, 1)),
        ("1 sí", Reply(Word.YES, 1)),
        ("n 2", Reply(Word.NO, 2)),
        ("2️⃣", Reply(Word.NUMBER, 2)),
        ("2" * 200, Reply(Word.OTHER)),
    ],
)
def test_a_number_is_a_line_of_the_question(text: str, reply: Reply) -> None:
    assert read(text) == reply


@given(st.text(max_size=400))
def test_whatever_is_texted_is_read(text: str) -> None:
    assert isinstance(read(text), Reply)


@given(
    st.sampled_from(["y", "n", "yes", "no", "si", "stop", "start", "help", "2", "y2"]),
    st.text(st.sampled_from(" .,!?\n\t-'\"👍🙏❤️"), max_size=10),
    st.text(st.sampled_from(" .,!?\n\t-'\"👍🙏❤️"), max_size=10),
    st.booleans(),
)
def test_case_punctuation_and_pictures_change_nothing(
    word: str, before: str, after: str, is_loud: bool
) -> None:
    assert read(before + (word.upper() if is_loud else word) + after) == read(word)


def texted(name: str, standing: Standing = OPEN, age_s: float = 60, **more: Any) -> Texted:
    changed = more.get("changed_s")
    changed_at = None if changed is None else NOW - timedelta(seconds=changed)
    return Texted(name, NOW - timedelta(seconds=age_s), standing, changed_at)


def asked(*names: str, age_s: float = 10) -> Choice:
    return Choice(names, NOW - timedelta(seconds=age_s))


def test_yes_and_no_mean_the_offer_that_was_texted() -> None:
    for reply, is_yes in ((YES, True), (NO, False)):
        assert decide(reply, [texted("a")], None, NOW) == Answer(("a",), is_yes)


def test_without_a_text_nothing_is_answered() -> None:
    for reply in (YES, NO, Reply(Word.NUMBER, 1), Reply(Word.YES, 1)):
        assert decide(reply, [], None, NOW) == Say("sms_nothing")
        assert decide(reply, [], asked("a"), NOW) == Say("sms_nothing")


def test_two_open_ones_are_asked_about_and_the_number_means_the_list_that_was_sent() -> None:
    both = [texted("new", age_s=30), texted("old", age_s=90)]
    for reply in (YES, NO):
        assert decide(reply, both, None, NOW) == Ask(("old", "new"))
    sent = asked("old", "new")
    assert decide(Reply(Word.NUMBER, 2), both, sent, NOW) == Answer(("new",), True)
    assert decide(Reply(Word.YES, 1), both, sent, NOW) == Answer(("old",), True)
    assert decide(Reply(Word.NO, 1), both, sent, NOW) == Answer(("old",), False)
    assert decide(YES, both, sent, NOW) == Ask(("old", "new")), "still not said which"
    assert decide(NO, both, sent, NOW) == Answer(("old", "new"), False), "none of them"
    assert decide(Reply(Word.NUMBER, 3), both, sent, NOW) == Ask(("old", "new"))
    # A third came after the question: the numbers still mean the list that was sent.
    three = [*both, texted("third", age_s=2)]
    assert decide(Reply(Word.NUMBER, 2), three, sent, NOW) == Answer(("new",), True)
    assert decide(NO, three, sent, NOW) == Ask(("old", "new", "third"))


def test_a_number_nobody_asked_for_or_asked_long_ago_is_not_understood() -> None:
    one = [texted("a")]
    assert decide(Reply(Word.YES, 1), one, None, NOW) == Say("sms_unclear")
    assert decide(Reply(Word.NUMBER, 1), one, asked("a", age_s=3600), NOW) == Say("sms_unclear")


def test_a_yes_that_crosses_a_newer_offer_is_not_taken_for_it() -> None:
    crossing = [texted("old", ENDED, 90, changed_s=5), texted("new", age_s=4)]
    for reply in (YES, NO):
        assert decide(reply, crossing, None, NOW) == Ask(("new",), is_newer=True)
    assert decide(YES, crossing, asked("new", age_s=1), NOW) == Ask(("new",), is_newer=True)
    assert decide(Reply(Word.NUMBER, 1), crossing, asked("new"), NOW) == Answer(("new",), True)
    assert decide(NO, crossing, asked("new"), NOW) == Answer(("new",), False)
    later = NOW + CROSSING
    assert decide(YES, crossing, asked("new"), later) == Answer(("new",), True)
    long_ago = [texted("old", ENDED, 900, changed_s=600), texted("new", age_s=4)]
    assert decide(YES, long_ago, None, NOW) == Answer(("new",), True)


def test_a_late_or_doubled_answer_goes_to_the_last_one_which_says_what_became_of_it() -> None:
    for standing in (ENDED, DECLINED, MINE):
        one = [texted("older", ENDED, 900), texted("a", standing, changed_s=50)]
        assert decide(YES, one, None, NOW) == Answer(("a",), True)
        assert decide(NO, one, None, NOW) == Answer(("a",), False)


def test_a_yes_just_after_a_no_may_take_it_back() -> None:
    both = [texted("open"), texted("declined", DECLINED, 40, changed_s=10)]
    assert decide(YES, both, None, NOW) == Ask(("open", "declined"))
    assert decide(NO, both, None, NOW) == Answer(("open",), False)
    settled = [texted("open"), texted("declined", DECLINED, 900, changed_s=600)]
    assert decide(YES, settled, None, NOW) == Answer(("open",), True)


def test_everything_else_is_answered_politely() -> None:
    other = Reply(Word.OTHER)
    assert decide(other, [texted("a")], None, NOW) == Say("sms_unclear")
    assert decide(other, [texted("a", ENDED)], None, NOW) == Say("sms_nothing")


OFFERS = st.lists(
    st.builds(
        texted,
        st.sampled_from("abcdef"),
        st.sampled_from(Standing),
        st.floats(0, 3600),
        changed_s=st.none() | st.floats(0, 3600),
    ),
    max_size=5,
    unique_by=lambda one: one.offer_id,
)
CHOICES = st.none() | st.builds(
    lambda names, age: asked(*names, age_s=age),
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4, unique=True),
    st.floats(0, 3600),
)
REPLIES = st.builds(
    lambda word, number: Reply(word, number if word in (Word.YES, Word.NO, Word.NUMBER) else None),
    st.sampled_from(Word),
    st.none() | st.integers(0, 99),
)


@given(REPLIES, OFFERS, CHOICES)
def test_no_text_ever_answers_what_was_not_texted_or_two_with_one_yes(
    reply: Reply, offers: list[Texted], choice: Choice | None
) -> None:
    if reply.word is Word.NUMBER and reply.number is None:
        reply = Reply(Word.NUMBER, 1)
    decision = decide(reply, offers, choice, NOW)
    texted_ids = {one.offer_id for one in offers}
    if isinstance(decision, Say):
        assert decision.key in CATALOGUE
        return
    assert texted_ids.issuperset(decision.offer_ids)
    assert decision.offer_ids
    if not isinstance(decision, Answer):
        return
    assert reply.word in (Word.YES, Word.NO, Word.NUMBER)
    assert decision.is_yes == (reply.word is not Word.NO)
    if decision.is_yes:
        assert len(decision.offer_ids) == 1
        opened = [one for one in offers if one.standing is OPEN]
        if reply.number is None and len(opened) > 1:
            raise AssertionError("a bare yes among several was guessed")
