"""A goodbye that meets a connection which has just been reset is no mistake."""

import socket
import struct

from server.realtime.websocket import _Socket

AT_ONCE = struct.pack("ii", 1, 0)
"""`SO_LINGER` by which a close is a reset."""


def test_who_was_reset_meanwhile_is_said_goodbye_to_in_vain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        phone = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    with ours:
        websocket = _Socket(
            {
                "werkzeug.socket": ours,
                "HTTP_UPGRADE": "websocket",
                "HTTP_CONNECTION": "Upgrade",
                "HTTP_HOST": "localhost",
                "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
                "HTTP_SEC_WEBSOCKET_VERSION": "13",
                "REQUEST_METHOD": "GET",
                "PATH_INFO": "/socket.io/",
            }
        )
        assert phone.recv(4096).startswith(b"HTTP/1.1 101 ")
        phone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        phone.close()
        assert websocket.connected
        websocket.close()
        assert not websocket.connected
