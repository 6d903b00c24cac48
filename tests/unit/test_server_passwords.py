"""Passwords: argon2id with the recommended cost, and no way to learn who exists."""

from server.auth import passwords


def test_a_hash_is_argon2id_with_the_recommended_cost() -> None:
    encoded = passwords.hash_password("correct horse")
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify(encoded, "correct horse")
    assert not passwords.verify(encoded, "Correct horse")
    assert not passwords.verify("not a hash", "correct horse")
    assert passwords.hash_password("correct horse") != encoded


def test_nobody_is_compared_with_a_hash_of_the_same_cost() -> None:
    cost = "$argon2id$v=19$m=19456,t=2,p=1$"
    assert passwords.decoy().startswith(cost), "who does not exist must cost as much as who does"
    assert not passwords.verify(None, "nobody has this password")
    assert passwords.verify(passwords.decoy(), "nobody has this password")
