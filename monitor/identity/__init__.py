"""Who is who: which URLs are one, the keys that a posting has, and which posting is which position."""

from monitor.identity.addresses import canonical_url, host_of, job_number
from monitor.identity.keys import distinct, is_known_elsewhere, keys, keys_of, lookup_keys
from monitor.identity.matching import Matching, match, sighting_of
from monitor.identity.titles import alike, near_title, normal, repaired, same_words

__all__ = [
    "Matching",
    "alike",
    "canonical_url",
    "distinct",
    "host_of",
    "is_known_elsewhere",
    "job_number",
    "keys",
    "keys_of",
    "lookup_keys",
    "match",
    "near_title",
    "normal",
    "repaired",
    "same_words",
    "sighting_of",
]
