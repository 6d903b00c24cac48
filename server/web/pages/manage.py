"""The managers' screens: the live board, peers, settings and the audit.

A page is a frame with its first data; the modules of `alongside/manage/` fetch the rest over the
API, which decides who may. Supervisors see the board and change nothing; admins keep settings.
"""

from typing import Any

from flask import Flask, redirect, request
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from dispatch import board as boards
from dispatch.models import Network, Site
from dispatch.policy import Policy, parse
from dispatch.states import Focus, Modality, Role, Trait
from server import audit, exports
from server.api.layer import read_credential
from server.audit import Look
from server.auth.callers import Caller, authenticate
from server.channels import apprise_schemes
from server.models import AuditWhat
from server.web import frame
from server.web.pages import further, prices, workers
from server.wiring import Wired
from storage.database import Transaction

WATCHING = frozenset({Role.MANAGER, Role.SUPERVISOR})
KEEPING = frozenset({Role.MANAGER, Role.ADMIN})
CARING = frozenset({Role.SUPERVISOR})
PARTS = ("sites", "people", "policy", "devices", "channels", "alerts")
"""The parts of the settings, in order."""


def install(app: Flask, wired: Wired) -> None:
    """Serve the pages of `app`; managers, supervisors and admins live here."""
    frame.HOMES |= {
        Role.MANAGER: "/manage",
        Role.SUPERVISOR: "/manage",
        Role.ADMIN: "/manage/settings/sites",
    }

    def board() -> WerkzeugResponse:
        if (elsewhere := _elsewhere(wired, WATCHING)) is not None:
            return elsewhere
        with wired.db.read() as tx:
            caller = authenticate(tx, read_credential(request, wired))
            boot = {
                "board": boards.board(tx, caller.as_actor()),
                "tiles": frame.tiles(wired),
                **_shared(tx, caller),
            }
        is_wall = request.args.get("wall") == "1"
        return _page(wired, "board", boot | {"wall": is_wall}, is_wall=is_wall)

    def keeping(page: str, *, roles: frozenset[Role] = KEEPING, **boot: Any) -> WerkzeugResponse:
        if (elsewhere := _elsewhere(wired, roles)) is not None:
            return elsewhere
        with wired.db.read() as tx:
            caller = authenticate(tx, read_credential(request, wired))
            shared = _shared(tx, caller)
        return _page(wired, page, shared | boot)

    def peers() -> WerkzeugResponse:
        return keeping("peers")

    def peer(peer_id: str) -> WerkzeugResponse:
        return keeping("peer", peer_id="" if peer_id == "new" else peer_id)

    def settings(part: str) -> WerkzeugResponse:
        if part not in PARTS:
            return redirect("/manage/settings/sites", 303)
        # Supervisors are rung when a peer calls for help: they say where.
        roles = KEEPING | WATCHING if part == "devices" else KEEPING
        return keeping(
            "settings",
            roles=roles,
            part=part,
            defaults=Policy().frozen(),
            prices=prices.listed(),
            further=further.listed(),
        )

    def audits() -> WerkzeugResponse:
        return keeping("audit")

    def peers_csv() -> WerkzeugResponse:
        """The table as a file; the export is in the audit before it is answered."""
        if (elsewhere := _elsewhere(wired, KEEPING)) is not None:
            return elsewhere
        with wired.db.transaction() as tx:
            caller = authenticate(tx, read_credential(request, wired))
            rows = exports.peers(tx, caller.network_id)
            audit.note(tx, caller.as_actor(), Look(AuditWhat.EXPORTED, "peers.csv"))
        return exports.as_csv("peers.csv", rows)

    app.add_url_rule("/manage-sw.js", "manage_worker", lambda: workers.answer(worker_script()))
    app.add_url_rule("/manage", "manage", board)
    app.add_url_rule("/manage/peers", "manage_peers", peers)
    app.add_url_rule("/manage/peers.csv", "manage_peers_csv", peers_csv)
    app.add_url_rule("/manage/peers/<peer_id>", "manage_peer", peer)
    app.add_url_rule("/manage/settings", "manage_settings", lambda: settings(""))
    app.add_url_rule("/manage/settings/<part>", "manage_settings_part", settings)
    app.add_url_rule("/manage/care", "manage_care", lambda: _caring(wired))
    app.add_url_rule(
        "/manage/fair", "manage_fair", lambda: keeping("fair", roles=KEEPING | WATCHING)
    )
    app.add_url_rule("/manage/audit", "manage_audit", audits)


