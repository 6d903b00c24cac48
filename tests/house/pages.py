"""The pages of `docs/` that are made from code, and `.env.example`.

`python -m tests.house.pages` writes them; a test fails when one is out of step. It knows how a
page looks; what it says comes from the code that acts by it.
"""

import ast
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dispatch import policy, states
from dispatch.events import FACT_MEANINGS, REQUEST_FIELDS, Alarm, FactType
from dispatch.matching import REASON_WORDS, Reason
from dispatch.prices import pricing
from dispatch.recorded import because
from dispatch.recorded.recording import LATER, OUTSIDE, OUTSIDE_WORDS
from server.api.declare import EVERY_ROLE
from server.errors import KINDS
from server.realtime.events import SAID, TOLD
from server.settings import EXAMPLE_SECRET, Settings
from tests.house.repository import ROOT

MADE = "<!-- Made from the code by `python -m tests.house.pages`; do not edit. -->\n"


BESIDES = {
    "BACKUP_KEPT_DAYS": ("14", "Days after which deploy/backup.sh deletes its backups."),
    "PROMETHEUS_MULTIPROC_DIR": (
        "",
        "A folder, empty at each start, in which several web processes add up their metrics.",
    ),
}
"""Variables that the product itself does not read: name, default and meaning."""


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"

    return line(head) + line(tuple("---" for _ in head)) + "".join(line(row) for row in rows)


def _codes(values: frozenset[states.RequestState]) -> str:
    """The states in the order of their life."""
    return ", ".join(f"`{state}`" for state in states.RequestState if state in values)


def states_page() -> str:
    """The life of a support request, from `dispatch.states.STEPS`."""
    rows = []
    for step, rule in states.STEPS.items():
        sources = _codes(rule.sources)
        if rule.remote_sources is not None:
            remote = _codes(rule.remote_sources)
            sources += f"; remote: {remote}" if remote else "; remote: never"
        undo = " (undo within 10 s)" if rule.can_undo else ""
        who = ", ".join(sorted(rule.who))
        rows.append((sources, f"`{step}`{undo}", f"`{rule.target}`", who, rule.meaning))
    edges = sorted(
        f"    {source} --> {rule.target}: {step}\n"
        for step, rule in states.STEPS.items()
        for source in rule.sources | (rule.remote_sources or frozenset())
    )
    finals = "".join(f"    {state} --> [*]\n" for state in sorted(states.FINAL))
    return (
        f"{MADE}# The life of a support request\n\n"
        f"{_table(('from', 'step', 'to', 'who', 'what it means'), rows)}\n"
        f"Final, and final is final: {_codes(states.FINAL)}. "
        f"Nobody has said yes yet: {_codes(states.LOOKING)}. "
        f"A live visit exists exactly in {_codes(states.VISITED)}, under the same name.\n\n"
        "A remote visit (`video`, `phone`, `chat`) has no journey: it goes from `accepted` to "
        "`in_session`.\n\n"
        f"```mermaid\nstateDiagram-v2\n    [*] --> searching\n{''.join(edges)}{finals}```\n\n"
        f"{_bridges()}"
        f"{_stays()}"
        "## Offers and visits\n\n"
        f"An offer is one of {', '.join(f'`{state}`' for state in states.OfferState)}. It stays "
        "open until someone says yes: the wave clock decides when more people are asked, not when "
        "the first are shut out.\n\n"
        f"A visit is one of {', '.join(f'`{state}`' for state in states.VisitState)}.\n"
    )


def _bridges() -> str:
    """The second visit of a request, from `dispatch.states.BRIDGE_STEPS`."""
    rows = [
        (
            ", ".join(f"`{state}`" for state in sorted(rule.sources)),
            f"`{step}`",
            f"`{rule.target}`",
            rule.meaning,
        )
        for step, rule in states.BRIDGE_STEPS.items()
    ]
    return (
        "## The bridge: video until somebody arrives\n\n"
        f"While the request is {_codes(states.AWAITED)} by somebody in person, a second visit can "
        "stand beside its own: `request.bridge`, by video. The request's state stays that of its "
        "own visit; the bridge has steps of its own, and goes on when the other peer withdraws.\n\n"
        f"{_table(('from', 'step', 'to', 'what it means'), rows)}\n"
    )


