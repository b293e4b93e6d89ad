"""Technology: networks, transfers, checksums, versions, passwords, disk arrays, screens and file permissions."""

import hashlib
import ipaddress
import math
import re
import zlib
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Technology"

# Decimal prefixes (SI) and binary prefixes (IEC 80000-13).
_BYTES_PER = {
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}

# First and last addresses (RFC 1918), as numbers: networks remember what they were asked, and a call leaves no traces.
_PRIVATE_RANGES = tuple(
    (int(network.network_address), int(network.broadcast_address))
    for network in map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
)

_StatusCode = Literal[
    100, 101, 200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409, 410, 411,
    412, 413, 414, 415, 416, 422, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 511,
]  # fmt: skip

# Phrases: IANA, "HTTP Status Code Registry". A table of ours, as that of the standard library differs between versions.
_STATUS = {
    100: ("Continue", "the client may go on and send the body of its request"),
    101: ("Switching Protocols", "the server changes to the protocol that the client asked for"),
    200: ("OK", "the request succeeded"),
    201: ("Created", "the request succeeded and made something new"),
    202: ("Accepted", "the request was taken on but is not finished yet"),
    204: ("No Content", "the request succeeded and there is nothing to send back"),
    206: ("Partial Content", "only the requested part of the resource is sent"),
    301: ("Moved Permanently", "the resource has a new address for good"),
    302: ("Found", "the resource is at another address for the time being"),
    303: ("See Other", "the answer is to be fetched from another address with GET"),
    304: ("Not Modified", "the copy that the client already has is still good"),
    307: ("Temporary Redirect", "repeat the same request at another address, this time only"),
    308: ("Permanent Redirect", "repeat the same request at another address, from now on"),
    400: ("Bad Request", "the server cannot understand the request"),
    401: ("Unauthorized", "the client has to log in first, or its credentials are wrong"),
    403: ("Forbidden", "the server knows who asks and refuses"),
    404: ("Not Found", "there is nothing at this address"),
    405: ("Method Not Allowed", "the resource does not support this method, such as POST"),
    406: ("Not Acceptable", "the server has no representation that the client accepts"),
    408: ("Request Timeout", "the client took too long to send its request"),
    409: ("Conflict", "the request conflicts with the present state of the resource"),
    410: ("Gone", "the resource was here and has been removed for good"),
    411: ("Length Required", "the request has to state the length of its body"),
    412: ("Precondition Failed", "a condition set by the client does not hold"),
    413: ("Content Too Large", "the body of the request is larger than the server takes"),
    414: ("URI Too Long", "the address is longer than the server takes"),
    415: ("Unsupported Media Type", "the server does not take data of this format"),
    416: ("Range Not Satisfiable", "the requested part lies outside the resource"),
    422: ("Unprocessable Content", "the request is well formed but its content makes no sense"),
    426: ("Upgrade Required", "the server insists on another protocol"),
    428: ("Precondition Required", "the server insists on a conditional request, to avoid lost updates"),
    429: ("Too Many Requests", "the client sent too many requests in a short time"),
    431: ("Request Header Fields Too Large", "the headers of the request are larger than the server takes"),
    451: ("Unavailable For Legal Reasons", "access is denied on account of a legal demand"),
    500: ("Internal Server Error", "the server failed in a way it did not expect"),
    501: ("Not Implemented", "the server does not know how to do what is asked"),
    502: ("Bad Gateway", "a server in between got an invalid answer from the server behind it"),
    503: ("Service Unavailable", "the server is overloaded or down for maintenance"),
    504: ("Gateway Timeout", "a server in between got no answer in time from the server behind it"),
    511: ("Network Authentication Required", "the client has to log in to the network first"),
}

# Semantic Versioning 2.0.0: three numbers without leading zeros, then optional pre-release labels and build data.
_NUMBER = r"(0|[1-9]\d*)"
_SEMVER = re.compile(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)

_LOWERCASE, _UPPERCASE, _DIGITS, _SYMBOLS = 26, 26, 10, 32  # printable ASCII characters of each kind, without space

_Version = Annotated[
    str,
    Field(
        max_length=100,
        examples=["1.4.2", "2.0.0-rc.1", "0.9.13", "3.11.7", "10.2.0", "1.0.0-beta.2", "4.18.2", "5.0.1"],
    ),
]


class _RaidLevel(StrEnum):
    """RAID level: how the disks are combined."""

    RAID_0 = "RAID 0"
    RAID_1 = "RAID 1"
    RAID_5 = "RAID 5"
    RAID_6 = "RAID 6"
    RAID_10 = "RAID 10"


_LEAST_DISKS = {
    _RaidLevel.RAID_0: 2,
    _RaidLevel.RAID_1: 2,
    _RaidLevel.RAID_5: 3,
    _RaidLevel.RAID_6: 4,
    _RaidLevel.RAID_10: 4,
}


