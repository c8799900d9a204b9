"""The naming parts of Finnish and Swedish streets, in the cases in which they stand in a sentence."""

import re

_WITHOUT_DOTS = str.maketrans("äöå", "aoa")


def plain(word: str) -> str:
    """A word in small letters and without dots and rings, as many type and as the patterns here read."""
    return word.lower().translate(_WITHOUT_DOTS)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.translate(_WITHOUT_DOTS))


def _ending(finnish: str, swedish: str) -> re.Pattern[str]:
    """What stands before one of the endings, and the ending: Finnish ones in the cases in which a sentence has them."""
    forms = [part.split("/") for part in finnish.split()]
    cases = "|".join(f"{nominative}|{stem}(?:n|lla|lta|lle|ssa|sta)" for nominative, stem in forms)
    return _pattern(rf"(?P<name>.*?)(?:(?P<fi>{cases})|(?P<sv>{'|'.join(swedish.split())}))")


# Endings that hardly anything but a street has: in Finnish the nominative and the stem that takes the other cases.
_SURE = """
katu/kadu tie/tie kuja/kuja polku/polu kaari/kaare raitti/raiti väylä/väylä aukio/aukio penger/penkeree
kierto/kierro tanhua/tanhua ahde/ahtee esplanadi/esplanadi bulevardi/bulevardi törmä/törmä vainio/vainio
taival/taipalee laituri/laituri linja/linja porras/portaa vierto/vierro
"""
_SURE_SWEDISH = """
gata gatan vägen väg gränd gränden stigen stig esplanaden bulevarden promenaden allén brinken stråket
"""
# Endings that families, places and things have as well: something else must tell that it is an address.
_UNSURE = """
rinne/rintee ranta/ranna tori/tori piha/piha portti/porti mäki/mäe niitty/niity lenkki/lenki mutka/mutka
reuna/reuna syrjä/syrjä kulma/kulma puisto/puisto laita/laida lehto/lehdo harju/harju kallio/kallio notko/notko
metsä/metsä kenttä/kentä haka/haa pelto/pello saari/saare niemi/nieme kylä/kylä silta/silla polvi/polve
kehä/kehä suora/suora varsi/varre haara/haara oja/oja
"""
_UNSURE_SWEDISH = """
stranden torget platsen plats backen svängen kajen bågen leden åsen parken gården bryggan slingan linjen ringen
berget dalen skogen ängen udden viken holmen hamnen trappan tåget kroken kurvan rundan tomten porten
"""
# Endings that look like a case and are none.
NOMINATIVES = frozenset({"silta", "kyla"})
SURE = _ending(_SURE, _SURE_SWEDISH)
UNSURE = _ending(_UNSURE, _UNSURE_SWEDISH)
# Streets by these words alone.
ALONE = _pattern(
    r"(?:pohjois|etelä|norra|södra)?(?:esplanad(?:i|en|i\w+)|bulevard(?:i|en|i\w+)|strandpromenaden)"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(plain(text).split())


# What stands before such an ending in words that are no street's name: roads by their class, which have numbers of
# their own; ways of the body and of care; machines and the like that end in -tori.
NO_STREET = _words(
    """
    valta kanta seutu yhdys moottori maan pika motor riks stam lands region järn huvud europa hengitys virtsa
    synnytys sappi luft urin andnings gall hoito hoidon opinto palvelu ura elämän vård studie karriär livs moni
    trak reak fak sek vek dok mot lab kon sateen arbets mötes brotts parkerings lek håll sam bo sitt sov
    """
)
# The same where a street may be called so: something else must tell.
SELDOM_STREET = _words(
    """
    kehä kierto jalka kävely sivu pää oiko umpi tulo meno poistumis hätä pyörä ajo auto yksityis paluu läpi
    luonto kunto cykel gång om ut in av bak tvär åter hem ute sido halv mitt genom uima koulun taka etu leikki
    """
)
# Before a bare "katu" or "väg": not the name's own genitive.
NO_OWNER = _words(
    """
    tämän sen tuon minun mun sinun sun hänen meidän meiän teidän heidän koko oman toisen saman jonkun minkä
    yhden niin kuin vain kaiken hans hennes deras allas vars dess sens ens nåns vems detas
    """
)
FIRST_WORD = _pattern(
    r"(?:iso|isolla|isolta|isolle|pieni|piene\w+|vanha\w*|uusi|uude\w+|itäi\w+|länti\w+|pohjoi\w+|etelä\w*|ylä|yli\w+|"
    r"ala|ali\w+|keski\w*|pikku|norra|södra|östra|västra|stora|lilla|gamla|nya|övre|nedre|inre|yttre|mellersta)"
)
# Before a bare "linja" or "tie": the streets that are numbered.
NUMBERED = _pattern(r"(?:ensimmäi|toinen|toise|kolma|neljä|viide)\w*")
# What a name of two words can follow: then the first of them is no part of the sentence.
AHEAD_OF_NAME = _words(
    "på i till från hos vid är e adressen adress bor och at on to from is and in live lives for"
)
# In a name of two words: the word before the owner that belongs to it.
OWNERS_TITLE = _pattern(
    r"(?:vanhan|uuden|ison|pienen|pikku|kahden|kolmen|neljän|viiden|seitsemän|pyhän|sankt|kapten|doktor|mor|far|kung|"
    r"drottning|biskop|prost|herr|fru)",
)
# Larger towns in both languages, by what all their cases begin with.
TOWN = _pattern(
    r"(?:helsin[kg]|espoo|esbo|vantaa|vanda|kauniai|grankulla|tamper|tammerfors|tur[ku]u|åbo|oulu|"
    r"uleåborg|jyväskylä|lah[td]|kuopio|pori|björneborg|joensuu|lappeenran|villmanstrand|hämeenlinna|"
    r"tavastehus|vaasa|vasa|seinäjo|rovaniem|mikkeli|kotka|kouvola|salo|porvoo|borgå|kokkola|karleby|"
    r"hyvink|hyvinge|lohja|lojo|järvenpää|träskända|nurmijärv|rauma|raumo|kirkkonum|kyrkslätt|tuusula|"
    r"tusby|kerava|kervo|kajaani|kajana|nokia|ylöjärv|kangasala|vihti|riihimäki|raisio|raseborg|"
    r"ekenäs|tammisaar|imatra|savonlinna|nyslott|raahe|brahestad|hollola|tornio|torneå|iisalmi|kemi|"
    r"hamina|fredrikshamn|hanko|hangö|naantali|nådendal|valkeakos|äänekosk|heinola|pietarsaar|jakobstad|"
    r"mariehamn|maarianhamin|inari|enare|utsjoki|lovi[is]a|kristinestad|närpes|parainen|pargas|sipoo|"
    r"sibbo|forssa|loimaa|uusikaupunki|nystad|kuusamo|varkaus"
    r")\w*"
)