def _stays() -> str:
    """Who handed over and stays."""
    rows = [
        ("`in_session`", "`hand_over` with `stays`", "`staying`", "the next peer is looked for"),
        ("`staying`", "`stay`", "`staying`", "asked after a while, they still can"),
        ("`staying`", "`carry_on`", "`in_session`", "they go on; nobody has said yes yet"),
        ("`staying`", "`leave`", "`handed_over`", "they have to go, or staff end it"),
        ("`staying`", "", "`handed_over`", "the next one arrives or, remote, is connected"),
        ("`staying`", "", "`handed_over`", "no answer to the question; or the request ends"),
    ]
    return (
        "\n## Who handed over and stays\n\n"
        "The request goes back to `searching`, and the first peer's visit stands beside it as "
        "`request.staying`. Who stays is busy: they are asked for nothing else.\n\n"
        f"{_table(('the visit, from', 'step', 'to', 'what it means'), rows)}\n"
    )


def facts_page() -> str:
    """Every type of fact, from `dispatch.events`."""
    rows = [(f"`{kind}`", FACT_MEANINGS[kind]) for kind in FactType]
    fields = ", ".join(f"`{name}`" for name in sorted(REQUEST_FIELDS))
    return (
        f"{MADE}# Facts\n\n"
        "A fact is something that happened to one request, numbered per request by `seq` from 1, "
        "without a gap: `{request_id, seq, type, at, actor {kind, id?, name?}, data}`. A type is "
        "never reused with another shape.\n\n"
        "**The reducer rule.** Under the request's own field names, `data` carries the new value "
        f"of every request field the fact changed ({fields}). A reader that holds a snapshot with "
        "`seq` n applies fact n + 1 by copying those fields and the `seq`, whatever the type; "
        "everything else in `data` has other names. A missing number is a gap: fetch "
        "`facts?after=n`.\n\n"
        f"{_table(('type', 'what happened'), rows)}\n"
        f"Alarms (`data.alarm`): {', '.join(f'`{alarm}`' for alarm in Alarm)}.\n"
    )


def errors_page() -> str:
    """Every code that can leave the server, from `server.errors`."""
    rows = [
        (f'<a id="{code}"></a>`{code}`', str(kind.status), kind.meaning)
        for code, kind in sorted(KINDS.items(), key=lambda item: (item[1].status, item[0]))
    ]
    return (
        f"{MADE}# Errors\n\n"
        "Every refusal is `application/problem+json` (RFC 9457): `type`, `title`, `status`, "
        "`detail` and a stable `code`; validation adds `errors: [{field, message}]`. Decide by "
        "`code`; `detail` is for people and may change. On a socket the acknowledgement is "
        "`{ok: false, code, detail}`.\n\n"
        f"{_table(('code', 'status', 'what it means'), rows)}"
    )


def reasons_page() -> str:
    """Why somebody is asked or not, from `dispatch.matching` and `dispatch.recorded.because`."""
    against = [(f"`{reason}`", REASON_WORDS[reason]) for reason in Reason]
    later = (f"`{LATER}`", "could have been asked; others came first, `place` says how many")
    outside = (f"`{OUTSIDE}`", OUTSIDE_WORDS)
    parts = [(f"`{code}`", meaning) for code, meaning in because.CODES.items()]
    return (
        f"{MADE}# Reasons\n\n"
        "`GET /requests/{id}/waves` says of each decision why it is as it is, and of every peer who "
        "was not asked why not, as it was at that moment; `GET /requests/{id}/candidates` says it as "
        "it is now.\n\n"
        "## Why somebody was not asked\n\n"
        "The first that holds, in this order. Who is `outside_region` is counted; `?peer_id=` asks about "
        "one of them.\n\n"
        f"{_table(('code', 'the peer'), [later, *against, outside])}\n"
        "## Why a decision is as it is\n\n"
        "`because` is a list of parts, each a `code` with its numbers; `why` is the English sentence "
        "made of them.\n\n"
        f"{_table(('code', 'what it says'), parts)}"
    )


def _fields(model: type[BaseModel]) -> str:
    """The fields of a payload, those that may be left out with a question mark."""
    names = [
        name if field.is_required() else f"{name}?" for name, field in model.model_fields.items()
    ]
    return f"`{{{', '.join(names)}}}`" if names else ""


