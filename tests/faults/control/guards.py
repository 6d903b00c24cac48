# house: long because it is one table, a guard a row
"""Every guard that is broken on purpose: a text of one file, what stands there instead, who must notice.

A house test holds the table to the code: each text stands in its file exactly once. Whoever moves a
guard moves its row.
"""

from dataclasses import dataclass

RACES = "tests/races/test_accept.py"
ENGINES = "tests/races/test_engines.py"
RELAY = "tests/integration/test_notifications_relay.py"
LEASES = "tests/integration/test_notifications_leases.py"
CLAIMS = "tests/integration/test_storage_claims.py"
DATABASE = "tests/integration/test_storage_database.py"
ENGINE = "tests/integration/test_storage_engine.py"
ACCESS = "tests/integration/test_dispatch_access.py"
ELIGIBLE = "tests/integration/test_dispatch_eligibility.py"
KEYS = "tests/api/test_idempotency.py"
SESSIONS = "tests/api/test_sessions.py"
SCHEMA = "tests/integration/test_storage_migrations.py"
MATCHING = "tests/unit/test_dispatch_matching.py"


@dataclass(frozen=True)
class Guard:
    """One guard and how it is broken."""

    name: str
    keeps: str
    """What it is there for."""
    file: str
    is_: str
    becomes: str
    caught_by: tuple[str, ...]
    """Files of tests, the likeliest first."""
    like: str = ""
    """Which tests of these; pytest's `-k`. All of them when empty, which takes longer."""


