"""Many pages that are cut off, over two web processes, while peers keep going back and forth.

A batch: new requests, a peer on the way for each, pages that follow them; every page is cut off
some times; then nobody does anything any more, and each page's stream is held against the journal.
"""

import threading
import time
from collections import Counter
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from random import Random

import requests
from sqlalchemy import select

from dispatch import invariants
from dispatch.access import Actor
from dispatch.actions import duty, peers, staff
from dispatch.models import Network, Offer
from dispatch.states import Modality, OfferState
from server.auth import sessions
from server.models import SessionKind
from tests.api import people
from tests.api.people import Person, Tenant
from tests.harness.faultproxy import FaultProxy
from tests.harness.stacked import Stacked
from tests.races.runner.follower import WAIT_S, Page
from tests.races.runner.report import Record
from tests.races.runner.stage import Stage

REQUESTS = 6
PAGES = 80
CUTS = 16
"""How often each page is cut off in a batch."""
WEBS = 2
POLICY = {"waves": [{"after_s": 0, "size": None}], "offer_blocks_s": 0, "not_departed_s": 3600}
QUICKEST_S, SLOWEST_S = 0.1, 1.0
"""Between two steps of one peer."""


class Traveller:
    """A peer on the way who cannot decide: there, back, there, back. Each is a fact."""

    def __init__(self, stage: Stage, token: str, visit_id: str, chance: Random) -> None:
        self._stage = stage
        self._token = token
        self._visit_id = visit_id
        self._chance = chance
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.wrong: list[str] = []

    def start(self) -> None:
        """Go."""
        self._thread.start()

    def stop(self) -> None:
        """Stand still."""
        self._stop.set()
        self._thread.join(WAIT_S)

    def _run(self) -> None:
        with requests.Session() as http:
            self._step(http, "depart")
            while not self._stop.wait(self._chance.uniform(QUICKEST_S, SLOWEST_S)):
                self._step(http, "arrive")
                self._stop.wait(self._chance.uniform(QUICKEST_S, SLOWEST_S))
                self._step(http, "undo")

    def _step(self, http: requests.Session, what: str) -> None:
        web = self._chance.choice(self._stage.webs)
        try:
            answer = http.post(
                f"{web.url}/api/v1/visits/{self._visit_id}/{what}",
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=WAIT_S,
            )
        except requests.RequestException as error:
            self.wrong.append(f"{what}: {error}")
            return
        if not answer.ok:
            self.wrong.append(f"{what}: {answer.status_code} {answer.text}")


