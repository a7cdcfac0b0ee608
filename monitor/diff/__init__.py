"""What changed, and when gone is really gone: pure functions of what was known, what is seen, and now."""

from monitor.diff.asking import ads_to_open
from monitor.diff.quiet import ads_until, concluded, settled_until
from monitor.diff.rereading import refresh
from monitor.diff.verdict import compare

__all__ = ["ads_to_open", "ads_until", "compare", "concluded", "refresh", "settled_until"]
