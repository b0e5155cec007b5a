"""Swedish text: what it looks like once cleaned, its sentences and words, and whether a term stands in it."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import snowballstemmer

# A record is read this far; what lies beyond is menus and footers. It bounds the time a record may take.
LIMIT = 20_000
# A shorter stem is not looked for inside other words.
COMPOUND = 4
_TAG = re.compile(r"<[^<>]{0,400}>")
_BLOCK_TAG = re.compile(r"</?(?:p|br|li|ul|ol|h[1-6]|div|tr|td|table)\b[^<>]{0,400}>", re.IGNORECASE)
# What may be a control character; most texts have none.
_ODD = re.compile(r"[^\w\n\xa0 -~–—‘’“”…·•°§´«»€]")
# What joins or parts letters without a width: a word with one of them inside is still one word.
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")
_SPACES = re.compile(r"[^\S\n]+")
_WORD = re.compile(r"[^\W_]+(?:[-–:’'][^\W_]+)*")
_LETTERS = re.compile(r"[^\W_]+")
# A line end, or a stop before a capital, a digit or a quotation; never after an abbreviation or an ordinal number.
_BREAK = re.compile(r"\n+|(?<=[.!?…])[\"”»)]*\s+(?=[\"”»(–-]?\s?[A-ZÅÄÖÉ0-9])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:kl|ang|ordf|inkl|ev|ggr|bl\.?\s?a|t\.?\s?ex|ca|v|nr|dvs|m\.?\s?fl|s\.?\s?k|t\.?\s?o\.?\s?m|fr\.?\s?o\.?\s?m|resp|tel|st"
    r"|jan|febr?|apr|aug|sept?|okt|nov|dec)\.$",
    re.IGNORECASE,
)
# Words that begin like a short term without being made of it.
_LOOKALIKES = re.compile(r"^(?:hundra|hundrad|insatt|elevat|relev|breve?d|breddn)")
# Two letters before a long word are a name's (Åsgymnasiet) unless they make it another word (invandring).
_PREFIXES = frozenset(("in", "ut", "om", "av", "på", "be", "an", "er", "ge", "un", "re", "ab"))
_ENDINGS = re.compile(
    r"^(?:s|e|a|n|an|ans|as|es|en|et|ens|ets|ar|er|or|na|arna|erna|orna|arnas|ernas|ornas|ars|ers|ors|rs|r|are|arne|ens|t|ts|ade|at|as|ades|ats)?$"
)
_COUNTED = "en två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton"
NUMBERS = {w: i for i, w in enumerate(_COUNTED.split(), 1)} | {"ett": 1, "tjugo": 20, "trettio": 30}
_stemmer = snowballstemmer.stemmer("swedish")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the Swedish stem of a case-folded word."""
    found: str = _stemmer.stemWord(word)
    return found


def clean(text: str) -> str:
    """Return `text` as plain composed text: no markup, no control characters, one kind of space, bounded length."""
    text = text[: LIMIT * 4]
    if "<" in text:
        text = _TAG.sub("", _BLOCK_TAG.sub("\n", text))
    if "&" in text:
        text = _TAG.sub("", html.unescape(text))
    text = unicodedata.normalize("NFC", text).replace("\r", "\n").replace("\u00ad", "")
    text = text[:LIMIT]
    if _ODD.search(text):
        text = _INVISIBLE.sub("", text)
        text = "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else " " for c in text)
    return _SPACES.sub(" ", text).strip()


def compose(text: str) -> str:
    """Return `text` with every letter as one code point."""
    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class Word:
    """One word with where it starts in its sentence."""

    text: str
    fold: str
    stem: str
    start: int

    @property
    def end(self) -> int:
        """Where the word ends in its sentence."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a record; number 0 is the title."""

    number: int
    text: str
    words: tuple[Word, ...]
    # The text in lower case.
    fold: str


def sentences(title: str, text: str) -> tuple[Sentence, ...]:
    """Return the title (number 0, perhaps empty) and the sentences of the text."""
    found = [_sentence(0, clean(title).replace("\n", " ")[:1000])]
    for piece in _split(clean(text)):
        found.append(_sentence(len(found), piece))
    return tuple(found)