def subnet_details(
    network: Annotated[
        str,
        Field(
            max_length=18,
            examples=[
                "192.168.1.0/24",
                "10.0.0.0/8",
                "172.16.32.0/20",
                "192.168.7.130/25",
                "203.0.113.64/26",
                "10.20.4.0/22",
                "198.51.100.8/29",
            ],
        ),
    ],
) -> dict[str, object]:
    """Netmask, address range and number of usable hosts of an IPv4 subnet.

    Args:
        network: IPv4 address with a prefix length (CIDR notation), such as 192.168.1.0/24; host bits may be set.

    Returns:
        ``network``, ``netmask``, ``broadcast``, ``first_host``, ``last_host``, ``usable_hosts`` and ``private``.

    Raises:
        ValueError: This is no IPv4 network in CIDR notation.

    Source: IETF, RFC 4632 (CIDR), RFC 1918 (private addresses) and RFC 3021 (31-bit prefixes).
    """
    if "/" not in network:
        raise ValueError(f"{network!r} has no prefix length: write it as in 192.168.1.0/24")
    subnet = ipaddress.IPv4Network(network.strip(), strict=False)
    first, last, hosts = int(subnet.network_address), int(subnet.broadcast_address), subnet.num_addresses
    if subnet.prefixlen < 31:
        # The lowest address names the network itself and the highest is its broadcast address.
        first, last, hosts = first + 1, last - 1, hosts - 2
    return {
        "network": str(subnet),
        "netmask": str(subnet.netmask),
        "broadcast": str(subnet.broadcast_address),
        "first_host": str(ipaddress.IPv4Address(first)),
        "last_host": str(ipaddress.IPv4Address(last)),
        "usable_hosts": hosts,
        "private": any(lowest <= first and last <= highest for lowest, highest in _PRIVATE_RANGES),
    }


