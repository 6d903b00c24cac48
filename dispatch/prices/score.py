"""What it costs, in patient-minutes, to send one peer to one request. Pure; lower is better."""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from dispatch.matching import Candidate, Need, PeerView, Place
from dispatch.policy import Policy
from dispatch.prices.pricing import Pricing
from dispatch.states import REMOTE, Modality

_IN_PERSON = Modality.IN_PERSON
_cases, _alerts = attrgetter("recent_cases"), attrgetter("recent_alerts")


class Scored(NamedTuple):
    """A candidate with their price."""

    candidate: Candidate
    chance: float
    cost_min: float
    """From the yes to help, with all that speaks for others or for this peer."""


class Scale:
    """One request on the scales: what is the same for every peer is looked up once."""

    def __init__(self, need: Need, wish: Modality, policy: Policy) -> None:
        self._need = need
        self._pricing = policy.pricing
        self._answer_s = policy.answer_s
        self._remote_min = policy.pricing.remote_min if wish is Modality.IN_PERSON else 0.0
        self.alerts = 0.0
        """How often those who were weighed were asked for nothing lately, in the mean."""
        self._experience_min = min(policy.pricing.experience_min, policy.pricing.suits_most_min)

    def way_min(self, modality: Modality, help_s: float) -> float:
        """Minutes from a yes to help, and what a way counts that was not wished for."""
        minutes = (help_s - self._answer_s) / 60.0
        return minutes + self._remote_min if modality in REMOTE else minutes

    def weigh(self, places: Sequence[Place]) -> list[tuple[float, Place]]:
        """What it costs when each of them says yes: the way, their strain, less what suits."""
        answer_s, remote_min = self._answer_s, self._remote_min
        case_min, alert_min = self._strain_min(places)
        focus, wishes, experience_min = self._need.focus, self._need.wishes, self._experience_min
        found = []
        for place in places:
            peer, way = place[4], place[5]
            cost = (way[0] - answer_s) / 60.0
            if way[1] is not _IN_PERSON:
                cost += remote_min
            if peer.recent_cases:
                cost += case_min * peer.recent_cases
            if peer.recent_alerts:
                cost += alert_min * peer.recent_alerts
            if peer.has_met or wishes:
                cost -= self._suits_min(peer)
            elif focus in peer.focus:
                cost -= experience_min
            found.append((cost, place))
        return found

    def surged(self, pricing: Pricing) -> Pricing:
        """The numbers with the price that an alert has now; after `weigh`.

        Where everybody was alerted more often than usual, each further alert costs more answers: the
        search asks fewer, and waits for those it asked, who say yes less often than in quiet times.
        """
        times = min(self.alerts / pricing.alerts_usual, pricing.ask_most_times)
        if times <= 1.0:
            return pricing
        return pricing.model_copy(update={"ask_min": pricing.ask_min * times})

    def _strain_min(self, places: Sequence[Place]) -> tuple[float, float]:
        """What a visit and an alert for nothing cost, when others had so many.

        Fairness is a proportion: where everybody was asked ten times, the eleventh is no longer what
        the second was. Else a surge would send those from afar, because all who are near are worn.
        """
        pricing = self._pricing
        peers = [place[4] for place in places]
        cases, alerts = sum(map(_cases, peers)), sum(map(_alerts, peers))
        of_all = max(len(places), 1)
        self.alerts = alerts / of_all
        return (
            pricing.case_min / max(cases / of_all / pricing.cases_usual, 1.0),
            pricing.alert_min / max(alerts / of_all / pricing.alerts_usual, 1.0),
        )

    def _suits_min(self, peer: PeerView) -> float:
        need, pricing = self._need, self._pricing
        worth = 0.0
        if need.focus is not None and need.focus in peer.focus:
            worth += pricing.experience_min
        if peer.has_met:
            worth += pricing.met_min
        if need.wishes and not need.wishes.isdisjoint(peer.traits):
            worth += pricing.wish_min
        return min(worth, pricing.suits_most_min)
