"""States as SQL, for the conditions of partial indexes."""

from dispatch.states import RequestState, VisitState


def listed(states: frozenset[RequestState] | frozenset[VisitState]) -> str:
    """The states in quotes, in a stable order: what stands in `IN (...)`."""
    return ", ".join(f"'{state.value}'" for state in sorted(states))