class Reconnects(Stacked):
    """Two web processes behind a proxy each, and a dispatcher. `play` is one batch."""

    what = "reconnects"

    def __init__(self, folder: Path, *, pages: int = PAGES, cuts: int = CUTS) -> None:
        self._stage = Stage(folder, webs=WEBS)
        self._pages = pages
        self._cuts = cuts

    def _start(self, stack: ExitStack) -> None:
        stack.enter_context(self._stage)
        self._here = people.build(self._stage.db, REQUESTS).here
        self._sessions = self._sign_in(self._here)
        self._stage.until_ready()
        self._ways = [stack.enter_context(FaultProxy(web.port)) for web in self._stage.webs]

    def _sign_in(self, here: Tenant) -> dict[str, str]:
        """The sessions of everybody; the peers are on duty and asked all at once."""
        with self._stage.db.transaction() as tx:
            tx.session.get_one(Network, here.id).policy = POLICY
            for one in here.peers:
                ways = [Modality.IN_PERSON]
                duty.set_duty(tx, _actor(here, one), on_duty=True, modalities=ways)
            return {
                who.id: sessions.open_session(tx, who.id, SessionKind.BEARER).session_id
                for who in (here.staff, here.manager, *here.peers)
            }

    def _token(self, who: Person) -> str:
        return self._stage.token(who.id, self._sessions[who.id])

    def play(self, number: int) -> Record:
        """Ask, go back and forth, cut off, settle, compare, end."""
        began = time.perf_counter()
        chance = Random(number)
        ids, visits = self._ask()
        travellers = [
            Traveller(self._stage, self._token(peer), visit, Random(chance.random()))
            for peer, visit in zip(self._here.peers, visits, strict=True)
        ]
        pages = [self._page(at, ids, Random(chance.random())) for at in range(self._pages)]
        for one in travellers:
            one.start()
        lives = [threading.Thread(target=one.live, args=(self._cuts,)) for one in pages]
        for life in lives:
            life.start()
        for life in lives:
            life.join()
        for one in travellers:
            one.stop()
        counts, broken = self._compare(ids, pages)
        broken += [what for one in travellers for what in one.wrong[:3]]
        self._end(ids)
        return Record(
            self.what,
            number,
            sum(page.cuts.total() for page in pages),
            round(time.perf_counter() - began, 3),
            dict(counts),
            dict(sum((page.cuts for page in pages), Counter[str]())),
            broken + self._stage.complaints(),
        )

    def _ask(self) -> tuple[list[str], list[str]]:
        """A request for each peer, and the visit of the peer who said yes to it."""
        here, db = self._here, self._stage.db
        nurse = Actor(here.staff.id, here.id, here.staff.role, here.staff.name, here.site_id)
        ids, visits = [], []
        for peer in here.peers:
            with db.transaction() as tx:
                ask = staff.Ask(Modality.IN_PERSON, "Room 12", "en", consent=True)
                made = staff.create_request(tx, nurse, ask)
                ids.append(made.id)
            with db.transaction() as tx:
                offer = tx.session.scalars(
                    select(Offer).where(
                        Offer.request_id == ids[-1],
                        Offer.peer_id == peer.id,
                        Offer.state == OfferState.OPEN,
                    )
                ).one()
                visits.append(peers.accept(tx, _actor(here, peer), offer.id)[1].id)
        return ids, visits

    def _page(self, at: int, ids: list[str], chance: Random) -> Page:
        """A nurse's, a manager's or a peer's: the peer sees one request, the others some."""
        turn = at % 3
        if turn == 2:
            which = at // 3 % len(ids)
            who, seen = self._here.peers[which], [ids[which]]
        else:
            who, seen = (self._here.staff, self._here.manager)[turn], chance.sample(ids, 3)
        return Page(self._ways, lambda: self._token(who), seen, chance)

    def _compare(self, ids: list[str], pages: list[Page]) -> tuple[Counter[str], list[str]]:
        """Every page's stream against the journal as its reader may see it, once all is quiet."""
        with self._stage.db.read() as tx:
            broken = invariants.check(tx)
        newest = {one: pages[0].fresh(one)["seq"] for one in pages[0].shown}
        for page in pages:
            newest |= {one: page.fresh(one)["seq"] for one in page.shown if one not in newest}
        counts = Counter(lost=0, disordered=0, heard=0, facts=sum(newest.values()))
        for page in pages:
            page.settle(newest)
            counts.update(page.counts)
            broken += page.wrong[:3]
            for one, stream in page.stream.items():
                counts["streams"] += 1
                told = page.facts(one, page.first[one])
                lost, disordered = difference([f["seq"] for f in stream], [f["seq"] for f in told])
                counts["lost"] += lost
                counts["disordered"] += disordered
                if stream != told:
                    broken.append(f"{one}: {lost} lost, {disordered} out of order, or another text")
                if page.shown[one] != page.fresh(one):
                    broken.append(f"{one} is not shown as it is")
            page.leave()
        return counts, broken

    def _end(self, ids: list[str]) -> None:
        """The nurse ends everything, so that the peers are free."""
        for one in ids:
            self._stage.webs[0].call(
                "POST", f"/requests/{one}/cancel", self._token(self._here.staff), {"reason": "left"}
            )


def difference(stream: list[int], journal: list[int]) -> tuple[int, int]:
    """How many numbers of the journal the stream has not, and how many of its do not follow on."""
    lost = len(set(journal) - set(stream))
    disordered = sum(after != before + 1 for before, after in pairwise(stream))
    return lost, disordered


def _actor(here: Tenant, who: Person) -> Actor:
    return Actor(who.id, here.id, who.role, who.name)
