"""Which addresses a browser may make this server call, and which not."""

import pytest

from notifications.push_services import PushServices
from server.settings import Settings

SERVICES = PushServices(Settings.model_fields["webpush_hosts"].default)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/c:APA91_-",
        "https://FCM.googleapis.com:443/fcm/send/x",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QGu",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYA%3d",
    ],
)
def test_the_services_of_the_browsers_are_called(endpoint: str) -> None:
    assert SERVICES.allow(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://fcm.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com/x",
        "https://push.apple.com.evil.example/x",
        "https://evilpush.apple.com.example/x",
        "https://notpush.apple.com/x",
        "https://a@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://fcm.googleapis.com\\@evil.example/x",
        "https://fcm.googleapis.com/x\\y",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x\n",
        "https://[::1]/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:8000/x",
        "file:///etc/passwd",
    ],
)
def test_everything_else_is_not(endpoint: str) -> None:
    assert not SERVICES.allow(endpoint)


def test_a_stand_in_on_the_operators_machine_is_called_at_its_port_only() -> None:
    services = PushServices("http://127.0.0.1:8123 push.example")
    assert services.allow("http://127.0.0.1:8123/push/1")
    assert not services.allow("http://127.0.0.1:8124/push/1")
    assert not services.allow("https://127.0.0.1:8123/push/1")
    assert not services.allow("http://localhost:8123/push/1")
    assert services.allow("https://push.example/1")
    assert not services.allow("https://below.push.example/1")
