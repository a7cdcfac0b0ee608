"""Pages over HTTP: conditional, polite, bounded and safe. `Fetcher.get` is all that the pipeline needs.

client    a whole fetch: redirects, robots.txt, retries, status -> page
robots    what a host's robots.txt allows (RFC 9309)
pacing    one request at a time to a host, a pause between two, rest when it asks for it or does not answer
wire      one request and its answer, in httpx's terms
transport libcurl under httpx: connections, TLS, time limits
addresses which network addresses may be talked to
body      bytes as sent -> bytes of a page: size, content encoding, type
headers   what response headers say: freshness, Retry-After, cookies
faults    why there is no page, in a sentence for a person
"""

from monitor.fetch.client import Fetcher
from monitor.fetch.transport import run
from monitor.fetch.wire import host_of, may_share

__all__ = ["Fetcher", "host_of", "may_share", "run"]
