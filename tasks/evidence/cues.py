"""Words in a Swedish sentence that tell how real its activity is: done, coming, called off, promised, described."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tasks.evidence.swedish import Sentence

# Each pattern is linear: plain alternatives over one bounded sentence. `(?<!\w)` instead of \b keeps å, ä, ö whole.
_GAP = r"(?:\s[\w-]+){0,4}?\s"


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(alternatives) + r")(?!\w)")


# An activity carried out: past tense, perfect, or a participle that tells of a completed thing.
_DONE = _words(
    r"genomförde?s?|genomförts?|(?:av)?höll(?:s)?|(?:av)?hållits?|ägde\srum|ägt\srum|(?:ut)?gjorde?s?|(?:ut)?gjorts?|gick(?:s)?|gåtts?|deltog|deltagit"
    r"|medverka(?:de|t)|besök(?:te|tes|t|ts)|arrangera(?:de|des|t|ts)|(?:an)?ordna(?:de|des|t|ts)|träffades?|träffats|möttes|mötts|samlades|samlats"
    r"|(?:genom|av|efter)?sök(?:te|tes|t|ts)|letade?s?|letat|kontrollera(?:de|des|t|ts)|stoppa(?:de|des|t|ts)|stannade|avsluta(?:des|ts|de)"
    r"|dela(?:de|des|t|ts)(?:\s\w+){0,3}\sut|ut(?:dela|skicka)(?:de|des|ts|t|d)|skicka(?:de|des|t|ts)|sän(?:de|des|t|ts)|getts|gavs|föreläste?|lanserade?s?|lanserats?|lanserat"
    r"|spreds?|spred|spridits?|spritt|\w*vandra(?:de|des|t|ts)|skett|skedde|sammanträd(?:de|tt)|togs\sigen|tagits\sigen|damp|dimpt|inspektera(?:de|des|t|ts)|besiktiga(?:de|des|t|ts)|tillämpa(?:des|ts)|åkte|åkt|pågick|pågått"
    r"|utförde?s?|utförts?|avverkade?s?|har\s(?:\w+\s){0,2}haft|(?:är|var|blev|har|blivit|nu|redan)\s(?:\w+\s){0,3}?(?:genomförd|genomförda|gjord|gjorda|utförd|utförda|avklarad|avklarade|avslutad|avslutade|klara?)"
    r"|(?:har|hade)\s(?:\w+\s){0,2}(?:visats|setts)|(?:har|hade)\s(?:\w+\s){0,3}fortsatt(?=\s(?:under|enligt|som\splanerat|med\s(?:\d|en|ett|två|tre|fyra|fem|sex|sju|åtta|nio|tio|elva|tolv))|\s?[.,])"
    r"|(?:föräldrar\w*|vårdnadshavare\w*|familje\w+|hushåll\w*|ungdomar\w*)\s(?:[\w–-]+\s){0,12}?(?:fick|fått)\s(?:[\w–-]+\s){0,12}(?:brev\w*|folder\w*|broschyr\w*|besök|hembesök)"
    r"|(?:fick|fått|nådde)\s(?:\w+\s){0,2}(?:föräldrar|vårdnadshavare|familjer|hushåll)\s(?:[\w–-]+\s){0,12}(?:brev\w*|folder\w*|broschyr\w*|besök|hembesök)"
    r"|vinka(?:de|des|t|ts)(?:\s\w+){0,2}\sin|rikta(?:de|t)\sin\ssig|kraftsamla(?:de|t)"
    r"|slog(?:s)?\still|satsade|trycktes|tryckts|publicera(?:des|ts)|samverkat|inledde?s?|inletts|bedrevs?|bedrivits|användes|använts|arbetat|mynnade"
    r"|uppfyll(?:t|d|da|des|ts)|uppnå(?:tt|dd|dda|ddes|tts)|infria(?:t|d|de|des|ts)|(?<=status:\s)(?:klart?|genomfört?|utfört?)"
)
# A past tense that tells of something, though not surely of the activity: Swedish strong verbs are a closed class,
# the others end alike; the nouns and adjectives that end so too are left out.
_PAST = re.compile(
    r"(?<!\w)(?:(?:har|hade)(?:,?\s[\w-]+){5,14}?\s(?!\w*(?:et|brott|natt|dat|ltat|stat|rakt|fart|skift|vakt)s?(?!\w)|inte|samt|rätt|allt)\w{3,}(?:at|[aei]tt|it|[bdfgklmnprs]t)s?(?=\s(?:av|upp|in|ut|sig|till|på|hos|hem|med|samman|igenom|ihop|runt|om|en|ett|två|tre|fyra|fem|\d+)\s)"
    r"|(?:har|hade)(?:,?\s[\w-]+){0,4}?\s(?!(?:ett|det|att|allt|mycket|inte|fritt|lätt|rätt|nytt|annat|samt|bland|runt|sett|gott|stort|minst|mest|först|sist)(?!\w))\w{2,}(?:t|ts)"
    r"|bad|bar|bjöds?|blev|bröts?|drack|drog(?:s)?|dök|fann(?:s)?|fick|flög|föll|for|gavs?|gick(?:s)?|grep(?:s)?|hann|hette|högg|(?<!^)(?<!^–\s)kom(?!\s(?:i\sgång|ihåg|gärna))|lät|lade?s?|låg|log|lydde|njöt|rann|red|rev|sa|sade?s|satt|satte?s?|såg(?:s)?|sjöng|sken|skar|skrev(?:s)?"
    r"|sköts?|slog(?:s)?|slöts?|spreds?|sprang|stal|steg|stod|svor|sålde?s?|tog(?:s)?|var(?!\s(?:och\s(?:en|när)|annan|andra|tredje|fjärde|femte|sjätte|sjunde|åttonde|nionde|tionde)\s)|vann|åt|hade|höll(?:s)?|gjorde?s?|genomförda?|gjorda|utförda|avklarade|varit|blivit|haft"
    r"|(?!(?:borde|värde|fjärde|vårde|elde|syfte|löfte|skifte|inte|möte|både|område|bredde|längde|måste|minste|skulle|hände|ände|mitte|träde|sade)s?(?!\w))(?!\w*(?:aste|[ae]nde|område|löfte|syfte|möte|värde|skifte)s?(?!\w))"
    r"\w{2,}(?:ade|dde|rde|lde|gde|mde|vde|nde|kte|pte|ste|tte|xte|fte)s?)(?!\w)"
)
# What someone saw, found or noted at it: proof that it took place, in a sentence that need not name it.
_RESULT = _words(
    r"notera(?:de|des|t|ts)|uppmärksamma(?:de|des|t|ts)|konstatera(?:de|des|t|ts)|påtala(?:de|des|ts)|lyfte?s|pekade?s?\sut"
    r"|markera(?:de|t)|hittade?s?|hittats|påträffa(?:de|des|t|ts)|synpunkter\w*\s(?:sammanställs|sammanställdes|samlades)"
    r"|sammanställ(?:s|des|ts)\snu|sammanställdes|dokumentera(?:de|des|ts)|kom\süverens|upptäck(?:te|tes|t|ts)|åtgärda(?:de|des|ts)"
    r"|kom\s(?:ett|en|\d+|många|drygt|cirka|omkring|runt|över|nästan|tjugo|trettio|ett\s\w+tal)|dök\supp|slöt\supp|togs\supp|fick\s(?:se|höra|veta|ställa)"
    r"|(?:inga|inget|ingen)(?:\s\w+){0,2}\s(?:fynd|beslag|narkotika|droger|resultat)|gav\s(?:inget|inga|resultat|utslag)|utan\s(?:resultat|fynd)"
    r"|(?<=:\s)(?:ja|uppfyllt|klart)(?=\s?(?:[,.(]|$))|framkom|framkommit|resultat(?:et)?\s(?:av|från|efter)|närvarande|deltagare:|iakttagelser|minnesanteckning\w*|åtgärdslist\w*|protokoll\s(?:från|fört|över)|rapport\s(?:från|efter)|tar\snu\shand|lämnas\s(?:nu\s)?över|lockade"
    r"|(?:var|blev)\s(?:\w+\s)?(?:välbesök\w+|fullsat\w+|uppskattad\w*)|deltog|ställdes\sfrågor|frågor\sställdes|diskuterade?s?|samtalade?s?|(?:\w+)beslag\w*|bötfäll(?:de|des|ts)|rapportera(?:des|ts)"
)
_FUTURE = _words(
    r"ska|skall|skulle|kommer\s(?:\w+\s){0,3}att|kommer\still\s(?:\w*skola\w*|oss|er|vår\w*)|planera[rs]?|(?<!den\s)(?<!det\s)(?<!de\s)planerade|(?<!den\s)planerad|planerats|planerat|planen\sär|inplanera(?:d|t|de|ts)|inbokad(?:e)?|inbokat"
    r"|bokad(?:e)?|bokats|boka[ts]|välkom(?:men|na)|samling|samlas|anmäl(?:an|er)?|föranmälan|bjuder(?:\s\w+){0,2}\sin|bjuds(?:\s\w+){0,2}\sin|inbjud(?:an|na|en|ning)"
    r"|inbjuds|datum(?:et)?\s(?:kommer|meddelas)|kvar\satt\sgöra|återstår|väntar|nästa|kommande|stundande|snart|dags\sför|i\smorgon|imorgon|hoppas|tänker|avser"
    r"|kom\s(?:gärna\s)?och|häng\s(?:med|på)|följ\smed|mötesplats|ta\smed|var\smed\soch|längre\sfram|under\sframtagande|på\sgång|(?:håller|är)\spå\satt|tas\sfram|börjar\s(?:den|kl\.?|klockan|på)|varslar|aviserar|förvarnar|flaggar\sför|räkna\smed|från\soch\smed|inom\skort|senare\si\s(?:år|vår|höst|veckan)"
)
# Words that only an arranged occasion has, whatever else the sentence explains.
_BOOKED = _words(
    r"kvar\satt\sgöra|återstår|inplanera(?:d|t|de|ts)|inbokad(?:e)?|inbokat|bokad(?:e)?|bokats|samling|föranmälan|datum(?:et)?\s(?:kommer|meddelas)|häng\s(?:med|på)|dags\sför|får\splats|max(?:imalt)?\s\d+|\d+\splatser|begränsat\santal"
)
_PRESENT = _words(
    r"genomförs?|hålls?|håller|äger\srum|ordnas?|ordnar|anordnas?|anordnar|arrangera[rs]|(?<!i\s)går|gör|görs|startar|besöker|träffas|medverkar|deltar|kallar"
    r"|möts|söker|kontrollerar|delas?\sut|delar\sut|skickar|skickas|informerar|har|är|blir|finns|vandrar|satsar|sker|använder|arbetar|föreläser|träffar|inspekterar|får|lanserar|sprider"
)
_CALLED_OFF = _words(
    r"inställ(?:d|t|da)|beslut\w*\s(?:om\s)?(?:att\s)?(?:ställa\sin|avboka|avlysa|stryka)|ställ(?:s|des|ts|er|de|t)(?:\s\w+){0,2}\sin|blir(?:\s\w+){0,2}\s(?:inte|ej)(?:\s\w+){0,2}\sav|blev(?:\s\w+){0,2}\s(?:inte|aldrig|ej)(?:\s\w+){0,2}\sav"
    r"|blir\singen|blev\singen|blir\sdet\singen|blev\sdet\singen|utebl(?:ev|ir)|avbok(?:as|ades|ats|ad)|avlys(?:t|es|tes|ts)|avblås(?:t|es|tes|ts)|blås(?:es|tes|ts)\sav|utgå(?:r|tt)(?!\s(?:från|med|till|enligt))"
    r"|(?:har|hade|kunde|kan)(?:\s\w+){0,3}\s(?:inte|ej|aldrig)(?:\s\w+){0,2}\s(?:kunnat\s)?(?:genomför\w*|håll\w*|ordna\w*|arrangera\w*|göra\w*)"
    r"|(?:genomfördes|hölls|gjordes|ordnades|ägde\srum)(?:\s\w+){0,1}\s(?:inte|aldrig|ej)|pausa(?:s|des|ts|d|de)|stryks|ströks|struk(?:en|its|na)"
    r"|(?:fick|fått|måste|tvingades|tvingats)(?:\s\w+){0,3}\s(?:ställas?(?:\s\w+){0,2}\sin|avlysas?|avbokas?|strykas?)"
)
_POSTPONED = _words(
    r"(?:fick|fått|måste|tvingades|tvingats)(?:\s\w+){0,3}\s(?:skjutas?\s(?:upp|fram)|flyttas?)|får\s(?:en\s)?ny\sdag|(?:blir|hålls|går|kommer)(?:\s\w+){0,3}\si\sstället\s(?:att|den|på|till)|"
    r"skjut(?:s|en|na|its|as)?(?:\s\w+){0,2}\s(?:upp|fram|på\s(?:framtiden|obestämd))|sköt(?:s)?(?:\s\w+){0,2}\s(?:upp|fram)|skjutits\s(?:upp|fram)|skjutas\supp|uppskjut(?:en|na|et)|framflytta\w*|framskjut(?:en|na|et)"
    r"|senarelägg(?:s|er|as)|senarelag(?:d|da|t|ts)|senarelades|flytta(?:s|des|ts|d|de|t|r)(?:\s\w+){0,3}?\s(?:fram|från\sden|till\s(?:den|\d|vecka|v\.|måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag|januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december|hösten|våren|ett\ssenare|en\sannan\sdag|senare|nästa|slutet|början|mitten))|nytt\sdatum|ny\sdag|nya\sdatumet|ny\stid"
)
_PROMISE = _words(
    r"lova(?:r|de|t|s)|utlova(?:d|t|de|r|s)|(?:medborgar)?löfte[snt]?\w*|åta(?:r|git)\ssig|åtagande\w*|med\smål(?:et|sättning\w*)?|mål(?:et)?\s(?:är|var)|målsättning\w*"
)
_AT_LEAST = _words(r"minst\s(?:\d+|en|ett|två|tre|fyra|fem|sex|sju|åtta|nio|tio|tolv)")
_STANDING = _words(
    r"brukar|varje\s(?:år|månad|vecka|termin|vår|höst|kvartal|måndag|tisdag|onsdag|torsdag|fredag|läsår)|årligen|(?:\w+|\d+)\sgång(?:er)?\s(?:per|om|i|varje)\s\w+"
    r"|en\sgång\sper\s\w+|regelbundet|regelbundna|löpande|kontinuerligt|fortlöpande|veckovis|normalt|vanligtvis|ibland|oftast|alltid"
)
_METHOD = _words(
    r"innebär|utvärdering\w*|effekt(?:en|er|erna)?|studie\w*|erfarenhet\w*|går\sut\spå|syfta[rd]?e?|syftet(?:\s\w+){0,4}\sär|metod(?:en|er|erna)?|arbetssätt(?:et)?|modell(?:en)?\s(?:är|innebär|används|bygger|går)|är\sen\s(?:metod|modell|del|form|samverkansform|träff|vandring|promenad|arbetsform)"
    r"|vad\sär|så\s(?:här\s)?(?:fungerar|går|arbetar|jobbar)|beskriv(?:er|s|ning)|rutin(?:en|er)?|avtal(?:et|at)?|överenskommelse\w*|handlar\som|används|går\still\sså|kan\s(?:du|man|ni|också|även|alla|invånare|boende)"
    r"|råd\s(?:till|om)|tips|checklista|handbok|handledning|vägledning|definition\w*|består\sav|ansvarar\sför|exempelvis|till\sexempel|t\.?\s?ex|bland\sannat|bl\.?\s?a|ta\sinitiativ|information\som|hittar\sdu|läs\smer|under\sförutsättning|vid\sbehov"
    r"|^att\s\w+a\s\w+|bjud\sin|^[\w/ -]{3,40}:\s(?:en|ett|metod)\s(?!\w+tal)\w+"
)
_WISH = _words(
    r"vill(?:e)?(?!\s(?:\w+\s)?(?:förbereda|informera|påminna|tacka|berätta|meddela|uppmärksamma|passa\spå|hälsa))|föreslå(?:r|s)|föreslog|förslag\w*|motion(?:en|er|erna)?|motionär\w*|yrka[rd]?e?|debatt\w*|insändare|kräver|krävde|krav\s(?:på|om)|önska[rd]?e?|borde|bör|efterlys\w*|interpellation\w*|medborgarförslag\w*"
    r"|om\svi\sfår|överväg\w*|diskuterar\som|utred(?:a|er|s)|frågan\som|remiss\w*|kan\sbli\saktuell\w*|ifrågasätt\w*|kritisk\w*|tycker|anser|partiet|kan\stänka\ssig|hoppa(?:des|ts)"
)
_REFUSED = _words(
    r"(?:kommer|ska|skall|tänker|vill|får)(?:\s\w+){0,2}\s(?:inte|ej|aldrig)(?!\s(?:avslöja|säga|berätta|uppge|kommentera|svara|gå\sin|veta))(?:\s\w+){0,1}(?:\satt)?|avslag|avslog(?:s)?|avslå(?:s|tts)?|säger\snej|sade\snej|sa\snej|nobba(?:r|de|s)|förbjud\w*"
)
_NOT_YET = _words(
    r"(?:ännu|än)\s(?:inte|ej|inga|ingen)|(?:inte|ej|inga|ingen)(?:\s\w+){0,3}\s(?:ännu|än)|har\sinte\sbörjat"
)
_NONE_DONE = _words(
    r"(?:inga|ingen|inget|noll)\s(?!(?:\w+\s)?(?:fynd|beslag|anmärk|brott|fel|narkotika|drog|skad|incident|resultat|träff))(?:\w+\s){0,2}(?:har(?:\s\w+)?\s(?:genomför|håll|gjor|ordna|arrangera)\w*|genomfördes|hölls|gjordes|ordnades)|ingen\s(?:kom|deltog|dök\supp|mötte\supp)"
)
_ONCE = _words(
    r"i\sfjol|förra\såret|föregående\sår|tidigare\sår|för\s(?:\w+|\d+)\sår\ssedan|året\sinnan|sedan\s(?:tidigare|19\d\d|20\d\d)|på\s(?:19)?\d0-talet|historiskt"
)
# Years back: of another time than any promise that is followed up.
_LONG_AGO = _words(
    r"för\s(?:\w+\s)?(?!ett|1)(?:\d+|två|tre|fyra|fem|sex|sju|åtta|nio|tio|många|flera|några)\sår\ssedan"
)
# What was called off and held after all.
_MADE_UP = _words(r"togs\sigen|tagits\sigen|(?:blev|kunde)(?:\s\w+){0,2}\s(?:ändå|till\sslut)")
# Something shown and told of, which is not the thing itself.
_SHOWN = _words(r"visa(?:de|r|t)\shur|uppvisning\w*|demonstrera\w*|klappa")
# Who was there, as a log or a protocol writes it.
_ROSTER = re.compile(
    r"(?<!\w)(?<!max\s)(?<!högst\s)(?<!minst\s)\d+\s(?:deltagare|besökare)(?!\w|\s(?:anmälda|får|kan|väntas|ryms))|deltagare:\s?\d|antal\sdeltagare\W{1,2}\d"
    r"|(?<!\w)polis(?:en)?(?:\s(?:med|närvarande|deltog))?:?\s(?:ja|två|\d)(?!\w)|(?<!\w)(?:närvarande|medverkande):"
)
# A party taking part, in a sentence beside the one that names the activity.
_TOOK_PART = _words(
    r"(?:medverka(?:de|t)|deltog|deltagit|närvara(?:de|t)|var\s(?:med|där|på\splats|inbjud\w+)|fanns\s(?:med|på\splats))"
    r"(?=\s?(?:[.,;!]|$)|\s(?:och|samt|vid\sb[åe]da|(?:i|på|vid)\s(?:mötet|träff\w+|kvällen|samtliga)))"
    r"|(?:berättade|informerade|föreläste|pratade|talade)\som|svarade\spå\sfrågor|tack\still|medverkande"
)
# Plain verbs that with a day gone by tell that it took place; talk and decisions use other verbs.
_CAME = _words(
    r"kom|blev|hade|lockade|samlade|följde|bjöd|drog|synade|granskade|nosade|gick|deltog|fick(?!(?:\s[\w-]+){0,4}\sfrån)"
)
_TALK = _words(
    r"beslut\w*|besluta\w*|presentera\w*|diskutera\w*|prata\w*|berätta\w*|skrev|skrivit|svara\w*|fatta\w*|plan(?:en|er|erna)|fråg\w+|nämn\w*|redovisa\w*|kommentera\w*|kritis\w+|handlade\som|informera\w*\som|godkän\w+|stude\w+|undra\w*|bestäm\w*|beslöt\w*|antog\w*|antagi\w+|en(?:ades|ats)|anställ(?:de|des|t|ts)|släpp(?:te|tes|t|ts)|utlys(?:te|tes|t|ts)|utsåg\w*|tillsat\w*|bokade?s?|anmälde|utvärdera\w*|forska\w*|anslog|beställ\w*|upphandla\w*|röst(?:ade\w*|ats?)|begär\w*|hänvisa\w*|yrka\w*"
)
# Participles that describe a thing ("riktade insatser", "så kallade"), and past tenses of wish, talk and plan.
_ATTRIBUTE = re.compile(
    r"(?:riktade|ökade|utökade|kallade|utsatta|nämnda|förebyggande|planerade|förstärkta|särskilda|misstänkt\w*|tränad\w*)s?$"
)
# What a debate was about.
_DEBATES = re.compile(
    r"(?:debatt|diskussion|motion|fråga|yrkande|interpellation)\w*\s(?:rörde|gällde|avsåg|handlade|berörde)"
)
# What follows explains what something is.
_DEFINES = re.compile(r"(?<!\w)(?:innebär|går\sut\spå|består\sav)(?!\w)")
_DETERMINER = re.compile(r"(?<!\w)(?:är(?:\s\w+)?|den|det|de|så|dessa|vissa|alla|sina|våra|deras|för|med|mer|fler)\s$")
# What was not done, or would have been.
_NOT_BEFORE = re.compile(r"(?<!\w)(?:inte|ej|aldrig|inga|ingen|inget)(?!\s(?:bara|minst|enbart))\s(?:[\w-]+\s){0,2}$")
_NOT_AFTER = re.compile(r"\s(?:[\w-]+\s)?(?:inte|ej|aldrig)(?!\w)(?!\s(?:bara|minst|enbart|obemärkt))")
_WOULD = re.compile(r"(?<!\w)(?:skulle|borde|kunde)\s(?:[\w-]+\s){0,4}ha\s(?:[\w-]+\s){0,2}$")
_HAD_IT = re.compile(r"^\W*hade\s(?:det|vi|man|ni|de|polisen|kommunen|skolan)\s")
_SAID = (_TALK, _WISH, _PROMISE, _FUTURE)
# "Har kommit överens", "har sagt ja": agreed on, not done. "Haft god effekt": judged, not told.
_AGREED = re.compile(r"\s(?:överens|ja|nej|(?:\w+\s){0,2}effekt\w*)(?!\w)")
# "Har ni läst brevet som kom i veckan?": the question takes for granted what its clause tells.
_ASSUMES = re.compile(
    r"(?<!\w)som\s(?:vi\s|polisen\s|kommunen\s)?(?:kom|skicka(?:de|des|ts)|dela(?:de|des|ts)|hölls|gick|genomfördes|ordnades|damp)(?!\w)"
)
# A plain present tense: a closed list of the commonest verbs, and the ending beside a subject.
_GENERAL = re.compile(
    r"(?<!\w)(?:är|har|(?<!i\s)går|låter|kan|får|ger|gör|finns|heter|betyder|kallas|leds|leder|ingår|används|använder|består|gäller|bygger|handlar|säger"
    r"|visar|menar|tycker|känner|vet|arbetar|jobbar|håller|hålls|genomför|genomförs|ordnar|ordnas|bedriver|bedrivs|behöver|behövs|söker|görs|sker|syftar|samlar|samverkar"
    r"|(?:vi|ni|du|man|de|jag|hon|han|det|som|att|polisen|kommunen|skolan|rektor)\s(?!år|var)\w{2,}r|\w{2,}r\s(?:vi|ni|du|man|de|polisen|kommunen|skolan))(?!\w)"
)
# A practice since a time: "används löpande sedan i våras".
_EVER_SINCE = _words(
    r"(?:alltsedan|sedan)\s(?:i\s\w+as|i\s\w+|årsskiftet|nyår|januari|terminsstarten|hösten|våren|sommaren|20\d\d)"
)
# News of a state of affairs, unlike what always is so.
_LATELY = _words(r"nu|sedan|hittills|precis|nyss|nyligen|redan|i\sdag|i\sgår|över|slut(?:et)?|senaste|klart?|klara")
_APPOINTMENT = _words(r"(?:kl|klockan)\.?\s\d{1,2}(?:[.:]\d\d)?")
# The present tense of arranging: a plan, nearly never proof.
_ARRANGES = _words(r"genomförs?|hålls?|håller|(?:an)?ordna[rs]|arrangera[rs]")
_ONGOING = _words(r"pågår|fortgår|är\sigång|är\ss\sigång")
_SUMMARY = _words(
    r"under\s(?:hela\s)?(?:året|fjolåret|perioden|tertialet|kvartalet|halvåret|(?:19|20)\d\d|våren|hösten|läsåret|vår(?:en)?\soch\shöst(?:en)?)|sammanlagt|totalt|sammantaget|hittills(?:\si\sår)?|sedan\s(?:årets\sbörjan|årsskiftet|januari)"
    r"|i\når|fram\still|till\soch\smed|t\.?o\.?m\.?|årets|av\s(?:19|20)\d\d\sårs|summering|sammanfattning|uppföljning\w*|årsrapport\w*|bokslut\w*|tillsammans\sblev\sdet"
)
_SUMMARY = re.compile(_SUMMARY.pattern.replace(r"|i\når|", r"|i\sår|"))


@dataclass(frozen=True, slots=True)
class Cues:
    """What one sentence says about how real its activity is; each field is the words that said so, or empty."""

    done: str = ""
    past: str = ""
    result: str = ""
    future: str = ""
    present: str = ""
    called_off: str = ""
    postponed: str = ""
    promise: str = ""
    at_least: str = ""
    standing: str = ""
    method: str = ""
    wish: str = ""
    refused: str = ""
    not_yet: str = ""
    none_done: str = ""
    once: str = ""
    ongoing: str = ""
    summary: str = ""
    came: str = ""
    talk: str = ""
    appointment: str = ""
    booked: str = ""
    # A past tense that is no wish, talk, promise or plan, nor a mere attribute.
    told: str = ""
    general: str = ""
    lately: str = ""
    asks: str = ""
    long_ago: str = ""
    made_up: str = ""
    shown: str = ""
    roster: str = ""
    took_part: str = ""
    arranges: str = ""
    ever_since: str = ""
    # Done by its word, but denied, or only supposed.
    undone: str = ""
    would: str = ""

    @property
    def doubt(self) -> str:
        """The words that make a past tense something else than a report."""
        return self.at_least or self.wish or self.not_yet or self.none_done or self.refused or self.once

    @property
    def dismisses(self) -> str:
        """The words for which a sentence is taken for something else than a report."""
        grounds = self.future or self.talk or self.method or self.long_ago
        return self.doubt or self.asks or self.promise or grounds


_ALL = {
    "done": _DONE,
    "past": _PAST,
    "result": _RESULT,
    "future": _FUTURE,
    "present": _PRESENT,
    "called_off": _CALLED_OFF,
    "postponed": _POSTPONED,
    "promise": _PROMISE,
    "at_least": _AT_LEAST,
    "standing": _STANDING,
    "method": _METHOD,
    "wish": _WISH,
    "refused": _REFUSED,
    "not_yet": _NOT_YET,
    "none_done": _NONE_DONE,
    "once": _ONCE,
    "ongoing": _ONGOING,
    "summary": _SUMMARY,
    "came": _CAME,
    "talk": _TALK,
    "appointment": _APPOINTMENT,
    "booked": _BOOKED,
    "general": _GENERAL,
    "lately": _LATELY,
    "long_ago": _LONG_AGO,
    "made_up": _MADE_UP,
    "shown": _SHOWN,
    "roster": _ROSTER,
    "took_part": _TOOK_PART,
    "arranges": _ARRANGES,
    "ever_since": _EVER_SINCE,
}


def cues(sentence: Sentence) -> Cues:
    """Return what one sentence says of its activity."""
    return _cues(sentence.fold[:1500])


@lru_cache(maxsize=4096)
def _cues(text: str) -> Cues:
    if text.rstrip('”"») ').endswith("?") and not _ASSUMES.search(text):
        return Cues(asks="?")  # a question tells nothing
    said = {name: m[0] if (m := pattern.search(text)) else "" for name, pattern in _ALL.items()}
    told = _told(text) if said["past"] else ""
    return Cues(**{**said, **(_real(text) if said["done"] else {})}, told=told)


def _real(text: str) -> dict[str, str]:
    """Return what was done, not done, and would have been done."""
    found = {"done": "", "undone": "", "would": ""}
    for match in _DONE.finditer(text):
        before = text[max(0, match.start() - 60) : match.start()]
        key = "done"
        if _NOT_BEFORE.search(before) or _NOT_AFTER.match(text, match.end()):
            key = "undone"
        elif _WOULD.search(before) or _HAD_IT.search(text):
            key = "would"
        found[key] = found[key] or match[0]
    return found


def _told(text: str) -> str:
    if _DEBATES.search(text):
        return ""
    defined = _DEFINES.search(text)
    for match in _PAST.finditer(text, 0, defined.start() if defined else len(text)):
        attribute = _ATTRIBUTE.search(match[0]) or (
            match[0].endswith(("ade", "da", "ta")) and _DETERMINER.search(text[: match.start()])
        )
        agreed = _AGREED.match(text, match.end())
        if not attribute and not agreed and not any(p.search(match[0]) for p in _SAID):
            return match[0]
    return ""
