"""What one subscriber is told: chosen, filtered, ranked, grouped. Pure: the log and the moment in, a `Digest` out."""

from monitor.digest.compose import compose
from monitor.digest.matching import Match, Matcher, Ranking, match
from monitor.digest.model import LOOK_BACK, Counts, Delta, Digest, Entry, Mark, Notice, Rendered, SourceOpen

__all__ = [
    "LOOK_BACK",
    "Counts",
    "Delta",
    "Digest",
    "Entry",
    "Mark",
    "Match",
    "Matcher",
    "Notice",
    "Ranking",
    "Rendered",
    "SourceOpen",
    "compose",
    "match",
]
