"""Tests that a phone must answer, so that a silent one is found before a shift and not in it.

It writes rows of the outbox in the transaction in which a shift begins; who begins one is for the
composition root to say.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import or_, select

from notifications import devices
from notifications.directory import Recipient
from notifications.models import Device, DeviceState, Kind
from notifications.readiness import APP_KINDS
from storage.database import Transaction

TRUSTED_FOR = timedelta(hours=12)
"""A phone that answered anything within this time is not tested."""
NOT_AGAIN_FOR = timedelta(minutes=10)
"""Going off and on again does not test twice."""


def begin_shift(
    tx: Transaction, people: Mapping[str, Recipient], kinds: Collection[Kind]
) -> list[str]:
    """Quietly test each phone of these people that was not heard of lately; the deliveries' ids.

    A phone whose row somebody else holds is left out: it is being registered, or buried.
    """
    query = (
        select(Device)
        .where(Device.user_id.in_(sorted(people)), Device.state == DeviceState.ACTIVE)
        .where(Device.kind.in_(APP_KINDS & set(kinds)))
        .where(or_(Device.heard_at.is_(None), Device.heard_at <= tx.now - TRUSTED_FOR))
        .where(or_(Device.tested_at.is_(None), Device.tested_at <= tx.now - NOT_AGAIN_FOR))
        .order_by(Device.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return [
        devices.request_test(tx, device, locale=people[device.user_id].locale, key="test_quiet")
        for device in tx.session.scalars(query)
    ]
