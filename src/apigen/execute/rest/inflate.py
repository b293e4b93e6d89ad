"""Undoes gzip and deflate, never writing out more than is asked for."""

import zlib

from apigen.execute.rest.problems import Unanswered


class Inflater:
    """Takes a body piece by piece.

    Args:
        coding: the value of ``Content-Encoding``.

    Raises:
        Unanswered: the service sends what it was not asked for.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding.strip().lower()
        if self._coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Unanswered(
                f"its response is encoded as {self._coding[:40]!r}, but only gzip and deflate are accepted"
            )
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes, room: int) -> bytes:
        """What a piece says, cut off after ``room`` bytes, which must be at least one.

        Raises:
            Unanswered: it is broken.
        """
        if self._coding in ("", "identity"):
            return data[:room]
        written = b""
        try:
            while data and len(written) < room:
                if self._stream is None:
                    self._stream = self._begin(data[0])
                written += self._stream.decompress(data, room - len(written))
                data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
                if self._stream.eof:
                    self._stream = None  # a gzip file may have several members
        except zlib.error as error:
            raise Unanswered(f"its response is not valid {self._coding} ({error})") from None
        return written

    def finish(self) -> None:
        """Note that all pieces have come.

        Raises:
            Unanswered: the end is missing.
        """
        if self._stream is not None:
            raise Unanswered(f"its {self._coding} response is truncated")

    def _begin(self, first: int) -> "zlib._Decompress":
        if self._coding != "deflate":
            return zlib.decompressobj(zlib.MAX_WBITS | 16)
        # RFC 9110 means the zlib format by "deflate"; some send the bare stream, which never begins like that.
        return zlib.decompressobj(zlib.MAX_WBITS if first & 0x0F == 8 else -zlib.MAX_WBITS)
