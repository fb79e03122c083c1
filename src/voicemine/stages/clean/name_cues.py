"""The expressions and small word lists by which `names` knows a person: what stands before, behind and around."""

from __future__ import annotations

import re

_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_SMALL = r"[a-zà-öø-ÿ]{0,24}(?:['’\-][A-Za-zÀ-ÿ]{1,24}){0,2}"
_CAP = _CAPITAL + _SMALL
# What may not stand before the capital is looked back for from behind it: a search skips to the next capital at once.
CAPITAL_WORD = re.compile(rf"{_CAPITAL}(?<![\w@#<&/'’.-].){_SMALL}(?![\w@])")
NEXT = re.compile(rf" (?:([A-Z])\.? (?=[A-Z])|({_CAP})(?![\w@])|((?:van|von|de|del|della|di|da|dos|la|le|bin|ibn|al|"
                  rf"el|der|den|ter)(?: "
                  rf"(?:la|der|den|los))? )({_CAP})(?![\w@]))")
TOKEN = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+){0,2}")

INTRO_HARD = re.compile(
    r"\b(?:my|his|her|their|whose|the (?:agent|driver|lady|guy|man|woman|person|advisor|rep|manager)'?s?|full|first|"
    r"last|complete|'s) "
    r"(?:(?:full|first|last|real|complete|first and last) )?name(?:'s| is| was|:)?:? (?:is |was |as )?"
    r"|^(?:full |first |last |your )?name ?(?:is|:|-) ?|(?<=\W)(?:by the name of|goes by|named|name's) "
    r"|^name (?=[a-z])", re.IGNORECASE | re.MULTILINE)
INTRO_SOFT = re.compile(r"[IiTtMmHh](?<!\w.)(?:(?<=[Ii])(?: am|['’]m|t's|t is)|(?<=i)m|(?<=[Tt])his is|(?<=[Mm])yself|"
                        r"(?<=[Hh])ere is) ")
TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Mister|Madam|Nurse|Herr|Frau|Monsieur|"
                   r"Madame|Señora?|"
                   r"mr|mrs|MR|MRS|DR)\.? (?=[A-Za-zÀ-Þ])")
# The first letter alone, then what must stand before it and what it must begin: a search skips to the next such letter.
GREET = re.compile(
    r"[HDTCKSMBGhdtcksmbg\u017f\u212a](?:(?<=^.)|(?<=[.!?\n,>] .)|(?<=\n.))"
    r"(?i:(?<=h)(?:i|ello|ey|ats off to|ola|allo)|(?<=d)ear|(?<=t)h(?:anks|ank you|x)|(?<=c)heers|"
    r"(?<=k)udos to|(?<=s)hout ?out to|(?<=m)any thanks|(?<=b)(?:ig thanks to|onjour)|"
    r"(?<=g)ood (?:morning|afternoon|evening))(?i:(?: again| so much| very much)?,?) ")
ROLE = re.compile(
    r"\b(?:(?:[Aa]gent|agt|[Aa]ttendant|captain|[Dd]river|waiter|waitress|server|nurse|doctor|manager|technician|"
    r"tech|engineer|rep|"
    r"representative|advis[oe]r|receptionist|barista|colleague|assistant|cashier|clerk|stewardess|host|hostess|"
    r"bartender|supervisor|"
    r"salesman|saleswoman|lady|guy|man|gentleman|husband|wife|son|daughter|friend|girlfriend|boyfriend|sister|"
    r"brother|boss|concierge|"
    r"therapist|midwife|consultant|physio|operator|gal|girl|fella|chap|bloke|staff member|employee|associate|"
    r"specialist|instructor|"
    r"tutor|coach|mechanic|plumber|installer|courier|gp)(?: was| is|:)?(?: named| called| by the name of|,)?"
    r"|(?:spoke|speaking|talked|talking|chatted|chatting|dealt|dealing|met|working|worked) (?:to|with)|(?:served|"
    r"helped|assisted|handled|"
    r"seen|treated|answered|signed|greeted|welcomed) by|ask(?:ed)? for|transferred (?:me )?to|connected (?:me )?to|"
    r"called|thanks to|"
    r"kudos to|shout ?out to|mention|commend|praise) (?=[A-ZÀ-Þ])")