def _caring(wired: Wired) -> WerkzeugResponse:
    if (elsewhere := _elsewhere(wired, CARING)) is not None:
        return elsewhere
    return _page(wired, "care", {})


def worker_script() -> str:
    """The service worker that shows alarms while the board is closed."""
    return workers.script("/manage", "alarm.other", "js/manage/worker.js", {})


def _elsewhere(wired: Wired, roles: frozenset[Role]) -> WerkzeugResponse | None:
    """Where somebody goes who may not see this page; None for who may."""
    me = frame.signed_in(wired)
    if me is None:
        return frame.to_front()
    role = Role(me["role"])
    if role not in roles:
        return redirect(frame.HOMES.get(role, "/"), 303)
    return None


def _shared(tx: Transaction, caller: Caller) -> dict[str, Any]:
    """What every page of the family needs: the sites with their clock, and the lists of choices."""
    network = tx.session.get_one(Network, caller.network_id)
    sites = tx.session.scalars(
        select(Site).where(Site.network_id == network.id).order_by(Site.name, Site.id)
    )
    return {
        "phone": network.phone,
        "sites": [_site(site, network) for site in sites],
        "focuses": [one.value for one in Focus],
        "modalities": [one.value for one in Modality],
        "preferences": [one.value for one in Trait],
    }


def _site(site: Site, network: Network) -> dict[str, Any]:
    policy = parse(network.policy, site.policy)
    return {
        "id": site.id,
        "name": site.name,
        "area": site.area,
        "latitude": site.latitude,
        "longitude": site.longitude,
        "time_zone": site.time_zone,
        "desk_phone": site.desk_phone,
        "rooms": site.rooms,
        "is_active": site.is_active,
        "alarm_after_s": policy.alarm_after_s,
        "bridge": policy.bridge,
        "bridge_stop_s": policy.bridge_stop_s,
        "need_after_s": policy.need_after_s,
    }


def _page(
    wired: Wired, page: str, boot: dict[str, Any], *, is_wall: bool = False
) -> WerkzeugResponse:
    me = frame.signed_in(wired)
    role = Role(me["role"]) if me else Role.MANAGER
    return frame.render(
        wired,
        "manage/page.html",
        family="manage",
        default_theme="light",
        words_of=(
            "manage",
            "arrival",
            "reach",
            "channels",
            "alarm_help",
            "tiles",
            "care",
            "keeping",
            "ring",
            "suits",
            "fair",
            "waves",
            "whynot",
            "policy_further",
            "whatif",
            "bridge",
            "needs",
            "by_phone",
            "stays",
        ),
        boot={"page": page, "services": sorted(apprise_schemes(wired.settings)), **boot},
        page=page,
        is_wall=is_wall,
        rail=[entry for entry in _RAIL if role in entry[-1]],
    )


_RAIL = (
    ("board", "/manage", "radio", WATCHING),
    ("peers", "/manage/peers", "users", KEEPING),
    ("care", "/manage/care", "leaf", CARING),
    ("fair", "/manage/fair", "chart-line", KEEPING | WATCHING),
    ("audit", "/manage/audit", "history", KEEPING),
    ("settings", "/manage/settings/sites", "settings", KEEPING),
    ("devices", "/manage/settings/devices", "bell", frozenset({Role.SUPERVISOR})),
)
"""What stands in the rail: only what exists, for whom it exists."""