def file_transfer_time(
    size: Annotated[float, Field(gt=0, le=1e9)],
    size_unit: Literal["KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"],
    speed_mbps: Annotated[float, Field(ge=0.001, le=1_000_000)],
    overhead_percent: Annotated[float, Field(ge=0, le=90)] = 0.0,
) -> dict[str, object]:
    """How long a download or upload of a given size takes over a network connection.

    Args:
        size: Amount of data, in the size unit.
        size_unit: Unit of the size: decimal (KB, MB, GB, TB) or binary (KiB, MiB, GiB, TiB) bytes.
        speed_mbps: Speed of the connection, in megabits per second (Mbps).
        overhead_percent: Share of the speed that protocols use up, in percent.

    Returns:
        ``seconds`` and ``duration`` as H:MM:SS.

    Source: prefixes of IEC 80000-13 and the SI; 8 bits to the byte, 10^6 bits to the megabit.
    """
    bits = size * _BYTES_PER[size_unit] * 8
    seconds = bits / (speed_mbps * 1e6 * (1 - overhead_percent / 100))
    whole = round(seconds)
    return {"seconds": round(seconds, 2), "duration": f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"}


def text_checksum(
    text: Annotated[
        str,
        Field(
            max_length=10_000,
            examples=[
                "hello world",
                "correct horse battery staple",
                "Invoice 2024-117",
                "The quick brown fox",
                "backup-final",
                "open sesame",
                "user@example.com",
            ],
        ),
    ],
    algorithm: Literal["md5", "sha1", "sha256", "sha512", "crc32"] = "sha256",
) -> str:
    """Checksum or cryptographic hash of a text.

    Args:
        text: The text to hash; its UTF-8 bytes count, without a line break at the end.
        algorithm: The hash function or checksum.

    Returns:
        The digest in small hexadecimal digits.

    Source: NIST, FIPS 180-4 (SHA); IETF, RFC 1321 (MD5); ISO 3309 (CRC-32).
    """
    data = text.encode()
    if algorithm == "crc32":
        return f"{zlib.crc32(data):08x}"
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def compare_software_versions(first: _Version, second: _Version) -> dict[str, object]:
    """Tell which of two software version numbers is newer, and whether upgrading may break things.

    Args:
        first: A semantic version such as 1.4.2 or 2.0.0-rc.1; a leading v is allowed.
        second: The version to compare it with.

    Returns:
        ``newer`` (first, second or neither) and ``difference`` (major, minor, patch, prerelease or none), where a
        major difference means that the newer one may be incompatible.

    Raises:
        ValueError: A version is not of the form MAJOR.MINOR.PATCH.

    Source: Semantic Versioning 2.0.0 (semver.org), item 11.
    """
    first_key, second_key = _precedence(first), _precedence(second)
    newer = "neither" if first_key == second_key else "first" if first_key > second_key else "second"
    parts = ("major", "minor", "patch", "prerelease")
    differing = (part for part, one, other in zip(parts, first_key, second_key, strict=True) if one != other)
    return {"newer": newer, "difference": next(differing, "none")}


def password_strength_bits(
    length: Annotated[int, Field(ge=1, le=256)],
    uppercase: bool = False,
    digits: bool = False,
    symbols: bool = False,
) -> dict[str, float]:
    """Strength (entropy) of a randomly generated password of some length and character set.

    Args:
        length: Number of characters.
        uppercase: Whether uppercase letters (capitals) occur beside the lowercase ones.
        digits: Whether digits (numbers) occur.
        symbols: Whether symbols (punctuation, special characters) occur.

    Returns:
        ``alphabet_size``, ``entropy_bits`` and ``crack_years``, the mean time to guess it at 10^12 guesses a second.

    Source: Shannon (1948), entropy of independent symbols; NIST SP 800-63-2, appendix A.
    """
    alphabet = _LOWERCASE + _UPPERCASE * uppercase + _DIGITS * digits + _SYMBOLS * symbols
    bits = length * math.log2(alphabet)
    # On average half of all passwords are tried before the right one. In logarithms, as long ones would overflow.
    log10_years = (bits - 1) * math.log10(2) - 12 - math.log10(365.25 * 86400)
    crack_years = float(f"{10 ** min(log10_years, 300.0):.3g}")
    return {"alphabet_size": alphabet, "entropy_bits": round(bits, 2), "crack_years": crack_years}


def raid_usable_capacity(
    level: _RaidLevel,
    disks: Annotated[int, Field(ge=2, le=128)],
    disk_size_tb: Annotated[float, Field(gt=0, le=1000)],
) -> dict[str, object]:
    """Usable capacity of a RAID array of equal disks, and how many disks may fail without data loss.

    Args:
        level: RAID level.
        disks: Number of disks in the array.
        disk_size_tb: Size of each disk, in terabytes.

    Returns:
        ``usable_tb``, ``efficiency_percent`` and ``failures_survived``, the number of disks whose failure is survived
        whichever disks they are.

    Raises:
        ValueError: The level needs more disks, or an even number of them.

    Source: Storage Networking Industry Association, "Common RAID Disk Data Format Specification".
    """
    if disks < _LEAST_DISKS[level]:
        raise ValueError(f"{level} needs at least {_LEAST_DISKS[level]} disks, not {disks}: add disks")
    if level is _RaidLevel.RAID_10 and disks % 2:
        raise ValueError(f"{level} needs an even number of disks, not {disks}: add or leave out one")
    data_disks, survived = {
        _RaidLevel.RAID_0: (disks, 0),
        _RaidLevel.RAID_1: (1, disks - 1),
        _RaidLevel.RAID_5: (disks - 1, 1),
        _RaidLevel.RAID_6: (disks - 2, 2),
        _RaidLevel.RAID_10: (disks // 2, 1),
    }[level]
    return {
        "usable_tb": round(data_disks * disk_size_tb, 3),
        "efficiency_percent": round(data_disks / disks * 100, 2),
        "failures_survived": survived,
    }


def http_status_meaning(code: _StatusCode) -> dict[str, str]:
    """Explain what a status code of a web server or web API means.

    Args:
        code: HTTP status code, such as 404.

    Returns:
        ``phrase``, ``meaning`` and ``kind``: informational, success, redirection, client error or server error.

    Source: IANA, "HTTP Status Code Registry"; IETF, RFC 9110 and RFC 6585.
    """
    phrase, meaning = _STATUS[code]
    kinds = ("informational", "success", "redirection", "client error", "server error")
    return {"phrase": phrase, "meaning": meaning, "kind": kinds[code // 100 - 1]}


def screen_pixel_density(
    width_pixels: Annotated[int, Field(ge=1, le=100_000)],
    height_pixels: Annotated[int, Field(ge=1, le=100_000)],
    diagonal_inches: Annotated[float, Field(ge=0.1, le=1000)],
) -> dict[str, object]:
    """Pixel density (PPI), aspect ratio and megapixels of a monitor, phone or television screen.

    Args:
        width_pixels: Pixels across.
        height_pixels: Pixels down.
        diagonal_inches: Diagonal of the visible area, in inches.

    Returns:
        ``pixels_per_inch``, ``aspect_ratio`` in lowest terms such as 16:9, and ``megapixels``.

    Source: Pythagorean theorem on the pixel grid; term as in ISO 9241-302 (electronic visual displays).
    """
    divisor = math.gcd(width_pixels, height_pixels)
    return {
        "pixels_per_inch": round(math.hypot(width_pixels, height_pixels) / diagonal_inches, 2),
        "aspect_ratio": f"{width_pixels // divisor}:{height_pixels // divisor}",
        "megapixels": round(width_pixels * height_pixels / 1e6, 2),
    }


def _precedence(version: str) -> tuple[int, int, int, tuple[tuple[int, int, str], ...]]:
    """What SemVer compares: numbers, then the labels of a pre-release; a release ranks above its pre-releases."""
    match = _SEMVER.fullmatch(version.strip())
    if match is None:
        raise ValueError(f"{version!r} is not a semantic version: write it as MAJOR.MINOR.PATCH, such as 1.4.2")
    major, minor, patch, labels = match.groups()
    # Numeric labels rank below words; the leading 2 of a release ranks above both.
    prerelease = tuple(
        (0, int(label), "") if label.isdigit() else (1, 0, label) for label in (labels.split(".") if labels else ())
    )
    return int(major), int(minor), int(patch), prerelease or ((2, 0, ""),)
