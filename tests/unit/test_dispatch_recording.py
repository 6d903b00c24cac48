"""Records of decisions: what goes in comes out, the same is decided again, old shapes are refused."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import bridging
from dispatch.bridging import Looking
from dispatch.deciding import next_move
from dispatch.geo import Point
from dispatch.knowledge import NOTHING, Knowledge
from dispatch.matching import Candidate, Need, PeerView, Reason
from dispatch.policy import Policy
from dispatch.recorded import recording
from dispatch.recorded.plainly import Unreadable, codec
from dispatch.recorded.recording import Inputs, Packed
from dispatch.states import Modality, RequestState
from dispatch.waves import Awaited, Decision, Search
from tests.harness.databases import START as NOW
from tests.harness.views import NEEDS, SITE, crowd, peers

STRATEGIES = ("waves", "priced")
SEARCH = Search(
    state=RequestState.SEARCHING,
    modality=Modality.IN_PERSON,
    started_at=NOW - timedelta(seconds=100, microseconds=7),
    waves_used=1,
    video_fallback=True,
    is_widened=False,
    has_alarmed=False,
    asked=frozenset({"p01", "gone"}),
    awaited=(Awaited(Modality.IN_PERSON, None, NOW - timedelta(seconds=100)),),
    quiet_since=NOW - timedelta(seconds=100),
)
NEED = Need(SITE, frozenset({Modality.IN_PERSON}), "en", wishes=frozenset({"veteran"}))


class Guess:
    """A model that has learned something of each."""

    def of(self, peer: PeerView, candidate: Candidate, now: datetime) -> float:
        """By the last digit of the id."""
        return 0.1 + 0.08 * int(peer.id[-1])


def decided(
    views: Sequence[PeerView],
    strategy: str,
    need: Need = NEED,
    known: Knowledge = NOTHING,
    search: Search = SEARCH,
) -> tuple[Inputs, Decision]:
    policy = Policy.model_validate({"strategy": strategy})
    known = recording.heard(known)
    inputs = Inputs(search, views, need, NOW, policy, known)
    return inputs, next_move(search, views, need, NOW, policy, known)


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(views=peers(), need=NEEDS, escalated=st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_was_decided_is_decided_again(
    strategy: str, views: list[PeerView], need: Need, escalated: bool
) -> None:
    state = RequestState.ESCALATED if escalated else RequestState.SEARCHING
    inputs, decision = decided(views, strategy, need, search=replace(SEARCH, state=state))
    packed = recording.pack(inputs, decision)
    again, kept = recording.unpack(packed)
    assert kept == recording.plain(decision)
    found = recording.replay(again)
    assert (found, found.order) == (kept, kept.order)
    assert (again.search, again.need, again.now) == (inputs.search, inputs.need, inputs.now)
    assert again.policy == inputs.policy
    nameless = {view.id: replace(view, name="") for view in views}
    off_duty = {one for one, why in decision.excluded.items() if why is Reason.OFF_DUTY}
    assert {view.id: view for view in again.peers if view.id not in off_duty} == {
        one: view for one, view in nameless.items() if one not in off_duty
    }
    assert {view for view in again.peers if view.id in off_duty} == {
        PeerView(one, "") for one in off_duty
    }


def test_what_was_learned_is_kept_as_it_was_said() -> None:
    views = crowd(3)
    inputs, decision = decided(views, "priced", known=Knowledge(chances=Guess()))
    assert decision.ask
    again, kept = recording.unpack(recording.pack(inputs, decision))
    assert recording.replay(again) == kept
    unlearned = replace(again, known=NOTHING)
    assert recording.replay(unlearned).because != kept.because


def test_everybody_has_a_place_or_a_reason() -> None:
    views = [*crowd(4), PeerView("home", "Off Duty")]
    inputs, decision = decided(views, "waves")
    who = recording.who(recording.pack(inputs, decision).who)
    later = dict(who.later)
    assert set(who.asked).isdisjoint(later)
    assert {*who.asked, *later, *who.excluded} == {view.id for view in views}
    assert who.order[later["p59"] - 1] == "p59" if "p59" in later else True
    assert who.excluded["home"] is Reason.OFF_DUTY
    assert who.order[: len(who.asked)] == who.asked


def test_a_record_names_nobody_and_holds_no_name_of_a_field_twice() -> None:
    inputs, decision = decided(crowd(5), "priced")
    packed = recording.pack(inputs, decision)
    for part in (packed.who, packed.inputs):
        assert b"Peer " not in zlib.decompress(part)


def test_a_position_that_is_no_number_is_kept_as_it_is() -> None:
    lost = replace(crowd(6)[0], id="lost", position=Point(nan, 5.0))
    inputs, decision = decided([lost], "waves")
    again, kept = recording.unpack(recording.pack(inputs, decision))
    assert repr(again.peers[0].position) == repr(lost.position)
    assert recording.replay(again) == kept


def rewritten(packed: Packed, **changes: Any) -> Packed:
    written = json.loads(zlib.decompress(packed.inputs)) | changes
    return Packed(packed.who, zlib.compress(json.dumps(written).encode()))


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"shape": 0}, "has shape 0; this code reads shape 1"),
        ({"search": {"stage": 3}}, "Search was written with other fields"),
        ({"search": {}}, "Search was written in another shape"),
        ({"need": []}, "Need was written with other fields"),
        ({"peers": {"mood": {"all": []}}}, "peers had other fields: ['mood']"),
        ({"policy": {"strategy": "guess"}}, "written in another shape"),
        ({"chances": [[10**6, "video", 0.5]]}, "written in another shape"),
        ({"decided": {}}, "written in another shape"),
        ({"now": "noon"}, "written in another shape"),
    ],
)
def test_a_record_of_another_shape_is_refused_by_name(changes: dict[str, Any], said: str) -> None:
    packed = recording.pack(*decided(crowd(7), "priced"))
    with pytest.raises(Unreadable) as refused:
        recording.unpack(rewritten(packed, **changes))
    assert said in str(refused.value)


@pytest.mark.parametrize("rubbish", [b"", b"x", zlib.compress(b"[]"), zlib.compress(b"{}")])
def test_rubbish_is_refused_too(rubbish: bytes) -> None:
    packed = recording.pack(*decided(crowd(7), "waves"))
    for broken in (Packed(rubbish, packed.inputs), Packed(packed.who, rubbish)):
        with pytest.raises(Unreadable):
            recording.unpack(broken)


def test_what_cannot_be_written_is_said_when_the_code_is_written() -> None:
    with pytest.raises(TypeError, match="cannot be recorded"):
        codec(set[int])


# Written by the first version of this shape. Changing it means that records of the last month are
# read as something else: raise SHAPE instead.
FIRST_WHO = (
    "789cab562ace482c4855b232d451ca2f4a492d52b28a562a303052d201928660d24029564729b1383b350528"
    "670064e7e5972859552be5a7a5c5a7949654827400d94ab1b5b50079a71770"
)
FIRST_INPUTS = (
    "789c9556ed6eab38107d177eb311817cf655aaca726008561cccb54dd26cd477df33361092b6d25d5ab5663c"
    "9e39ccc719df13d7c88e92b7659ab4e68affdb6dbeced69b6c78d2c491b46593bcdd13e7a587ea2051ed3149"
    "93b3a9a456fe06b16a4547d6991662a85a4f95907e32b9dac7a74893abbc9013bda32a38bea88a8ca8a5d607"
    "599e92376f7b4a13e5c4151b2d2b61cf41d44827a496f63c934977e2b7f70f2caf52f9f072ff0d97b4565d48"
    "1c206f7bad87e37398ebf1cbbf60f14fafc80ba7da927e5078384f8ea6a5245de2484b2c41b014c7ea9e68e9"
    "95ef2bac8bfd62bf59e669a24d7b1c64ffecf2c57ebfdb7d4d9154e4d8e003346c6ad91e7b79e4d8137fc555"
    "b926aa5dc89395508281ce6855ded867886f0883acb12fb0e644aa7f19c5573a13ef27f9ea49bedc4d1b1c27"
    "8e4508bc78d6205742ece9212e361957d2c15437a1a9f62ccb679a95b05436549e7863b57e4dfe8bfd974df2"
    "326ce55c975def1a218f12911a7cb8b30b10f8a051258d2e5ae345455dacc8a0c080d896561d0b362cd0c6f9"
    "c1fd931f47ce29d38a09f57ac5e2bead4c50c2dad4354e1db4294f6ec25ef5fe26d0073ae228226883ba606b"
    "b525c08fba2cb78c8f06af0876ebae310e1c4f6b64852894de58ec2fd041ae439989d3197db9da2dd880b401"
    "5cbe62d754cb5e7be12d0a410badceca8b33546347c7a83af27d373974d0f574e47ee92c62572569587097a3"
    "a250e8e2ac5ad4d1628b884a2f4ce88915c0d145d1758cb5a5b3413d04dd55b60881aa95d6401b6470c6c252"
    "ba4129e75704c9fa4181df2bd31ffce81056cf34bc6d78973ed11a8a0060f0c342ee89f8bae657d72befc499"
    "731acd06b737d04ed9c8003d5b14bb28d1c830771be2c9e22c2b5ee4015ed80ad524c099365ad84ea9022729"
    "194ab10800c60c22b3b262ddcd177af40492059a3b9611871b890809b58e438de2e0d209cb1a4dcc6cf8c174"
    "887596e2877b3d14d79c3106e57736eb91bb39e9754d60a798f7e4e39bb1673b68b6bf34943ed3d45ff9fe7a"
    "b0d91c3568ed3baeda94fd132473215b19c7f63a772b1b34930b8ea52e4d6334137cfb09cabe05a9f10dd967"
    "5d365b2299aa56a8c8bef54a4f28c0ef45bee33e8dcf373c07591de9ff1e1a3bfef11daf3361f7eb4c986b72"
    "33fd3e3d5e34f3cd72b99f9ef5cf87181dc8985a1f0b7c16ea2cdda7453653e07e9ded2fd3659af3364f6434"
    "e763274ee5f837542e94402dca3f25721a5be93bff7e706b5454a246aa697e0df7037c31697554071de9a6a5"
    "4f2f58613eb437abf5785dd1c69c86b1f0b302c0807bc2349b2e11e3749a04072a25fc876c9586c336dc140e"
    "3711f8319986ff720eb0e046369d8e273b2dcb78b7fae53a12a969399281e84a402eb69c9ac92ffa079d6ed9"
    "63f8aa8115b3c8cff4a0e530a4dd297a069b080574098eb5f24c71f50b8c86749c83cc6795c2d00adc8ae0e7"
    "f92ae48fc74860f8edd31d2a46779317db29ba246133dc4dc63e17e1ce129a07f714e4fa3f352b5a69"
)


def test_a_record_of_this_shape_is_read_for_ever() -> None:
    packed = Packed(bytes.fromhex(FIRST_WHO), bytes.fromhex(FIRST_INPUTS))
    again, kept = recording.unpack(packed)
    assert again.now == NOW
    assert again.search == SEARCH
    assert sorted(view.id for view in again.peers if view.on_duty) == ["p00", "p01", "p02"]
    assert again.need == NEED
    assert len(kept.ask) == 1
    assert kept.because[0]["code"] == "asked_by_price"


@pytest.mark.parametrize("strategy", ["waves", "simple", "priced"])
@given(views=peers(), need=NEEDS, left=st.floats(min_value=-10, max_value=200))
@settings(max_examples=40, deadline=None)
def test_whom_to_ask_for_a_bridge_is_decided_again(
    strategy: str, views: list[PeerView], need: Need, left: float
) -> None:
    policy = Policy.model_validate({"strategy": strategy, "bridge_size": 3})
    looking = Looking(
        since=NOW - timedelta(seconds=50),
        waves_used=1,
        asked=frozenset({"p01", "gone"}),
        awaited=(Awaited(Modality.VIDEO, None, NOW - timedelta(seconds=50)),),
        arrives_at=NOW + timedelta(minutes=left),
    )
    known = recording.heard(Knowledge(chances=Guess()))
    decision = bridging.whom_to_ask(looking, views, need, NOW, policy, known)
    inputs = Inputs(looking, views, need, NOW, policy, known, outside=7)
    again, kept = recording.unpack(recording.pack(inputs, decision))
    assert (again.search, again.policy, again.outside) == (looking, policy, 7)
    found = recording.replay(again)
    assert (found, found.order) == (kept, kept.order)
    assert kept == recording.plain(decision)