#: The words that a match of ROLE can end with, but for those that end with a mark.
ROLE_ENDS = frozenset(
    "agent Agent agt attendant Attendant captain driver Driver waiter waitress server nurse doctor manager technician "
    "tech engineer rep representative advisor adviser receptionist barista colleague assistant cashier clerk "
    "stewardess host hostess bartender supervisor salesman saleswoman lady guy man gentleman husband wife son "
    "daughter friend girlfriend boyfriend sister brother boss concierge therapist midwife consultant physio operator "
    "gal girl fella chap bloke member employee associate specialist instructor tutor coach mechanic plumber installer "
    "courier gp was is named called of to with by for mention commend praise".split())
STRONG_ROLE = re.compile(r"\w")
DID = re.compile(r"(?: [A-Z][\w'’-]+)?(?: (?:was|is|were|has been|had been) (?:(?:so|very|extremely|really|super|"
                 r"incredibly|truly|also|"
                 r"both|absolutely|quite|an?|the|most) ){0,3}(?:helpful|friendly|kind|polite|rude|professional|"
                 r"patient|amazing at|"
                 r"courteous|knowledgeable|lovely|attentive|welcoming|pleasant|caring|wonderful|fantastic|great|"
                 r"excellent|brill|"
                 r"awesome|brilliant|efficient|best|gem|star|unhelpful|dismissive|understanding|supportive|nice|"
                 r"amazing|our|my)\b"
                 r"|,? (?:helped|assisted|answered|explained|took care|went above|went out|listened|resolved|sorted|"
                 r"greeted|served|"
                 r"showed|made sure|told me|told us|said|called me|replied|promised|hung up|transferred|deserves|"
                 r"just told|"
                 r"apologi[sz]ed|arrived|came out|fixed|treated|walked me|guided|informed|refused|gave (?:me|us)|who|"
                 r"at the (?:desk|front|"
                 r"counter|reception|till|bar)|from (?:the|customer|your|support|billing|tech)|in (?:customer|"
                 r"billing|support|sales))\b)")
SIGN_OFF = re.compile(rf"(?:(?i:regards|sincerely|cheers|thanks|thank you|best|best wishes|yours truly|yours "
                      rf"faithfully|yours|love|"
                      rf"respectfully|thx|signed|xx|from))[,.!]? ?\n? ?((?:Mrs?\.? |Ms\.? |Dr\.? )?{_CAP}(?: {_CAP}|"
                      rf"(?: [A-Z]\.)){{0,2}})\.?\s*\Z"
                      rf"|[-–—~] ?({_CAP}(?: {_CAP}|(?: [A-Z]\.)){{0,2}})\.?\s*\Z|\n({_CAP}(?: {_CAP}|(?: "
                      rf"[A-Z]\.)){{0,2}})\.?\s*\Z")
PLACE_NEXT = re.compile(
    r" ?['’]?s? ?(?:\w{1,20} ){0,2}(?:Airport|International|Street|St\b|Road|Rd\b|Avenue|Ave\b|Park|Hotel|Hospital|"
    r"University|College|School|"
    r"Station|Square|Bridge|Beach|Lake|River|Island|County|City|Town|Church|Stadium|Center|Centre|Mall|Museum|Palace|"
    r"Clinic|Ward|"
    r"Building|Terminal|Express|Airlines|Airways|Bank|Restaurant|restaurant|Cafe|Café|Bar\b|Grill|Pizza|pizza|"
    r"Kitchen|Deli|Bakery|Diner|"
    r"Steakhouse|Inn\b|Resort|Lounge|lounge|House|Memorial|Creek|Valley|Hill|Hills|Heights|Library|Theatre|Theater|"
    r"Cup|Trophy|Inc|LLC|Ltd|"
    r"Corp|Company|Co\b|Group|Watch|Jeans|Capital|Systems|Services|Financial|Software|Security|Mortgage|Insurance|"
    r"Partners|Associates|"
    r"Solutions|Project|Technologies|Industries|Records|Office|Loans|Motors|Firewall|Antivirus|Lane|Drive|Court|"
    r"Clubhouse|dress|jeans|tank|"
    r"top|skirt|sweater|tee|blouse|pants|coat|jacket|shirt|shoes|boots|bag|terminal|toiletries|stew|tulle|vintage|"
    r"plaid)\b"
    r"|\s?['’]s\b(?= (?:[A-Z]|\Z))|\s?['’]s\Z| ?[\u00ae\u2122]")
