"""Names of persons in Swedish text: whom a capital letter stands for, told apart from places and authorities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence


def _words(text: str) -> list[str]:
    return text.split()


# Names that are also everyday words (Stig, Sten, Björn, Vera …) are here too: a name is believed only beside a
# surname, or after a word that leads to a person.
_GIVEN = frozenset(
    _words(
        """
    adam agneta agnes ahmed aina albin alex alexander alexandra alfred ali alice alicia alma alva alvin amanda amina
    amir anders andreas anette angelica anita ann anna anneli annelie annika ann-marie anton arne arvid astrid august
    axel barbro bengt benjamin berit bertil birgit birgitta bo britt britta bror börje camilla carina carl carolina
    caroline casper catarina cecilia charlotta charlotte christer christian christina christoffer clara claes conny
    curt dan daniel daniela david dennis diana edvin edward ebba einar elias elin elina elisabet elisabeth ella elsa
    elvira emelie emil emilia emma erik erika erling ester eva evelina fabian fatima felicia felix filip filippa
    folke frank fredrik frida gabriel georg gerd gert gertrud gudrun gun gunilla gunnar gunvor gustaf gustav göran
    gösta hampus hanna hannah hannes hans harald harry hassan hedda hedvig helen helena helene helge henning henrik
    henry hilda holger hugo hussein håkan ibrahim ida inga ingegerd ingemar inger ingrid ingvar irene iris isa isabell
    isabella isak ivar jack jakob jan jane jasmin jennifer jenny jens jerker jerry jessica jesper jimmy joakim joel
    johan johanna john johnny jonas jonatan jonathan jonna josef josefin josefine julia jörgen kaj kajsa kalle karim
    karin karl karl-erik karolina katarina kennet kenneth kent kerstin kevin khadija kim kjell klara klas krister
    kristian kristin kristina kristofer kurt laila lars lars-erik leif leila lena lennart leo leon liam lilian lilly
    lina linda linn linnea linnéa linus lisa lisbeth liselott louise love lovisa lucas ludvig lukas maggan
    magdalena magnus maja malin malte marcus margareta maria mariam marianne marie markus marta martin martina mary
    mats matilda mats-erik mattias max maximilian melker mia michael mikael milan milla mimmi miranda miriam mohamed
    mohammed moa molly mona monica monika morgan muhammad måns märta märit nadia natalie nathalie nellie nicklas
    niclas nicole niklas nils nina noah nova ola olga olivia olle olof oscar oskar otto ove patrik paulina peder per
    pernilla per-erik petra peter petter pia pontus rasmus rebecca rebecka reza ricardo richard rickard robert robin
    roger roland rolf ronja ronny rosa ruben rune ruth samir samuel sanna sara sarah saga sebastian selma signe sigrid
    simon siv sixten sofia sofie solveig stefan stella sten stig stina sture sune susanna susanne sven svante sven-erik
    sylvia tage tea teodor teresa therese theo thomas thor tilda tilde tim tina tobias tom tomas tommy tora tord
    torbjörn tore torsten tove tuva ulf ulla ulla-britt ulrika urban ursula valdemar vanessa vera veronica veronika
    victor victoria vidar viggo viktor viktoria vilgot vilma vincent viola viveka wilhelm william wilma yasmin ylva
    yngve yusuf yvonne zahra zara åke åsa örjan
    abdi aisha agnieszka anja anki annelise affe aron asta bilal bodil bosse danne dragan ellinor elvin enar fanny
    fia fredrika hamza helmi igor ines irena ivan jovan kicki lasse layla leyla lisette lotta madeleine majken malik
    manne marko merja micke mina mirela mustafa nadja naima nikola nisse nour oksana olena omar ottilia pelle piotr
    pirjo rania samira siri soila sussi svetlana svitlana tessan theodor tomasz tyra uffe vesna wilhelmina yvette
    zoran östen
        """
    )
)

# Endings that hardly any place or everyday word has.
_SURNAME_ENDS = tuple(
    _words(
        """
        sson qvist kvist ström gren lund berg dahl stedt blom nen ell ski sky wicz vić vic ova oglu én ius roth man
        zadeh pour holm fors hult stam sen
        """
    )
)
# Frequent surnames with none of these endings.
_SURNAMES = frozenset(
    _words(
        """
    abdi abdullah ahmed ahmadi ali åberg björk dahlin ek falk forsman friberg hassan hedin hellman holm holmér hussein
    ibrahim ismail kaya lindh lundin lundh mohamed mohamud molin moberg nordin norén nyman norman omar osman rahimi
    rosén saleh sandin sjödin wallin wiklund yilmaz öberg öhman
        """
    )
)
_SCHOOLS = ("skolan", "skola", "skolans", "gymnasiet", "gymnasium", "läroverket", "läroverk")

_CAPITAL = r"[A-ZÅÄÖÉ][a-zåäöéćü]+(?:-[A-ZÅÄÖ][a-zåäöé]+)?"
_PAIR = re.compile(rf"\b({_CAPITAL})((?: (?:von|af|de|al|el|van))?(?: {_CAPITAL}){{1,3}})")
# Words that lead to a person; what follows with a capital letter is one.
_LEADS = _words(
    """
    familjen rektorn? poliserna läraren? kuratorn? (?:kommun|områdes)polis(?:en)? polis(?:inspektör|assistent)(?:en)?
    (?:trygghets)?samordnaren? trygghetsvärd(?:en)? fältare?n? vaktmästaren? tränaren? mamman? pappan? fru herr grannen?
    vårdnadshavaren? eleven? ordföranden? systern? brodern? sonen dottern pojken flickan killen tjejen heter
    hette kallas fotograf(?:en)? sekreteraren? kassör(?:en)? tolk(?:en)? handläggaren? utredaren? enhetschef(?:en)?
    kontaktperson(?:en)? prästen diakonen imamen pastorn? mormor morfar farmor farfar moster faster morbror farbror
    kusinen? hustrun maken sambon väninnan kompisen pennan
    """
)
_LED = re.compile(rf"\b(?i:{'|'.join(_LEADS)}|vid namn|fam\.)(?: är|:)? ({_CAPITAL}s?(?: {_CAPITAL})?)\b")
# "Jasmin har slutat": a given name that begins a sentence, unless it is a word of its own.
_FIRST = re.compile(
    rf"(?:^|[.!?] )({_CAPITAL}) (?:har|är|var|hade|sa|berättade|tyckte|kom|gick|ville|fick|tog|bor|går|blev|mår)\b"
)
_ALSO_WORDS = frozenset(_words("bo björn iris love max måns rosa saga sten stig sture urban vera"))
# A given name alone, within a sentence: not after what bears people's names without being one.
_ALONE = re.compile(
    rf"(?<![.!?] )(?<!\bkvarteret )(?<!\bbiografen )(?<!\bbåten )(?<!\bhunden )(?<=[a-zåäö,:(]) ({_CAPITAL})\b(?!-)"
)
_LOWER = re.compile(rf"(?i)\b({'|'.join(sorted(_GIVEN, key=len, reverse=True))}) \w{{2,}}sson\b")
_INITIAL = re.compile(rf"\b(?:{_CAPITAL} )?[A-ZÅÄÖ](?:\. ?| )([A-ZÅÄÖ][a-zåäöé]+)\b")
_SHORTENED = re.compile(rf"\b({_CAPITAL}) [A-ZÅÄÖ](?:\.|\b(?![\w-]))")
_REVERSED = re.compile(rf"\b({_CAPITAL}), ({_CAPITAL})\b")
# A square, a school or a prize may be called after somebody.
_CALLED_AFTER = re.compile(
    r"s? (?:torg|gata|väg|plats|plan|park|skola|kyrka|församling|minne|minnesfond|fond|stiftelse|pris|stipendium|"
    r"gymnasium|gränd|hus|gård|backe|bibliotek|hage|allé|arena|bro|brygga)\b",
    re.IGNORECASE,
)
WORDS = frozenset(
    _words(
        """
    polisen polis polismyndigheten kommunen kommun kommunens kommunpolisen socialtjänsten trygghetsvandring skolan
    föräldraträff föräldramöte föräldrakväll strängnäs eskilstuna stockholm södertälje nyköping katrineholm flen gnesta
    trosa enköping västerås örebro uppsala sverige södermanland södermanlands sörmland mälaren mälardalen norra södra
    östra västra stora lilla gamla nya sankt svenska röda korset rädda barnen brå est bris lions rotary frivilliga
    hyresgästföreningen facebook instagram teams zoom skype youtube ica coop willys hemköp lidl statoil circle ungdomens
    hus folkets resecentrum station centrum torg torget stadshuset biblioteket räddningstjänsten region länsstyrelsen
    trafikverket skolverket transportstyrelsen nattvandrarna medborgarlöftet medborgarlöfte linköpingsmodellen en ett
    den det de vi jag han hon ni man på vid i från till efter under inför med för om när där som samt också kontakta
    vårdnadshavare föräldrar rektor kurator elev lärare mamma pappa covid corona islamiska katolska missionskyrkan
    equmeniakyrkan moskén bankgiro swish januari februari mars april maj juni juli augusti september oktober november
    december måndag tisdag onsdag torsdag fredag lördag söndag jul påsk valborg lucia halloween midsommar
        """
    )
)


# After these a pair of capitalised words is a person, even where neither is in a list; unless the second is what a
# place or a company is called.
_BEFORE_PERSON = re.compile(
    r"(?:\b(?:av|med|och|enligt|hos|från|till|bjöd in|gjorde|träffade|mötte|kontakta|tackar|ringde|förälder|"
    r"boende|granne)|[,(]) $"
)
_NOT_GIVEN = frozenset(
    _words(
        "campus kvarteret villa hotell restaurang café föreningen region båten konsum svenska ung unga city café bar"
    )
)
_NOT_SURNAME = frozenset(
    _words(
        """
        församlingshem bibliotek
        kyrka slott torg hus gård park skola förskola station bygdegård fastigheter ab förening gille gymnasium
        bad camping museum kommun centrum folkhögskola hamn bruk if bk fk ik ibk hk sk scoutkår församling
        hembygdsförening supermarket kvantum nära fritid ungdom framtid arena plaza galleria mitt väst öst syd nord
        """
    )
)
_COMMON_ENDS = (
    "en",
    "et",
    "an",
    "na",
    "orna",
    "skap",
    "ing",
    "het",
    "iska",
    "ska",
    "are",
    "hem",
    "skola",
    "hus",
    "gård",
)


def find(text: str, known: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a text that are a person's name; `known` words (lower case) are never part of one."""
    for match in _REVERSED.finditer(text):
        if _is_surname(match[1]) and _is_given(match[2]):
            yield match.span()
    for match in _INITIAL.finditer(text):
        led = _BEFORE_PERSON.search(text[max(0, match.start() - 24) : match.start()])
        if _is_surname(match[1]) or (led and not _is_known(match[1], known) and _may_be_surname(match[1])):
            yield match.span()
    for match in _SHORTENED.finditer(text):
        if _is_given(match[1]):
            yield match.span()
    for match in _PAIR.finditer(text):
        yield from _name_in(text, match, known)
    for match in _LED.finditer(text):
        first, _, second = match[1].partition(" ")
        if not _is_known(first, known):
            whole = second and not _is_known(second, known)
            yield match.start(1), match.end(1) if whole else match.start(1) + len(first)
    for match in _ALONE.finditer(text):
        follows = text[match.end() :]
        if _is_given(match[1]) and match[1].casefold() not in known and not _CALLED_AFTER.match(follows):
            yield match.span(1)
    for match in _FIRST.finditer(text):
        if _is_given(match[1]) and match[1].casefold() not in known | _ALSO_WORDS:
            yield match.span(1)
    for match in _LOWER.finditer(text):
        yield match.span()


