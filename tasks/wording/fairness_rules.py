"""The rules of saklighet, one a line, for `fairness` to read over the words of a clause.

`BAD`, `SAFE`, `DID` and `WE` stand for any word of a class; `MORE`, `FELL`, `TURNED` and `RESULT` for the groups below.
`~3` lets up to three words stand between, `word*` any ending. The first rule of a kind that fits names the words.
"""

from __future__ import annotations

# Roots of a class; a root of four letters or more also ends a compound (skolmöte).
CLASSES: dict[str, str] = {
    "BAD": "brott brottslighet kriminalitet kriminell skadegörelse stök stöket klotter klottret våld våldet narkotika"
    " narkotikan droger drogerna missbruk bruket buskörning buskörare inbrott stöld rån bränder bränderna otrygghet oro"
    " oron oordning ordningsstörning gäng nyrekrytering rekrytering langning mobbning rattfylleri kränkning"
    " trakasserier skottlossning skjutning bedrägeri fortkörning",
    "SAFE": "trygghet tryggheten säkerhet säkerheten lugnet tillit förtroende förtroendet",
    "DID": "insats kontroll arbete samverkan samarbete kampanj vandring möte träff patrull patrullering hembesök sök"
    " närvaro satsning åtgärd metod arbetssätt arbetssättet information föreläsning dialog besök uppföljning löfte",
    "WE": "vi polis kommun områdespolis socialtjänst trygghetssamordnare",
}
# Look like a word of a class and are none.
NOT = ("avbrott", "uppbrott", "genombrott", "ombrott", "förebyggande")

# Better light or a better path is a thing done, and can be seen.
GROUPS: dict[str, str] = {
    "MORE": "(mindre|färre|lägre|lugnare|tryggare|säkrare|bättre (?!belysning|sikt|väg|gångväg|skyltning|upplyst)"
    "|ordning|minsk*|ökad*|ökat|ökning*|förbättr*|försvunn*|BAD|SAFE|trygg*|lugn*|höj*|sänk*)",
    "FELL": "(minskat|minskade|minskar|sjunkit|sjönk|sjunker|avtagit|avtog|avtar|upphört|upphörde|försvunnit|försvann"
    "|halverats|halverat|halverades|ökat|ökade|ökar|förbättrat|förbättrats|förbättrades|förbättras|försämrat"
    "|försämrats|försämrades|stigit|steg|stiger|(blivit|blev) (färre|fler|mindre|vanligare|ovanligare|bättre|sämre"
    "|värre)|(gått|gick|går) (ner|ned|upp)|växt|växte|växer|tilltagit|tilltog|tilltar|krympt|krymper"
    "|eskalera[tr]|spritt sig|spridit sig|sprider sig|brett ut sig|breder ut sig|vänt|vände"
    "|(är|var) (nästan |helt |nu )*borta)",
    "TURNED": "(minskat|minskade|minskar|ökat|ökade|ökar|stoppat|förhindrat|förhindrade|förhindrar|hindrat|hindrade"
    "|hindrar|förebyggt|förebyggde|dämpat|dämpade|dämpar|bekämpat|bröt|brutit|löst|löste|skapat|skapade|skapar"
    "|förbättrat|förbättrade|förbättrar|stärkt|stärkte|höjt|höjde|sänkt|sänkte|motverkat|motverkade|stävjat|stävjade"
    "|lugnat|knäckt|begränsat|begränsade|fått bort)",
    "RESULT": "(effekt|effekter|verkan|inverkan|resultat|genomslag|utdelning|frukt)",
    "CALMER": "(tryggare|lugnare|säkrare|otryggare|stökigare|oroligare|stillsammare|tystare|fredligare"
    "|farligare|stöddigare)",
}

