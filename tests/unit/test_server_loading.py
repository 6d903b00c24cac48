"""The collector rests while a process loads, and does not look at what was loaded."""

import gc

import pytest

from server.loading import leaving, loading


def test_the_collector_rests_while_something_is_loaded_and_leaves_it_alone() -> None:
    try:
        with loading():
            assert not gc.isenabled()
            stays: list[object] = [{}]
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        assert all(each is not stays for each in gc.get_objects())
    finally:
        gc.unfreeze()


def test_it_works_on_when_loading_failed() -> None:
    try:
        with pytest.raises(ImportError), loading():
            raise ImportError
        assert gc.isenabled()
    finally:
        gc.unfreeze()


def test_who_leaves_does_not_clean_up_first() -> None:
    try:
        leaving()
        assert gc.get_freeze_count() > 0
        assert gc.collect() == 0
    finally:
        gc.unfreeze()
