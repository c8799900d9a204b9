"""Telephone numbers that redaction leaves: where anybody in Finland gets help.

What a counsellor has told a visitor to call must be readable afterwards. Numbers free of charge (0800) stay without
standing here: Traficom gives them to services only. Each number is as its holder publishes it: that is the source.
"""

import re
from collections.abc import Iterable, Mapping

HELP_LINES: Mapping[str, str] = {
    "112": "emergency number (Emergency Response Centre Agency, 112.fi)",
    "116000": "missing children (harmonised European number, Decision 2007/116/EC)",
    "116006": "victims of crime (Victim Support Finland, riku.fi)",
    "116016": "violence against women and in close relations (Nollalinja, nollalinja.fi)",
    "116111": "children and young people (Mannerheim League for Child Welfare, nuortennetti.fi)",
    "116117": "medical advice when it is urgent (wellbeing services counties, 116117.fi)",
    "116123": "emotional support (harmonised European number, Decision 2007/698/EC)",
    "0800147111": "Poison Information Centre (HUS, myrkytystietokeskus.fi)",
    "09471977": "Poison Information Centre, the line that is charged (HUS, myrkytystietokeskus.fi)",
    "080005005": "violence in close relations (Nollalinja, nollalinja.fi)",
    "080002400": "women who have met violence (Naisten Linja, naistenlinja.fi)",
    "0925250111": "crisis line in Finnish (MIELI Mental Health Finland, mieli.fi)",
    "0925250112": "crisis line in Swedish (MIELI Mental Health Finland, mieli.fi)",
    "0925250113": "crisis line in Arabic and English (MIELI Mental Health Finland, mieli.fi)",
    "0400221180": "church helpline in Finnish (Evangelical Lutheran Church, kirkonkeskusteluapua.fi)",
    "0400221190": "church helpline in Swedish (Evangelical Lutheran Church, samtalstjanst.fi)",
}  # fmt: skip


def national(figures: str, *, plus: bool = False) -> str:
    """Figures as they are dialled in Finland: `358925250111` after a plus is `0925250111`."""
    abroad = figures if plus else figures.removeprefix("00")
    if abroad.startswith("358") and (plus or abroad != figures):
        return "0" + abroad.removeprefix("358").removeprefix("0")
    return figures


def kept_numbers(more: Iterable[str] = ()) -> frozenset[str]:
    """The numbers that stay: the national lines, and more of a site's own as its operator writes them."""
    own = ((re.sub("[^0-9]", "", number), number.strip().startswith("+")) for number in more)
    return frozenset(HELP_LINES) | {national(figures, plus=plus) for figures, plus in own}
