"""The body of a call, or the refusal of a call that did not arrive whole.

A process that stops hears no more, also of a body that is on its way; and some web servers say only
that a body ended, not that it ended too soon. A decline without its reason is not what was said.
"""

from flask import Request

from server.errors import cut_off


def whole(call: Request) -> bytes:
    """All of it. Raises a `cut_off` `Problem` when it is shorter than was announced."""
    body = call.get_data()
    if len(body) < (call.content_length or 0):
        raise cut_off()
    return body
