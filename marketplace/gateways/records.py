"""TXT records of a domain, asked of the system's name servers or of those that the operator chose (`DNS_SERVERS`)."""

from __future__ import annotations

import dns.exception
import dns.rdatatype
import dns.resolver
from django.conf import settings
from django.utils.translation import gettext as _

LABEL = "_crossroads"
TIMEOUT_S = 2.0
"""For one question to one server,"""
LIFETIME_S = 6.0
"""and for all of them together."""
MOST = 100


class RecordProblem(Exception):
    """Why nothing could be read, in a sentence."""


def record_name(domain: str) -> str:
    """Where the record of a domain stands; empty for what has no records, as an address with a port."""
    return "" if ":" in domain or domain == "localhost" else f"{LABEL}.{domain}"


def text_records(name: str) -> list[str]:
    """What the TXT records of a name say, each put together of its pieces. None of them: an empty list.

    Raises RecordProblem when no server answers in time, or none with sense.
    """
    try:
        answer = _resolver().resolve(name, dns.rdatatype.TXT, search=False, lifetime=LIFETIME_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.Timeout:
        raise RecordProblem(_("No name server answered within %d seconds.") % LIFETIME_S) from None
    except (dns.exception.DNSException, OSError, ValueError):
        raise RecordProblem(_("The name servers gave no usable answer.")) from None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in list(answer)[:MOST]]


def _resolver() -> dns.resolver.Resolver:
    chosen = settings.ENV.dns_servers
    resolver = dns.resolver.Resolver(configure=not chosen)
    if chosen:
        resolver.nameservers = [host for host, _port in chosen]
        resolver.nameserver_ports = dict(chosen)
    resolver.timeout, resolver.lifetime = TIMEOUT_S, LIFETIME_S
    return resolver
