"""What Chromium writes to its console by itself, and a test may allow: each for the one cause it names.

A page's own errors are never here. A status is not either: whoever answers is neither dead nor away.
"""

NO_PUSH = "does not support the Push API in incognito mode"
"""A page subscribes in a context of its own."""
CUT_OFF = ("net::ERR_FAILED",)
"""A call that `route.abort` cuts off."""
NO_SOCKET = ("WebSocket connection to",)
"""The live connection does not come about."""
NO_SIGNAL = ("net::ERR_INTERNET_DISCONNECTED", *NO_SOCKET)
"""The network is off: `set_offline`."""
SERVER_GONE = (
    "net::ERR_CONNECTION_REFUSED",
    "net::ERR_CONNECTION_RESET",
    "net::ERR_EMPTY_RESPONSE",
    "net::ERR_CONTENT_LENGTH_MISMATCH",
    *NO_SOCKET,
)
"""The server was killed: nobody listens, a call was not answered yet, or an answer stops half way."""
