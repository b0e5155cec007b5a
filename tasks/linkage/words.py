"""How alike texts are in their words, whatever their order; what the other texts say is of no account."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Letters = npt.NDArray[np.uint16]
Bits = npt.NDArray[np.uint64]
# A word is known by its first letters (at most 8): the rest is mostly inflection, or the tail of a compound.
STEM = 7
# A longer word counts twice: the short ones are mostly in, on, and, or.
SHORT = 3
# What stands between two texts: it is no character, so that no text needs to hold it.
_BREAK = "\uffff"
# Letters and digits below are folded to small ones; all that lies above counts as one letter.
_ALPHABETS = 0x3000
# The marks that make two code points of a letter such as å.
_MARKS, _MARKS_END = 0x300, 0x370
# A word's character in a text is one of all those beyond Unicode's basic plane.
_BITS, _FIRST = 20, 0x10000


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts ready to be compared: each as one character a word in one order, as often as the word counts."""

    words: npt.NDArray[np.object_]
    size: Ints
    # The same for texts of the same words, as often; 0 without any.
    print: Bits

    def alike(self, one: Ints, two: Ints) -> Floats:
        """Return how alike each text is to its partner, 0 to 1: the share in common of the shorter and of both."""
        # What two sorted strings of such characters have in common is their longest common subsequence.
        both = process.cpdist(self.words[one], self.words[two], scorer=LCSseq.similarity, dtype=np.int32, workers=-1)
        here, there = self.size[one], self.size[two]
        share = both / np.maximum(np.minimum(here, there), 1) / 2 + both / np.maximum(here + there, 1)
        same = self.print[one]
        return np.where((same == self.print[two]) & (same != 0), 1.0, share)


def letters(texts: Sequence[str]) -> tuple[Letters, Ints]:
    """Return the characters of all texts, what is no character between them, and where each text begins."""
    joined = _BREAK.join(texts)
    if joined.count(_BREAK) >= max(len(texts), 1):
        return letters([t.replace(_BREAK, " ") for t in texts])
    found = np.frombuffer(joined.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    if ((found >= _MARKS) & (found < _MARKS_END)).any():
        composed = [unicodedata.normalize("NFC", t) for t in texts]
        found = np.frombuffer(_BREAK.join(composed).encode("utf-16-le", "surrogatepass"), dtype="<u2")
    return found, np.concatenate([[0], np.flatnonzero(found == ord(_BREAK)) + 1])


def read(letters: Letters, begins: Ints) -> Texts:
    """Return the texts of which the characters are given and where each begins."""
    first, code, longer = _split(letters)
    ends = np.searchsorted(first, np.append(begins[1:], len(letters)))
    number = np.diff(ends, prepend=0)
    prints = np.diff(_until(code, ends), prepend=np.uint64(0))
    # The text, the word and whether it is a longer one, in one number: sorted, each text's words stand in one order.
    word = (code >> np.uint64(64 - _BITS)).astype(np.int64)
    key = (np.repeat(np.arange(len(begins)), number) << (_BITS + 1)) | (word << 1) | longer
    # Only words of one text are out of order, which the stable sort makes use of.
    key.sort(kind="stable")
    key = key[np.diff(key, prepend=-1) > 0]
    times = (key & 1) + 1
    cuts = _until(times, np.searchsorted(key, np.arange(1, len(begins) + 1) << (_BITS + 1)))
    joined = np.repeat((key >> 1 & (1 << _BITS) - 1) + _FIRST, times).astype("<u4").tobytes().decode("utf-32-le")
    words = np.empty(len(begins), dtype=object)
    words[:] = [joined[i:k] for i, k in pairwise([0, *cuts.tolist()])]
    return Texts(words, np.diff(cuts, prepend=0), prints)


def _split(letters: Letters) -> tuple[Ints, Bits, npt.NDArray[np.bool_]]:
    """Return where each word begins, bits that stand for how it begins, and whether it is one of the longer ones."""
    folded = np.zeros(len(letters) + 9, dtype=np.uint8)
    np.take(_folded(), letters, out=folded[1:-8], mode="clip")
    inside = folded > 0
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    first, size = edges[::2], edges[1::2] - edges[::2]
    # Eight letters from each place on are a number of 64 bits, of which the stem's are kept.
    eight = np.ndarray(len(letters) + 1, dtype="<u8", buffer=folded, strides=(1,))
    stem = np.array([(1 << 8 * n) - 1 for n in range(STEM + 1)], dtype=np.uint64)
    code = eight[first + 1] & stem[np.minimum(size, STEM)]
    return first, scattered(code), size > SHORT


def together(parts: Sequence[Texts]) -> Texts:
    """Return the texts of all parts."""
    return Texts(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Texts)))


def _until(values: npt.NDArray[Any], ends: Ints) -> npt.NDArray[Any]:
    """Return the sums of all values before each end."""
    return np.concatenate([values[:1] * 0, np.cumsum(values)])[ends]


def scattered(values: npt.NDArray[Any]) -> Bits:
    """Return the values as bits that have nothing in common for neighbours, so that sums of them tell them apart."""
    mixed = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(29))


@lru_cache(maxsize=1)
def _folded() -> npt.NDArray[np.uint8]:
    """Return for each character a number for its small letter, 0 for what is no letter or digit."""
    folded = np.full(ord(_BREAK) + 1, 1, dtype=np.uint8)
    folded[:_ALPHABETS] = [1 + ord(c.casefold()[0]) % 255 if c.isalnum() else 0 for c in map(chr, range(_ALPHABETS))]
    folded[ord(_BREAK)] = 0
    return folded