def _split(text: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for gap in _BREAK.finditer(text):
        before = text[start : gap.start()]
        ordinal = text[gap.end() : gap.end() + 1].isdigit() and before.endswith(".")
        if "\n" not in gap[0] and _ABBREVIATION.search(before[-12:]):
            continue
        if ordinal and len(before.strip()) <= 3:
            continue  # "1. 14 oktober": a list number, not a sentence
        pieces.append(before)
        start = gap.end()
    pieces.append(text[start:])
    # One run-on "sentence" of a whole page would make everything stand beside everything.
    return [p[i : i + 1500].strip() for p in pieces if p.strip() for i in range(0, len(p), 1500)]


def _sentence(number: int, text: str) -> Sentence:
    words = []
    for match in _WORD.finditer(text):
        fold = match[0].casefold().replace("–", "-")
        words.append(Word(match[0], fold, stem(fold) if len(fold) < 60 else fold, match.start()))
    return Sentence(number, text, tuple(words), text.lower().replace("–", "-"))


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase from the config, ready to be found in its inflections and compounds."""

    text: str
    stems: tuple[str, ...]
    folds: tuple[str, ...]
    # A short name in capitals (EST) stands only as itself: as lower-case letters it is part of other words.
    acronym: bool
    # A piece that every text holding the term also holds, in lower case: the others are passed over quickly.
    literal: str
    # Written with "=": the word in that very form, no inflection and no compound.
    exact: bool = False
    # Written after "+": what must stand in the same sentence.
    beside: Term | None = None

    @property
    def literals(self) -> tuple[str, ...]:
        """The pieces, one a word, that every text holding the term also holds."""
        own = self.stems if self.literal in self.stems else (self.literal,)
        return (*own, *self.beside.literals) if self.beside else own

    def positions(self, sentence: Sentence) -> list[int]:
        """Return the numbers of the words at which the term begins."""
        if self.literal not in sentence.fold or (self.beside and not self.beside.positions(sentence)):
            return []
        words, length = sentence.words, len(self.stems)
        return [i for i in range(len(words) - length + 1) if all(self._fits(words[i + j], j) for j in range(length))]

    def _fits(self, word: Word, position: int) -> bool:
        wanted, whole = self.stems[position], self.folds[position]
        if self.exact:
            return word.fold == whole
        if self.acronym:
            parts = word.text.split("-")
            return any(p in (self.text, f"{self.text}:s", f"{self.text}s") for p in parts)
        if word.stem == wanted or word.fold == whole:
            return True
        if len(self.stems) > 1 and position < len(self.stems) - 1:
            return word.fold.startswith(wanted) and bool(_ENDINGS.match(word.fold[len(wanted) :]))
        # The last word of a phrase may be the end of a compound (sök med narkotikahund), not its beginning.
        return _in_compound(word, wanted, whole) and (len(self.stems) == 1 or not word.fold.startswith(wanted))


def inflects(text: str, wanted: str) -> bool:
    """Tell whether the word that `text` begins with may be `wanted` or an inflection of it."""
    found = _LETTERS.match(text)
    word = found[0] if found else ""
    return bool(_ENDINGS.match(word[len(wanted) :])) or stem(word) == wanted


def _in_compound(word: Word, wanted: str, whole: str) -> bool:
    """Tell whether a stem is the first, last or middle part of a compound, or just more heavily inflected.

    `whole` is the word that was stemmed: the stem of "insats" lacks its s, and "punktinsatser" ends in it.
    """
    if len(wanted) < COMPOUND:
        return any(stem(part) == wanted for part in word.fold.split("-")) if "-" in word.fold else False
    at = word.fold.find(wanted)
    if at < 0 or _LOOKALIKES.match(word.fold):
        return False
    rest = word.fold[at + len(wanted) :]
    if at == 0:
        if rest.startswith(("ing", "are")):
            return False  # another word of the same root: "vandra" is not "vandring"
        return len(wanted) >= 5 or bool(_ENDINGS.match(rest)) or len(rest) >= 3
    if at < 3 and word.fold[at - 1] != "-" and (at < 2 or len(wanted) < 7 or word.fold[:2] in _PREFIXES):
        return False
    # The last part: only an ending may follow; a long stem may also stand in the middle.
    ends = _ENDINGS.match(rest) or (word.fold.startswith(whole, at) and _ENDINGS.match(word.fold[at + len(whole) :]))
    return bool(ends) or (len(wanted) >= 6 and len(rest) >= 3)


@lru_cache(maxsize=4096)
def term(text: str) -> Term:
    """Return the term for one config text."""
    own, _, other = text.partition(" + ")
    exact = own.startswith("=")
    plain = unicodedata.normalize("NFC", own.removeprefix("="))
    words = _sentence(0, plain).words
    acronym = len(words) == 1 and plain.isupper() and len(plain) <= 5
    keys = tuple(_key(w) for w in words)
    literal = words[0].fold if acronym else max(keys, key=len, default="")
    if len(words) > 1 and len(literal) < 4:
        literal = plain.lower()  # "A- och": its words alone stand everywhere
    return Term(plain, keys, tuple(w.fold for w in words), acronym, literal, exact, term(other) if other else None)


def _key(word: Word) -> str:
    """Return what a term's word is looked up by: its stem, but a person's name (-are) keeps what makes it one."""
    return word.fold[:-1] if word.fold.endswith("are") and len(word.fold) > 7 else word.stem


def first(terms: Sequence[Term], sentence: Sentence) -> Word | None:
    """Return the first word of whichever term stands earliest in the sentence."""
    found = [positions[0] for t in terms if (positions := t.positions(sentence))]
    return sentence.words[min(found)] if found else None


def without(sentence: Sentence, terms: Sequence[Term]) -> Sentence:
    """Return the sentence with the words that any of the terms take up left out of `words`."""
    gone = {at + i for t in terms for at in t.positions(sentence) for i in range(len(t.stems))}
    if not gone:
        return sentence
    return replace(sentence, words=tuple(w for i, w in enumerate(sentence.words) if i not in gone))


def number(word: str) -> int | None:
    """Return the value of a small number in digits or letters, else None."""
    if word.isdecimal() and len(word) <= 4:
        return int(word)
    return NUMBERS.get(word.casefold())
