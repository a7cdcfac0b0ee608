"""Watches pages and feeds for academic positions and mails what is new, changed and closed."""

__version__ = "0.1.0"
