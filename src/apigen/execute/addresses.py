"""Network addresses: which of them belong to the public internet, and one spelling for each host."""

import contextlib
import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL = tuple(map(ipaddress.IPv6Network, ("::/96", "fec0::/10", "64:ff9b:1::/48")))
"""What older versions of ``ipaddress`` take for global: IPv4-compatible addresses (RFC 4291, section 2.5.5.1),
site-local ones (RFC 3879), and translation inside a network (RFC 8215)."""


def parse_address(text: str) -> Address | None:
    """An address; scoped ones (``fe80::1%eth0``) are link-local and count as none."""
    with contextlib.suppress(ValueError):
        if "%" not in text:
            return ipaddress.ip_address(text)
    return None


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, also behind the forms of IPv6 that wrap an IPv4 one."""
    parsed = parse_address(address)
    if parsed is None:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if any(parsed in network for network in _LOCAL):
            return False
        wrapped = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in _NAT64:
            wrapped = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if wrapped is not None:
            return wrapped.is_global and not wrapped.is_multicast
    return parsed.is_global and not parsed.is_multicast


def plain_host(host: str) -> str:
    """One spelling of a host: small letters, no final dot, addresses in their shortest form."""
    address = parse_address(host)
    return str(address) if address is not None else host.lower().rstrip(".")


def place(host: str, port: int) -> str:
    """``HOST:PORT`` in one spelling; an IPv6 address stands in brackets."""
    name = plain_host(host)
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
