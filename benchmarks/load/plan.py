"""How large, how long, how fast. The defaults are the goals' own: a country at ten times its peak."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """One run."""

    phones: int = 10_000
    minutes: float = 3.0
    """From the first request to the last, with everybody connected; the ramp comes before."""
    requests_per_minute: float = 110.0
    """Eleven a minute is the country's daily peak."""
    reconnect: int = 2_000
    """So many phones lose their connection at one instant, at half time; 0 for none."""
    backs_off: bool = False
    """Whether they wait before they come back, as our page does; at once is the worst case."""
    position_every_s: float = 30.0
    web: int = 2
    """Web processes, one for each core. One alone carries 5,000 phones; with 10,000 everything queues in it."""
    at_once: int = 40
    """Connections under way during the ramp."""
    seed: int = 1
    forces_log: bool = True
    """Whether PostgreSQL waits for the disk at each commit, as in production; a test need not."""

    @property
    def seconds(self) -> float:
        """From the first request to the last."""
        return self.minutes * 60.0

    @property
    def sites(self) -> int:
        """Forty in a country; a few where there are only a few phones."""
        return max(4, min(40, self.phones // 15))

    @property
    def networks(self) -> int:
        """Four sites each, two at least: nothing may cross."""
        return max(2, self.sites // 4)
