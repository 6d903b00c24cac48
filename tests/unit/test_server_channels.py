"""Which ways to a phone the settings turn on, and who we are at the provider of texts and calls."""

from pathlib import Path

import pytest

from notifications.models import Kind
from server import channels
from server.settings import Settings
from server.telephony import DRILL_NUMBER, texting

WHOLE = {"sms_account": "AC1", "sms_token": "secret", "sms_from": "+16145550101"}
STAND_IN = "http://127.0.0.1:8099"


def settings(tmp_path: Path, **values: object) -> Settings:
    told = {"alongside_env": "test", "alongside_data": tmp_path, "push": "memory", **values}
    return Settings.model_validate(told)


def test_without_a_provider_there_are_no_texts_and_no_calls(tmp_path: Path) -> None:
    on = channels.kinds(settings(tmp_path))
    assert on.isdisjoint({Kind.SMS, Kind.VOICE})


@pytest.mark.parametrize("missing", sorted(WHOLE))
def test_a_part_of_the_settings_is_not_enough(tmp_path: Path, missing: str) -> None:
    told = {name: value for name, value in WHOLE.items() if name != missing}
    assert texting(settings(tmp_path, **told)) is None


def test_a_number_turns_its_own_channel_on(tmp_path: Path) -> None:
    texts_only = settings(tmp_path, **WHOLE)
    assert channels.is_on(texts_only, Kind.SMS)
    assert not channels.is_on(texts_only, Kind.VOICE)
    account = texting(texts_only)
    assert account is not None
    assert (account.sid, account.token, account.sender) == ("AC1", "secret", "+16145550101")
    assert "secret" not in repr(account)


def test_a_drill_needs_one_setting(tmp_path: Path) -> None:
    drill = settings(tmp_path, sms_base_url=STAND_IN)
    assert channels.is_on(drill, Kind.SMS)
    assert not channels.is_on(drill, Kind.VOICE)
    account = texting(drill)
    assert account is not None
    assert (account.base_url, account.sender) == (STAND_IN, DRILL_NUMBER)


def test_production_takes_no_harmless_default(tmp_path: Path) -> None:
    told = settings(tmp_path, alongside_env="production", sms_base_url=STAND_IN)
    assert texting(told) is None