def events_page() -> str:
    """Every event of `/live`, both ways, from `server.realtime.events`."""
    said = [
        (
            f"`{event.name}`",
            _fields(event.body),
            "every role" if event.roles == EVERY_ROLE else ", ".join(sorted(event.roles)),
            event.summary,
        )
        for event in SAID.values()
    ]
    told = [(f"`{event.name}`", _fields(event.payload), event.summary) for event in TOLD.values()]
    return (
        f"{MADE}# Events of `/live`\n\n"
        "How they are used: [realtime](realtime.md). With their types: `/asyncapi.json`.\n\n"
        "## What a client says\n\n"
        "Each is acknowledged: `{ok: true, ...}` or `{ok: false, code, detail}` "
        "([errors](errors.md)).\n\n"
        f"{_table(('event', 'data', 'who', 'what it means'), said)}\n"
        "## What the server says\n\n"
        f"{_table(('event', 'data', 'what it means'), told)}"
    )


def _default_of(name: str, field: FieldInfo) -> str:
    """What a setting is when the environment does not name it, for people."""
    made = {
        "database_url": "a file in `ALONGSIDE_DATA`",
        "secret_key": "made once, kept in `ALONGSIDE_DATA`; none in production",
        "public_url": "`http://HOST:PORT`",
    }
    if name in made:
        return made[name]
    return "not set" if field.default is None else f"`{field.default}`"


def _policy_rows() -> list[tuple[str, ...]]:
    """Each number of the policy and of its prices."""
    whole = policy.DEFAULT.model_dump(mode="json")
    prices = whole.pop("pricing")
    return [
        *_numbers(policy, "Policy", whole),
        *_numbers(pricing, "Pricing", prices, "pricing."),
    ]


def _numbers(
    module: ModuleType, name: str, defaults: dict[str, Any], before: str = ""
) -> list[tuple[str, ...]]:
    """Each number of a class, its default and the sentence below it in the source."""
    source = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    [body] = [n.body for n in source.body if isinstance(n, ast.ClassDef) and n.name == name]
    meanings = {}
    for node, following in pairwise(body):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            meanings[node.target.id] = " ".join(str(following.value.value).split())
    return [(f"`{before}{one}`", f"`{defaults[one]}`", meanings[one]) for one in defaults]


def settings_page() -> str:
    """Every setting, from `server.settings`, and every number of the policy."""
    rows = [
        (f"`{name.upper()}`", _default_of(name, field), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    rows += [(f"`{name}`", f"`{value}`", meaning) for name, (value, meaning) in BESIDES.items()]
    return (
        f"{MADE}# Settings\n\n"
        "Settings come from the environment; `.env.example` lists them all. With "
        "`ALONGSIDE_ENV=production` the product refuses to start on an unsafe value and names "
        "it.\n\n"
        f"{_table(('setting', 'default', 'what it is'), rows)}\n"
        "# The policy\n\n"
        "The clock of a search is not a setting of the process but of the network, overridable "
        "per site, and frozen onto a request when it is made. Units stand in the names.\n\n"
        f"{_table(('name', 'default', 'what it is'), _policy_rows())}"
    )


def env_example() -> str:
    """`.env.example`: every setting, commented out where the default is good."""
    lines = [
        "# Every setting of Alongside, with its default. Made from server/settings.py by\n",
        "# `python -m tests.house.pages`. Copy to .env and load it into the environment.\n",
    ]
    for name, field in Settings.model_fields.items():
        if name == "secret_key":
            value = EXAMPLE_SECRET
        elif name in {"database_url", "public_url"} or field.default is None:
            value = ""
        else:
            value = str(field.default)
        lines.append(f"\n# {field.description}\n# {name.upper()}={value}\n")
    lines += [f"\n# {meaning}\n# {name}={value}\n" for name, (value, meaning) in BESIDES.items()]
    return "".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    "docs/states.md": states_page,
    "docs/facts.md": facts_page,
    "docs/errors.md": errors_page,
    "docs/events.md": events_page,
    "docs/reasons.md": reasons_page,
    "docs/settings.md": settings_page,
    ".env.example": env_example,
}


def write() -> None:
    """Write every page."""
    for name, render in PAGES.items():
        (ROOT / name).write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    write()