EFFECT = """
tack vare
(till följd av|(som )?en följd av|på grund av|med hjälp av) ~3 DID ~6 MORE
(genom|med) (vårt|våra|vår|WE|det|de) ~2 DID ~5 MORE
(?<!faktorer som )(?<!orsaker som )(lett|ledde|leder|bidragit|bidrog|bidrar) ~2 (till|i) ~4 MORE
(resulterat|resulterade|resulterar|medfört|medförde|inneburit) ~6 MORE
(DID|WE) ~4 TURNED ~6 (BAD|SAFE|tryggare|lugnare|utvecklingen|trenden|beteende*)
DID ~3 (gjort|gjorde|gör) att
DID ~3 (fick|fått|får) ~2 att (sluta|börja|köra|ta|tänka|förstå|låta|våga|avstå|bete|lugna)
(har |hade )?(avskräckt|avskräckte|avskräcker|stävja*|burit frukt|gett frukt)
(gjort|gjorde|gör) ~1 skillnad
(betytt|betyder|betydde) (mycket|en hel del)
(ger|gett|gav|haft|hade|har|fick|fått|visat|visar) ((en|ett|god|goda|bra|stor|mycket|tydlig|tydliga) )*RESULT
(ger|gett|gav|haft|hade|har|fick|fått) ((en|önskad|direkt|positiv|positiva|snabb|snabbt|klar|märkbar) )*RESULT
(effekten|effekterna|resultatet|verkan) av ~3 DID (har|är|blev|var|syns|märks)
(DID|metoden|modellen) (fungerar|fungerade|har fungerat|lönar sig|biter)(?= $| , | och )
effektiv(a|t)? (sätt|metod|insats|arbetssätt|verktyg|DID)
(räddat|räddade|räddar) ~2 (från|ungdomar|unga|liv)
DID ~2 (påverkat|påverkade|förändrat|förändrade)
(kommit bort från|lämnat|slutat med|hållits borta från) ~2 BAD
DID ~3 (hållit|höll|håller) ~3 (fri|fria|drogfri*|borta)
(blivit|blev|är) ~1 (fri|fria|fritt) från ~1 BAD
(har|hade|haft|fick|fått) ~2 (inverkan|påverkan) på
(avhållit|avhåller|avhöll)
(satt|satte|sätter) ~1 stopp för
(gör|gjort|gjorde) ~1 nytta
på rätt (köl|väg|spår|bana|kurs)
(bryta|brutit|bröt|vända|vänt|vände) ~3 (utvecklingen|trenden|mönstret|spiralen)
(slagit|slog|slår) ~1 (väl|bra) ut
(orsaken|skälet|anledningen) till att ~6 FELL
utan ~1 (DID|WE) ~2 (hade|skulle)
"""

CHANGE = """
(BAD|SAFE) ~4 FELL
FELL ((antalet|anmälda|mängden|problemen|med|kraftigt|inte|av|den|det) )*(BAD|SAFE)
(har|hade) ~1 (BAD|SAFE) ~2 FELL
(färre|mindre|fler|mer) ~1 BAD
(?<!för )(?<!mot )(?<!en )(?<!temat )(minskad|minskade|minskande|ökad|ökande|växande|sjunkande) BAD
(?<!för en )(?<!mot en )(minskning|ökning|nedgång|uppgång|nedåtgående trend) (av|i|för) ~1 BAD
(blivit|blev|är|var|känns|känner sig|upplevs) ~3 CALMER
(upplever|upplevde|tycker|anser) ~4 CALMER
(fler|färre) ~1 (vågar|törs|känner sig|begår|använder|testar|provar|mår|döms|klottrar|slåss)
(BAD|problemen|problematiken|oredan) ~3 (är|var) ~2 (borta|löst|lösta|historia)
(problemen|problematiken|läget|situationen|stämningen|utvecklingen|trenden) ~7 (har |är )?FELL
(problemen|läget|situationen|stämningen) ~3 (blivit|är) ~1 (bättre|sämre|värre|stabilt|lugnt|under kontroll)
(läget|situationen|stämningen) har (stabiliserats|lugnat)
(syns|märks) ~1 (inte|knappt) ~1 (längre|till)
"""

