"""The key pair by which browsers' push services know this installation, and what is signed with it.

It is made on first use and kept in one row: a subscription belongs to the key it was made with, so
all processes must have the same one for ever. It refuses to know who is called, and why.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy.dialects import postgresql, sqlite

from notifications.models import VapidKey
from storage.database import Database, Transaction

GOOD_FOR = timedelta(hours=12)
"""How long a signature is valid; a push service refuses more than 24 hours."""

_ROW = 1


@dataclass(frozen=True)
class Pair:
    """A key pair on P-256, by its private number."""

    number: int

    def __repr__(self) -> str:
        """The public half only: the other one can ring every browser."""
        return f"Pair({self.public})"

    @cached_property
    def _private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.number, ec.SECP256R1())

    @cached_property
    def public(self) -> str:
        """The public half as browsers take it: an uncompressed point in base64url."""
        point = Encoding.X962, PublicFormat.UncompressedPoint
        return _text(self._private.public_key().public_bytes(*point))

    def authorization(self, audience: str, subject: str, now: datetime) -> str:
        """The header that says to the push service at `audience` who calls."""
        claims = {"aud": audience, "exp": int((now + GOOD_FOR).timestamp()), "sub": subject}
        header = {"typ": "JWT", "alg": "ES256"}
        token = jwt.encode(header, claims, ECKey.import_key(self._private), algorithms=["ES256"])
        return f"vapid t={token}, k={self.public}"


class Keys:
    """The pair of one installation, read once in a process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: Pair | None = None

    def pair(self, within: Transaction | None = None) -> Pair:
        """The pair; made when there is none yet, in a transaction of its own.

        `within` is read first, so that who has a transaction opens no second one for a known pair.
        """
        if self._known is None:
            self._known = (within and _read(within)) or self._make()
        return self._known

    def _make(self) -> Pair:
        """Offer a new pair, and take whichever was first: processes that start together agree."""
        with self._db.transaction() as tx:
            found = _read(tx)
            if found is not None:
                return found
            number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
            is_postgres = tx.session.get_bind().dialect.name == "postgresql"
            insert = postgresql.insert if is_postgres else sqlite.insert
            row = {
                "id": _ROW,
                "private_key": _text(number.to_bytes(32, "big")),
                "created_at": tx.now,
            }
            tx.session.execute(insert(VapidKey).values(row).on_conflict_do_nothing())
            kept = _read(tx)
        if kept is None:
            raise RuntimeError("the key pair of Web Push was written and is not there")
        return kept


def _read(tx: Transaction) -> Pair | None:
    row = tx.session.get(VapidKey, _ROW)
    return None if row is None else Pair(int.from_bytes(_bytes(row.private_key), "big"))


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
