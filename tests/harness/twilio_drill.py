"""The provider's stand-in for people: prints what would ring, and replies as it is told."""

# ruff: noqa: T201  It speaks by printing.

import argparse
import sys
from xml.etree import ElementTree

import requests

from server.telephony import DRILL_TOKEN
from tests.harness.twilio import Sent, TwilioServer

HELP = """\
Start Alongside with SMS_BASE_URL={url} VOICE_BASE_URL={url}
Every text and call is printed here. Type
  +16145550100 Y          to reply to the last text of that phone
  +16145550100 press 1    to pick up its last call and press a key"""


def main() -> None:
    """Serve until the end of standard input, or for ever where there is none."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8099)
    options.add_argument("--token", default=DRILL_TOKEN, help="SMS_TOKEN, when it is set")
    chosen = options.parse_args()
    with TwilioServer(port=chosen.port, token=chosen.token, on_sent=_show) as twilio:
        print(HELP.format(url=twilio.url), flush=True)
        for line in sys.stdin:
            try:
                _obey(twilio, line.split())
            except (AssertionError, IndexError, ElementTree.ParseError) as error:
                print(f"  that did not work: {str(error) or type(error).__name__}", flush=True)
            except requests.RequestException as error:
                print(f"  Alongside does not answer: {type(error).__name__}", flush=True)
        twilio.wait(10**9)


def _show(one: Sent) -> None:
    kind = "text" if one.what == "Messages" else "call"
    print(f"[{kind}] {one.to} {one.body}".rstrip(), flush=True)


def _obey(twilio: TwilioServer, words: list[str]) -> None:
    if len(words) < 2:
        return
    phone = twilio.phone(words[0])
    if words[1] == "press":
        for said in [*phone.pick_up(), *phone.press(words[2])]:
            print(f"  hears: {said}", flush=True)
        return
    answer = phone.reply(" ".join(words[1:]))
    if answer:
        print(f"[text] {phone.number} {answer}", flush=True)