PLACE_BEFORE = re.compile(r"(?:\b(?:St|San|Santa|Saint|Port|Fort|Lake|Mount|Mt|Camp|Cape|Los|Las|El|North|South|East|"
                          r"West|New|Hotel|Café|"
                          r"Cafe|Team|Le|La|The|the|an?|Don|Point|Villa|Casa|Chez|Château|Club|Big|this|any|our|"
                          r"Mother|Uncle|Aunt|Time)\.? "
                          r"|[&@#/]\s?)\Z")
TOWARDS = re.compile(r"\b(?:in|at|near|around|into|via|toward|towards|within|across|outside|downtown|through|of|"
                     r"visit|visiting|flying to|trip "
                     r"to|headed to|flight to|flight from|eating at|go to|going to|play|wear|wearing|buy|bought|like|"
                     r"love|than) \Z")
#: What may stand behind a given name that opens a sentence: a verb or small word, a full stop, another capital.
FOLLOWS_START = re.compile(r"\Z|[,.!:;)\n]| (?:[A-Z&(\"]|(?:was|is|were|and|who|from|at|in|has|had|did|does|really|"
                           r"made|gave|took|went|got|"
                           r"did|would|could|should|will|can|never|always|also|then|even|kept|let|put|came|left|knew|"
                           r"works?|worked|you|your|"
                           r"please|thanks?|just|hates?|loves?|seemed|tried|looked|handled|provided|drove|picked|"
                           r"cleaned|installed)\b)")
OWNED = re.compile(r" (?:name|attitude|help|service|support|kindness|patience|response|email|behaviou?r|"
                   r"professionalism|work|knowledge|"
                   r"manager|assistance|advice|driving|care|manner|tone|reply|willingness|friendliness|efforts?)\b")
NOT_OWNER = re.compile(r"\b(?:brand|company|business|product|file|user|screen|domain|street|hotel|app|game|model|"
                       r"team|song|store|"
                       r"restaurant|dog'?s?|cat'?s?|pet'?s?|school|account|device|function|variable|column|list|"
                       r"code) (?:full |last )?name",
                       re.IGNORECASE)
#: Endings that no name has: "my name is misspelled".
VERBAL = re.compile(r"(?:[a-z]ed|ing|ly|tion|ment|ness|able|ible|wrong|less|ful)\Z")

STOP = frozenset(
    "a an and are as at be been but by can did do does for from had has have he her here him his how i if in is it "
    "its just me my no nor not "
    "of on or our out she so sir madam team customer support service services all everyone everybody folks guys "
    "there this that the their "
    "them then they to too up us was we were what when where which who whom why will with would you your yes ok okay "
    "please thanks thank "
    "dear hi hello hey mr mrs ms miss dr and ma'am maam mam friend friends sorry still very really now today again "
    "also calling "
    "writing trying having going looking happy unable sure getting interested using new here's u ur r number phone "
    "account "
    "email address password ssn card zip city booking confirmation order last first full name pm it's i'm one someone "
    "anyone god lord mom mum dad manager agent god's staff ladies gentlemen sirs company disappointed upset "
    "frustrated angry "
    "furious pleased annoyed satisfied done tired sick confused glad id wrong correct different called".split())
SHORT = frozenset("amy ann ben bob dan deb ed ian jen jim joe jon ken kim lee leo liz meg mia pam pat ray rob ron "
                  "roy sam sue ted tim tom "
                  "tony val vic zoe ali eva ivy jay jo kay lou max ned abe cal gus guy hal ida ira jan ravi raj anu "
                  "lin mei".split())
NEVER = frozenset("god lord jesus christ amazon google apple delta united siri alexa cortana bixby chase orange "
                  "virgin target echo nest uber "
                  "bolt ola paris india china america april may june july august summer autumn winter spring english "
                  "french german sunday "
                  "monday tuesday wednesday thursday friday saturday january february march september october "
                  "november december florida "
                  "texas london boston dallas houston denver chicago will mark can hope faith joy star sky "
                  "link".split())