PRAISE = """
(fantastisk|enastående|imponerande|suverän|framgångsrik|föredömlig|utmärkt|utomordentlig|otrolig|exemplarisk)*
(jättebra|jättefin|jättenöjd|jätteglad|jättelyckad|jättetrevlig|superbra|supernöjd|kanon|toppenbra|härlig|duktig|skicklig|lovvär|beundransvär|helhjärtad|storartad)*
(ovärderlig|eldsjäl|succé)*
strålande (?!sol|väder|höstsol|vårsol)\\S+
lysande (insats|DID|resultat|exempel|jobb)
(är|var|blev|varit|blivit) ~1 (toppen|stolt|stolta|lyckad|lyckat|lyckade|fenomenal*)
(är|var|blev|varit|blivit) ~3 (framgång|fullträff|förebild|föredöme)
(mycket|väldigt|riktigt|oerhört|särskilt|extra) ~1 (bra|fin|fina|fint|nöjd|nöjda|givande|gott|glad|glada)
(mycket|väldigt|riktigt|oerhört) (trevlig|trevligt|trevliga)
(mycket|väldigt|riktigt|oerhört|särskilt|extra) ~1 (lyckad|lyckat|lyckade|uppskattad|uppskattat|uppskattade)
(mycket|väldigt|riktigt) väl
(lyckad|lyckade|uppskattad|uppskattade) DID
(glädjande|glädjer|roligt att|kul att|tacksamma för|förtjänar|beröm|eloge|hyllar|stolt över|stolta över)
stort (engagemang|intresse|genomslag|tack)
(jobbat|arbetat|kämpat|slitit) ~1 (hårt|målmedvetet)
(bra|gott|fint|suveränt|grymt) (jobb|jobbat|DID|resultat|gjort)
DID ~5 (fungerar|fungerat|fungerade|flyter|gick|gått|går) ~1 (bra|väl|fint|utmärkt|smidigt)(?! att)
hög (kvalitet|klass|nivå)
över (all )?förväntan
(god|fin|bra|stor) uppslutning
vilken (fin|bra|härlig)
(höjdare|fullträff|toppklass|världsklass|guldstjärna)
(unik|unikt|unika) i
(är|var) ~3 bäst i
"""

BLAME = """
(struntade|struntat|struntar|nonchalera|nonchalan|ignorerat|ignorerade|försumma|undanflykt|inkompeten|saboter)*
(slarv|slarvat|slarvade|slarvar|slarvig|slarvigt|slarviga|misskött|misskötte|missköter|svikit|svek)
(skyller|skyllde|skylla|skyllas|skyllt|ansvarslös*|oansvarig*|respektlös*)
(är|var|blev) (WE|\\S+s) fel
(WE|\\S+s) fel att
(bryr|brydde|brytt) sig ~1 inte
inte ~1 brytt sig
visar ingen (respekt|hänsyn|vilja)
(måste|borde|får) ~2 ta (sitt|sina|större|mer|eget) ansvar
inte ~1 (tagit|tar|tog) ((sitt|sina|något|större) )?ansvar
(tar|tog) inte ~1 ansvar
(vägrat|vägrade|vägrar) (att )?(samarbeta|medverka|delta|svara|komma|hjälpa|lämna|bidra)
(beter|betedde|betett|uppför|uppförde) sig (illa|dåligt|som)
ingen respekt
bristande (vilja|respekt|intresse|engagemang|ansvar)
(ovilja|ovillig|ovilliga)
tyvärr ~1 (valde|prioriterade|avstod|missade|glömde|tackade)
(valde|prioriterade) tyvärr
(bär|har) ~1 (skulden|hela ansvaret)
(borde|skulle) ha (gjort|kommit|lämnat|skickat|tagit|planerat)
för (passiv|slapp|släpphänt|senfärdig|långsam|otydlig|dålig)(a|t|ma)? ~1 (i|med|på|när|mot)
(höll|håller|hållit) inte (vad|sitt|sina|ord*|löftet)
inte hållit (vad|sitt|sina|ord*|löftet)
(WE|\\S+) ~2 (bröt|brutit|brast|brustit|brister) ~1 (i )?(sitt|sina|ansvar*|löftet)
skärpa (sig|till)
(ta|tagit|tog) sig i kragen
(lyssnat|lyssnade|lyssnar|lyssna) ~3 inte
(beror|berodde) på ~2 (dålig*|bristande|brist|brister|slarv*|ointresse|okunskap)
(satt|suttit|sitter) ~1 på händerna
(blundat|blundade|blundar|sov|rullat tummarna)
(misslyckats|misslyckades|misslyckas) ~1 (med|att)
(borde|måste|får) ~2 (ha|få|hålla) ~1 (bättre|mer) (koll|ordning|ansvar)
"""

# What is asked, not known, meant or wished is no claim of effect or change.
UNKNOWN = """
(vet|veta|säga|säger|mäter|mäta|visar|svarar|avgöra|bedöma|oklart|okänt) ~4 (om|huruvida|vilken|vilka|hur|varför)
(frågan|frågor|frågade|undrade|diskuterade|diskuterades) ~4 (om|huruvida|vilken|vilka|hur|varför)
om ~8 (vet|mäter|framgår) ~1 (inte|vi)
(syfte|syftet|mål|målet|avsikten|tanken|förhoppningen|önskan|önskade|önskar|föreslog|föreslår|ville)
"""
