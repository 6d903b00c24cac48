"""Passwords: argon2id with the recommended cost, and no way to learn who exists."""

import time

from server.auth import passwords


def test_a_hash_is_argon2id_with_the_recommended_cost() -> None:
    encoded = passwords.hash_password("correct horse")
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify(encoded, "correct horse")
    assert not passwords.verify(encoded, "Correct horse")
    assert not passwords.verify("not a hash", "correct horse")
    assert passwords.hash_password("correct horse") != encoded


def test_nobody_takes_as_long_as_a_wrong_password() -> None:
    encoded = passwords.hash_password("correct horse")
    assert not passwords.verify(None, "nobody has this password")

    def fastest(against: str | None) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            passwords.verify(against, "wrong")
            times.append(time.perf_counter() - began)
        return min(times)

    wrong, nobody = fastest(encoded), fastest(None)
    assert 0.5 < nobody / wrong < 2.0
