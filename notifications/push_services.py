"""Which push services a browser may name. Pure.

A subscription is an address that somebody else chose and that this server calls, so it may only be
one of the known services: never a machine inside the hospital's own network.
"""

import re

_ENDPOINT = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::443)?/[!-\[\]-~]*", re.IGNORECASE)
"""No user, no other port, no backslash: nothing that two parsers could read differently."""
_STAND_IN = re.compile(r"(http://127\.0\.0\.1:[0-9]{1,5})/[!-\[\]-~]*")


class PushServices:
    """The services of `hosts`: names, `*.name` for all below one, `http://127.0.0.1:PORT` for a
    stand-in on the operator's own machine."""

    def __init__(self, hosts: str) -> None:
        words = hosts.lower().split()
        self._names = {word for word in words if not word.startswith("*.")}
        self._below = tuple(word[1:] for word in words if word.startswith("*."))

    def allow(self, endpoint: str) -> bool:
        """Whether this endpoint belongs to one of the services."""
        local = _STAND_IN.fullmatch(endpoint)
        if local is not None:
            return local[1] in self._names
        found = _ENDPOINT.fullmatch(endpoint)
        if found is None:
            return False
        name = found[1].lower()
        return name in self._names or name.endswith(self._below)
