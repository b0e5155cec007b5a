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
Letters = npt.NDArray[np.uint32]
Bits = npt.NDArray[np.uint64]
# A word is known by its first letters: the rest is mostly inflection, or the tail of a compound.
STEM = 7
# A longer word counts twice: the short ones are mostly in, on, and, or.
SHORT = 3
# Letters and digits below are folded to small ones; what lies above counts as letters as it stands.
_ALPHABETS = 0x3000
# A word's code is the polynomial of its letters in this odd number, in whole numbers of 32 bits.
_ODD, _MIX = 0x9E3779B1, 0x85EBCA6B
# A code's upper bits choose the word's character: one of all those beyond Unicode's basic plane.
_BITS, _FIRST = 20, 0x10000


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts ready to be compared: each as one character a word in one order, as often as the word counts."""

    words: npt.NDArray[np.object_]
    size: Ints
    # The same for texts of the same words; 0 without any.
    print: Bits

    def alike(self, one: Ints, two: Ints) -> Floats:
        """Return how alike each text is to its partner, 0 to 1: the share in common of the shorter and of both."""
        # What two sorted strings of such characters have in common is their longest common subsequence.
        both = process.cpdist(self.words[one], self.words[two], scorer=LCSseq.similarity, dtype=np.int32, workers=-1)
        less, whole = np.minimum(self.size[one], self.size[two]), self.size[one] + self.size[two]
        share = both / np.maximum(less, 1) / 2 + both / np.maximum(whole, 1)
        return np.where((self.print[one] == self.print[two]) & (self.print[one] != 0), 1.0, share)


def letters(texts: Sequence[str]) -> tuple[Letters, Ints]:
    """Return the characters of all texts with a space between them, and where each text begins."""
    joined = " ".join(texts)
    if not unicodedata.is_normalized("NFC", joined):
        texts = [unicodedata.normalize("NFC", t) for t in texts]
        joined = " ".join(texts)
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4"), np.cumsum(sizes) - sizes


def read(letters: Letters, begins: Ints) -> Texts:
    """Return the texts of which the characters are given and where each begins."""
    first, code, longer = _split(letters)
    number = np.diff(np.searchsorted(first, begins), append=len(first))
    # The text, the word and whether it is a longer one, in one number: sorted, each text's words stand in one order.
    key = np.sort((np.repeat(np.arange(len(begins)), number) << 33) | (code << 1) | longer)
    key = key[np.diff(key, prepend=-1) > 0]
    ends = np.cumsum(np.bincount(key >> 33, minlength=len(begins)))
    code, times = key >> 1 & 0xFFFFFFFF, (key & 1) + 1
    cuts = [0, *_until(times, ends).tolist()]
    joined = np.repeat((code >> (32 - _BITS)) + _FIRST, times).astype("<u4").tobytes().decode("utf-32-le")
    words = np.empty(len(begins), dtype=object)
    words[:] = [joined[i:k] for i, k in pairwise(cuts)]
    return Texts(words, np.diff(cuts), np.diff(_until(scattered(code), ends), prepend=np.uint64(0)))


def _split(letters: Letters) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Return where each word begins, a code of 32 bits for how it begins, and whether it is one of the longer ones."""
    folded = np.take(_folded(), letters, mode="clip")
    edges = np.flatnonzero(np.diff(folded > 0, prepend=False, append=False))
    first, end = edges[::2], np.minimum(edges[1::2], edges[::2] + STEM)
    # The sum from the first letter of all to each letter; a word is a difference of two, moved back to the beginning.
    power, back = _powers(1 << len(letters).bit_length())
    sums = np.zeros(len(letters) + 1, dtype=np.uint32)
    np.cumsum(folded * power[: len(letters)], dtype=np.uint32, out=sums[1:])
    code = (sums[end] - sums[first]) * back[first]
    code = (code ^ (code >> np.uint32(15))) * np.uint32(_MIX)
    return first, code.astype(np.int64), end - first > SHORT


def together(parts: Sequence[Texts]) -> Texts:
    """Return the texts of all parts."""
    return Texts(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Texts)))


def _until(values: npt.NDArray[Any], ends: Ints) -> npt.NDArray[Any]:
    """Return the sums of all values before each end."""
    return np.concatenate([values[:1] * 0, np.cumsum(values)])[ends]


def scattered(values: Ints) -> Bits:
    """Return the values as bits that have nothing in common for neighbours, so that sums of them tell them apart."""
    mixed = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(29))


@lru_cache(maxsize=1)
def _folded() -> Letters:
    """Return for each character its small letter, 0 for what is no letter or digit."""
    known = [ord(c.casefold()[0]) if (c := chr(i)).isalnum() else 0 for i in range(_ALPHABETS)]
    return np.array([*known, _ALPHABETS], dtype=np.uint32)


@lru_cache(maxsize=32)
def _powers(size: int) -> tuple[Letters, Letters]:
    """Return so many powers of the odd number, and of the one that undoes it."""
    found = []
    for factor in (_ODD, pow(_ODD, -1, 1 << 32)):
        power = np.full(size, factor, dtype=np.uint32)
        power[0] = 1
        found.append(np.multiply.accumulate(power, dtype=np.uint32))
    return found[0], found[1]