def _name_in(text: str, match: re.Match[str], known: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Return the stretch of capitalised words that is a given name with a surname, if there is one."""
    words = [(m[0], match.start() + m.start(), match.start() + m.end()) for m in re.finditer(r"[^ ]+", match[0])]
    if _CALLED_AFTER.match(text[match.end() - 1 :]) or _CALLED_AFTER.match(text[match.end() :]):
        return
    for i, (word, start, _) in enumerate(words[:-1]):
        rest = _person_words(words[i + 1 :], known)
        if not rest:
            continue
        last = rest[-1]
        led = bool(_BEFORE_PERSON.search(text[max(0, start - 24) : start]))
        second = _is_surname(last[0]) or (led and _may_be_surname(last[0]))
        if _is_given(word) or (_may_be_given(word, known) and second):
            yield start, last[2]
            return


def _may_be_given(word: str, known: frozenset[str]) -> bool:
    return not _is_known(word, known) and not word.endswith("s") and word.casefold() not in _NOT_GIVEN


def _may_be_surname(word: str) -> bool:
    plain = word.casefold()
    return len(plain) > 2 and plain not in _NOT_SURNAME and not plain.endswith(_COMMON_ENDS)


def _person_words(words: Sequence[tuple[str, int, int]], known: frozenset[str]) -> list[tuple[str, int, int]]:
    found = []
    for word in words:
        if _is_known(word[0], known) or word[0].endswith(_SCHOOLS):
            break
        found.append(word)
    return found


def _is_known(word: str, known: frozenset[str]) -> bool:
    plain = word.casefold()
    return plain in known or plain.removesuffix("s") in known or plain.endswith(("polisen", "kommunen", "föreningen"))


def _is_given(word: str) -> bool:
    plain = word.casefold()
    return plain in _GIVEN or plain.split("-")[0] in _GIVEN


def _is_surname(word: str) -> bool:
    plain = word.casefold().removesuffix("s")
    return (len(plain) > 4 and plain.endswith(_SURNAME_ENDS)) or plain in _SURNAMES
