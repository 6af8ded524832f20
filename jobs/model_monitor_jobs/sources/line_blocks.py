"""Text in blocks of whole lines, for readers that look at many lines at once."""

from __future__ import annotations

from collections.abc import Iterator

from model_monitor_jobs.sources.text import TextSource


class LineBlocks(TextSource):
    """A file whose beginning is read in blocks of whole lines, and what is left of it in any way."""

    _returned = b""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end."""
        if not self._returned:
            return super().read(size)
        piece, self._returned = self._returned[:size], self._returned[size:]
        return piece + super().read(size - len(piece)) if len(piece) < size else piece

    def blocks(self, size: int) -> Iterator[bytearray]:
        """Blocks of about `size` bytes that end with a newline, as long as there are any.

        Left for `read` is what follows: a line longer than a block, or one without a newline.
        """
        rest = b""
        while cut := (data := self.read(size)).rfind(b"\n") + 1:
            block = bytearray(rest)
            block += memoryview(data)[:cut]
            rest = data[cut:]
            yield block
        self._returned = rest + data + self._returned