GUARDS = (
    # The race for a yes.
    Guard(
        "accept-state",
        "a yes is taken only while a request looks for one",
        "dispatch/race.py",
        "    _is_one_of(_REQUEST.state, STEPS[Step.ACCEPT].sources),\n",
        "",
        (RACES,),
        "thirty_two and postgresql",
    ),
    Guard(
        "accept-others",
        "a yes closes every other offer",
        "dispatch/race.py",
        "or_(and_(_MINE, _ANSWERABLE), _OPEN),",
        "and_(_MINE, _ANSWERABLE),",
        (RACES,),
        "thirty_two and sqlite",
    ),
    Guard(
        "accept-busy",
        "a peer with a live visit takes no other",
        "dispatch/race.py",
        '        raise Conflict(f"{person.name} is already with someone.", code="busy")\n',
        "        pass\n",
        (RACES,),
        "one_peer_says_yes and sqlite",
    ),
    Guard(
        "accept-own",
        "an offer is its own peer's",
        "dispatch/race.py",
        '    _OFFER.peer_id == bindparam("this_peer"),\n',
        "",
        (ACCESS,),
        "another_peer_can_do_nothing and sqlite",
    ),
    Guard(
        "accept-may-still",
        "who lost certificate or badge since cannot say yes",
        "dispatch/race.py",
        "            _MAY_STILL,\n",
        "",
        (ELIGIBLE,),
        "ends_by_itself and sqlite",
    ),
    Guard(
        "accept-answerable",
        "an offer that ended takes no yes, and who says it hears why",
        "dispatch/race.py",
        "            _ANSWERABLE,\n",
        "",
        ("tests/integration/test_dispatch_requests.py",),
        "too_late and sqlite",
    ),
    Guard(
        "index-live-peer",
        "the schema allows a peer one live visit",
        "storage/migrations/versions/m0001_dispatch.py",
        '        "uq_visits_live_peer",\n        "visits",\n        ["peer_id"],\n        unique=True,',
        '        "uq_visits_live_peer",\n        "visits",\n        ["peer_id"],\n        unique=False,',
        (SCHEMA,),
        "(partial_indexes or models_and) and sqlite",
    ),
    Guard(
        "index-facts",
        "the schema allows each number of a story once",
        "storage/migrations/versions/m0001_dispatch.py",
        '        sa.UniqueConstraint("request_id", "seq", name="uq_facts_request_id_seq"),\n',
        "",
        (SCHEMA,),
        "models_and and sqlite",
    ),
    Guard(
        "step-state",
        "a step is taken only from its sources",
        "dispatch/guard.py",
        "            SupportRequest.state.in_(sorted(rule.sources_for(modality))),\n",
        "",
        ("tests/integration/test_dispatch_steps.py",),
        "illegal_step_is_refused and sqlite",
    ),
    Guard(
        "begin-immediate",
        "writers on SQLite wait for each other from the first statement",
        "storage/engine.py",
        '"BEGIN" if read_only else "BEGIN IMMEDIATE"',
        '"BEGIN"',
        (ENGINE,),
        "never_lose_an_update and sqlite",
    ),
    # Facts.
    Guard(
        "seq-one",
        "each fact has the next number",
        "dispatch/journal.py",
        "    request.seq += 1\n",
        "    request.seq += 2\n",
        ("tests/integration/test_dispatch_requests.py",),
        "asked_in_the_same_commit and sqlite",
    ),
    Guard(
        "seq-taken",
        "a yes takes the next number of the story",
        "dispatch/race.py",
        "seq=_REQUEST.seq + 1,",
        "seq=_REQUEST.seq,",
        (RACES,),
        "double_tap and sqlite",
    ),
    Guard(
        "seq-written",
        "a yes that closed other offers writes the number of its last fact back",
        "dispatch/race.py",
        '.values(seq=bindparam("last_seq"))',
        '.values(seq=bindparam("last_seq") - 1)',
        (RACES,),
        "thirty_two and sqlite",
    ),
    Guard(
        "commit-together",
        "what must arrive is written in the same commit",
        "storage/database.py",
        '            for before in self.before_commit:\n                before(tx)\n            failpoint("commit.before")\n            session.commit()\n',
        '            failpoint("commit.before")\n            session.commit()\n            for before in self.before_commit:\n                before(tx)\n            session.commit()\n',
        (DATABASE,),
        "hook_that_fails and sqlite",
    ),
    Guard(
        "after-commit",
        "what fails after the commit takes nothing back",
        "storage/database.py",
        '    except Exception:\n        log.exception("after-commit hook failed; readers catch up by sequence number")\n',
        "    except ZeroDivisionError:\n        pass\n",
        (DATABASE,),
        "after_the_commit and sqlite",
    ),
    # Leases.
    Guard(
        "claim-lease",
        "a row that is leased is not claimed again",
        "storage/claims.py",
        "or_(leased_until.is_(None), leased_until <= now), *where",
        "*where",
        (CLAIMS,),
        "lease_expires and sqlite",
    ),
    Guard(
        "claim-skip-locked",
        "two workers at one instant claim different rows",
        "storage/claims.py",
        "        .limit(limit)\n        .with_for_update(skip_locked=True)\n",
        "        .limit(limit)\n",
        (CLAIMS,),
        "eight_workers and postgresql",
    ),
    Guard(
        "heirs-living",
        "who lives keeps what it claimed",
        "server/heirs.py",
        "for mark in held - living}",
        "for mark in held}",
        ("tests/faults/test_heirs.py",),
        "keeps_what and postgresql",
    ),
    Guard(
        "heirs-twice",
        "a connection that was cut for a moment is no death",
        "storage/holders.py",
        "    looks = 2\n",
        "    looks = 1\n",
        ("tests/faults/test_heirs.py",),
        "for_a_moment and postgresql",
    ),
    Guard(
        "heirs-pushes",
        "a text is not taken over before its lease ends",
        "notifications/outbox.py",
        "        of=gone,\n        where=[Delivery.channel.in_(PUSH_KINDS)],\n",
        "        of=gone,\n",
        ("tests/faults/test_heirs.py",),
        "text_stays and sqlite",
    ),
    Guard(
        "engine-fence",
        "an engine that slept past its lease stands back",
        "dispatch/engine.py",
        ".where(SupportRequest.id == claim.id, SupportRequest.lease == claim.lease)",
        ".where(SupportRequest.id == claim.id)",
        ("tests/faults/test_fences.py",),
        "engine_past and sqlite",
    ),
    Guard(
        "begin-fence",
        "a relay begins only what it still holds",
        "notifications/begin.py",
        "        .where(Delivery.lease.in_(set(tokens.values())))\n"
        "        .order_by(Delivery.id)\n"
        "        .with_for_update(of=Delivery)\n"
        "        .execution_options(populate_existing=True)\n"
        "    ).all()\n"
        "    ours = [row for row in rows if row.Delivery.lease == tokens[row.Delivery.id]]\n",
        "        .order_by(Delivery.id)\n"
        "        .with_for_update(of=Delivery)\n"
        "        .execution_options(populate_existing=True)\n"
        "    ).all()\n"
        "    ours = list(rows)\n",
        ("tests/faults/test_fences.py",),
        "relay_past and sqlite",
    ),
    Guard(
        "record-fence",
        "a relay that slept past its lease records nothing",
        "notifications/record.py",
        "if row.id in leases and row.lease == leases[row.id]]",
        "if row.id in leases]",
        (RELAY,),
        "asleep_past_its_lease and sqlite",
    ),
    Guard(
        "renew-fence",
        "a lease that another relay took over is not renewed",
        "notifications/relay.py",
        "                Delivery.lease.in_(set(self._under_way.values())),\n",
        "",
        (LEASES,),
        "not_taken_back and sqlite",
    ),
    Guard(
        "renew",
        "a send under way stays with who sends it",
        "notifications/relay.py",
        "if not self._under_way or time.monotonic() - self._renewed_at < RENEW_S:",
        "if self._under_way is not None:",
        (LEASES,),
        "that_hangs and sqlite",
    ),
    Guard(
        "asleep",
        "a process that slept between claim and send does not send",
        "notifications/lanes.py",
        "if held_at is None or time.monotonic() - held_at > self._give_up_s:",
        "if held_at is None:",
        ("tests/unit/test_notifications_lanes.py",),
        "slept",
    ),
    # The outbox.
    Guard(
        "last-look",
        "before a send the offer is looked at again",
        "notifications/begin.py",
        "    if is_for_an_offer and delivery.offer_id not in still_open:\n        return ended",
        "    if is_for_an_offer and delivery.offer_id == '':\n        return ended",
        (RELAY,),
        "found_closed and sqlite",
    ),
    Guard(
        "last-look-time",
        "what its time has passed is not sent",
        "notifications/begin.py",
        "    if delivery.expires_at <= tx.now:\n",
        "    if delivery.expires_at == tx.now:\n",
        (RELAY,),
        "time_has_passed and sqlite",
    ),
    Guard(
        "last-look-device",
        "a device that was removed is not rung",
        "notifications/begin.py",
        "device.state is not DeviceState.ACTIVE:",
        "device.state is None:",
        (RELAY,),
        "device_removed and sqlite",
    ),
    Guard(
        "unknown-before-send",
        "what may be on its way is called unknown before a byte leaves",
        "notifications/begin.py",
        "            state=DeliveryState.UNKNOWN,\n            attempts=",
        "            state=DeliveryState.PENDING,\n            attempts=",
        (RELAY,),
        "dies_between and sqlite",
    ),
    Guard(
        "ambiguous-is-unknown",
        "an ambiguous send is never called delivered",
        "notifications/retry.py",
        "                return Verdict(DeliveryState.UNKNOWN)\n",
        "                return Verdict(DeliveryState.SENT)\n",
        ("tests/unit/test_notifications_retry.py",),
        "unknown",
    ),
    Guard(
        "ladder-stops",
        "a ladder stops with its offer",
        "notifications/outbox.py",
        "    _close(tx, [row.id for row in rows if row.due_at is not None])\n    failpoint",
        "    failpoint",
        ("tests/integration/test_notifications_ladder.py", "tests/scenarios/test_first_yes.py"),
        "(a_no_stops or first_yes) and sqlite",
    ),
    Guard(
        "told-the-end",
        "who was told of an offer is told how it ended",
        "notifications/planner.py",
        "            drafts += _closings(tx, plan.closed, rows)\n",
        "",
        ("tests/scenarios/test_first_yes.py",),
        "first_yes and sqlite",
    ),
    Guard(
        "once",
        "an alert is planned once",
        "notifications/planner.py",
        "once=f\"{offer['id']}:{step.rung}:{target.device_id or person.user_id}\",",
        "once=f\"{offer['id']}:{step.rung}:{target.device_id or person.user_id}:{__import__('uuid').uuid4()}\",",
        ("tests/integration/test_notifications_planner.py",),
        "twice_is_harmless and sqlite",
    ),
    Guard(
        "collapse",
        "alerts of one offer replace each other on a phone",
        "notifications/planner.py",
        'collapse_id=offer["id"],',
        "collapse_id=f\"{offer['id']}{step.rung}\",",
        (RELAY,),
        "rings_at_once and sqlite",
    ),
    Guard(
        "dead-address",
        "a dead address is not used again",
        "notifications/retry.py",
        "return Verdict(DeliveryState.FAILED, address=aside, climbs=True)",
        "return Verdict(DeliveryState.FAILED, climbs=True)",
        ("tests/unit/test_notifications_retry.py",),
        "dead_address",
    ),
    # Who may.
    Guard(
        "role",
        "a route is for its roles",
        "server/api/layer.py",
        "    if caller.role not in route.roles:\n",
        "    if caller.role is None:\n",
        ("tests/api/test_matrix.py",),
        "sqlite",
    ),
    Guard(
        "network-of-site",
        "a site of another network does not exist",
        "dispatch/access.py",
        "select(Site).where(Site.id == site_id, Site.network_id == actor.network_id)",
        "select(Site).where(Site.id == site_id)",
        (ACCESS,),
        "another_network and sqlite",
    ),
    Guard(
        "network-of-request",
        "a request of another network does not exist",
        "dispatch/access.py",
        "    same_network = SupportRequest.network_id == actor.network_id\n",
        "    same_network = SupportRequest.network_id == SupportRequest.network_id\n",
        (ACCESS,),
        "another_network and sqlite",
    ),
    Guard(
        "visit-own",
        "a visit is its own peer's",
        "dispatch/access.py",
        "        query = query.where(Visit.peer_id == actor.id)\n",
        "        pass\n",
        (ACCESS,),
        "another_peer and sqlite",
    ),
    Guard(
        "token-time",
        "an access token ends",
        "server/auth/tokens.py",
        "if not isinstance(expires, int) or expires <= now.timestamp():",
        "if not isinstance(expires, int):",
        (SESSIONS,),
        "fifteen_minutes and sqlite",
    ),
    Guard(
        "refresh-once",
        "a refresh token works once",
        "server/auth/sessions.py",
        ".where(RefreshToken.token_hash == fingerprint(secret), RefreshToken.used_at.is_(None))",
        ".where(RefreshToken.token_hash == fingerprint(secret))",
        (SESSIONS,),
        "works_once and sqlite",
    ),
    Guard(
        "origin",
        "another site's page changes nothing by our cookie",
        "server/auth/origin.py",
        "    if request.method not in SAFE_METHODS and not is_same_origin(request, public_url):\n",
        '    if request.method == "" and not is_same_origin(request, public_url):\n',
        ("tests/api/test_browser.py",),
        "another_origin and sqlite",
    ),
    Guard(
        "signature",
        "only the provider's calls are believed",
        "server/hooks/door.py",
        "    if not signature.is_genuine(account.token, url, fields, given):\n",
        "    if not given:\n",
        ("tests/hooks/test_door.py",),
        "forged and sqlite",
    ),
    # The same key, the same answer.
    Guard(
        "key-once",
        "the same key does nothing twice",
        "server/idempotency.py",
        "    if taken is not None:\n        return None\n",
        "    if taken is not None or key:\n        return None\n",
        (KEYS,),
        "sent_again and sqlite",
    ),
    Guard(
        "key-body",
        "the same key for something else is refused",
        "server/idempotency.py",
        "    if known.fingerprint != print_:\n",
        "    if not known.fingerprint:\n",
        (KEYS,),
        "another_body and sqlite",
    ),
    Guard(
        "key-answer",
        "the answer is kept beside the work",
        "server/idempotency.py",
        '"this_body": answer.body,',
        '"this_body": "{}",',
        (KEYS,),
        "sent_again and sqlite",
    ),
    # Who is asked, and when.
    Guard(
        "asks-certified",
        "nobody without a valid certificate is asked",
        "dispatch/survey.py",
        "                and peer.certified_until is not None\n                and peer.certified_until > now\n",
        "",
        (MATCHING, ELIGIBLE, "tests/integration/test_dispatch_region.py"),
        "not postgresql",
    ),
    Guard(
        "asks-badge",
        "nobody without a badge is sent to the site",
        "dispatch/survey.py",
        "        if peer.badge_until is None or peer.badge_until <= self._now:\n            return None",
        "        if peer.badge_until == self._now:\n            return None",
        (MATCHING, ELIGIBLE),
        "not postgresql",
    ),
    Guard(
        "asks-excluded",
        "nobody who was excluded is asked",
        "dispatch/survey.py",
        "        if peer.is_excluded:\n",
        "        if peer.is_excluded is None:\n",
        (MATCHING,),
    ),
    Guard(
        "asks-on-duty",
        "nobody off duty is asked",
        "dispatch/survey.py",
        "            if not peer.on_duty:\n",
        "            if peer.on_duty is None:\n",
        (MATCHING, ELIGIBLE),
        "not postgresql",
    ),
    Guard(
        "lost-offers",
        "who may no longer answer loses the offer",
        "dispatch/engine.py",
        "    if offering.withdraw_lost(tx, request, look.peers):\n",
        "    if request.seq < 0:\n",
        (ELIGIBLE,),
        "ends_by_itself and sqlite",
    ),
    Guard(
        "looks-further",
        "a search looks further where all who were looked at are taken",
        "dispatch/looks.py",
        "            seen.is_all\n            or (seen.is_widest and decision.order)\n",
        "            seen.is_all\n            or request.seq >= 0\n",
        ("tests/integration/test_dispatch_looks.py",),
        "shift and sqlite",
    ),
    Guard(
        "told-a-human",
        "when the clock runs out a manager owns the request",
        "dispatch/engine.py",
        "    if decision.escalate:\n        _escalate(",
        "    if decision.escalate and request.seq < 0:\n        _escalate(",
        ("tests/scenarios/test_nobody_answers.py",),
        "sqlite",
    ),
    Guard(
        "next-look",
        "an open request is looked at again",
        "dispatch/engine.py",
        "    request.next_action_at = decision.look_again_at\n",
        "    request.next_action_at = None\n",
        ("tests/scenarios/test_nobody_answers.py",),
        "sqlite",
    ),
    Guard(
        "revision",
        "a dispatcher refuses a schema it was not built for",
        "server/dispatcher.py",
        "        if current != self._revision:\n",
        '        if current == "":\n',
        ("tests/api/test_health.py",),
        "another_revision and sqlite",
    ),
    Guard(
        "followed-network",
        "a peer of another network stops hearing a request",
        "dispatch/access.py",
        "        if (actor.id, request_id, actor.network_id) in found\n",
        "        if (actor.id, request_id) in {one[:2] for one in found}\n",
        (ACCESS,),
        "in_pairs and sqlite",
    ),
    Guard(
        "followed-visit",
        "a peer whose visit is over stops hearing what follows",
        "dispatch/access.py",
        "            _shows(Visit),\n",
        "",
        (ACCESS,),
        "in_pairs and sqlite",
    ),
    Guard(
        "followed-gate",
        "a socket follows only what its person may see",
        "dispatch/access.py",
        "        return and_(same_network, SupportRequest.site_id == actor.site_id)\n",
        "        return same_network\n",
        (ACCESS,),
        "own_site and sqlite",
    ),
)
