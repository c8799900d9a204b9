"""Invented codes, numbers and addresses, in the ways in which people type them.

Nothing is anybody's: identity codes have individual numbers from 900 on, which are given to nobody for good
(Digital and Population Data Services Agency); Finnish mobile numbers begin with 049, which the numbering plan
gives to no subscriber, and local numbers with 0, which no number inside an area does; foreign ones are of the
ranges that Sweden (PTS) and the United Kingdom (Ofcom) keep for drama; Finnish account numbers have a wrong inner
check digit.
"""

from calendar import monthrange
from random import Random

_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_AREAS = ("09", "013", "02", "03", "05", "06", "08", "014", "015", "016", "017", "018", "019")
_LOCALS = (
    "aurinko", "kettu", "sininen", "lumihiutale", "talvi", "pulla", "norppa", "hiljaa", "kissanpentu", "stjarna",
    "regndroppe", "blomma", "moonlight", "tired", "nobody", "saari", "varjo", "myrsky",
)  # fmt: skip
_PROVIDERS = ("gmail.com", "hotmail.com", "outlook.com", "luukku.com", "icloud.com", "yahoo.com", "proton.me")
_OTHERS = ("example.fi", "example.com", "posti.example.org", "koulu.example.fi", "mail.example.net")
# Country, then the shape of the rest: n for a digit, a for a letter.
_COUNTRIES = {
    "SE": "n" * 20, "EE": "n" * 16, "DE": "n" * 18, "GB": "aaaa" + "n" * 14, "NL": "aaaa" + "n" * 10,
    "LT": "n" * 16, "DK": "n" * 14, "LV": "aaaa" + "n" * 13,
}  # fmt: skip


def identity_code(random: Random) -> str:
    """A Finnish personal identity code of nobody, with the signs that came in 2023 as well."""
    year = random.randint(1925, 2023)
    month = random.randint(1, 12)
    day = random.randint(1, monthrange(year, month)[1])
    sign = random.choice("-----YXWVU" if year < 2000 else "AAAAABCDEF")
    number = f"{day:02}{month:02}{year % 100:02}{random.randint(900, 999)}"
    return f"{number[:6]}{sign}{number[6:]}{_CHECK[int(number) % 31]}"


def typed_code(random: Random) -> str:
    """An identity code as typed: mostly right, at times in small letters, spaced, or with a slip in the last sign."""
    code = identity_code(random)
    date, sign, rest = code[:6], code[6], code[7:]
    if random.random() < 0.04:
        rest = rest[:3] + random.choice([letter for letter in "ABCDEFHJKLMNPRSTUVWXY" if letter != rest[3]])
    return random.choice((
        f"{date}{sign}{rest}", f"{date}{sign}{rest}", f"{date}{sign}{rest}", f"{date}{sign}{rest}",
        f"{date}{sign}{rest}".lower(), f"{date}{sign}{rest}".lower(), f"{date} {sign} {rest}",
        f"{date}{sign} {rest}", f"{date} {sign}{rest}", f"{date}{'–' if sign == '-' else sign}{rest}",
        f"{date}{sign}{rest[:3]} {rest[3]}", f"{date}{sign}{rest}", f"{date}{sign}{rest}".lower(), f"{date}{rest}",
        f"{date} {rest}", f"{date[:2]}.{date[2:4]}.{date[4:]}{sign}{rest}",
    ))  # fmt: skip


def typed_phone(random: Random) -> str:
    """A telephone number as typed: grouped in many ways, with and without the country."""
    kind = random.random()
    if kind < 0.78:
        return _mobile(random)
    return _landline(random) if kind < 0.9 else _foreign(random)


def _mobile(random: Random) -> str:
    number = f"{random.randint(0, 9_999_999):07}"
    if random.random() < 0.06:  # a figure too few or too many
        number = random.choice((number[:6], number + "4"))
    three, four = number[:3], number[3:]
    pairs = f"{number[:2]} {number[2:4]} {number[4:]}"
    return random.choice((
        f"049{number}", f"049{number}", f"049{number}", f"049 {three} {four}", f"049 {three} {four}",
        f"049 {number}", f"049-{number}", f"049-{three} {four}", f"049 {three}{four[:2]} {four[2:]}",
        f"049 {pairs}", f"049-{three}-{four}", f"(049) {three} {four}", f"049.{three}.{four}",
        f"049/{number}", f"049–{three} {four}", f"+35849{number}", f"+358 49 {three} {four}",
        f"+358 49 {number}", f"+358 (0)49 {number}", f"0035849{number}", f"00358 49 {number}",
        f"+358-49-{number}", f"35849{number}", f"0 4 9 {' '.join(number)}", f"049 {three}  {four}",
        f"049\u00a0{three}\u00a0{four}", f"0491 {number[1:4]} {number[4:]}", f"049{number}", f"049 {three} {four}",
        f"049 {number}", f"+358 (0) 49 {three} {four}", f"+ 358 49 {number}", f"00 358 49 {number}", f"o49 {number}",
        f"049 - {number}", f"+358(49){number}", f"049 {number[0]} {number[1:4]} {number[4:]}", f"049,{number}",
    ))  # fmt: skip


def _landline(random: Random) -> str:
    area = random.choice(_AREAS)
    number = f"0{random.randint(0, 999_999):06}"[: random.choice((6, 7, 7))]
    middle = number[:3]
    return random.choice((
        f"{area} {number}", f"{area}-{number}", f"({area}) {number}", f"{area} {middle} {number[3:]}",
        f"{area}{number}", f"+358 {area[1:]} {number}", f"({area}){number}",
    ))  # fmt: skip


def _foreign(random: Random) -> str:
    if random.random() < 0.5:
        last = f"{random.randint(5, 99):02}"
        return random.choice((f"+46 70-174 06 {last}", f"+467017406{last}", f"0046 70 17406{last}"))
    last = f"{random.randint(0, 999):03}"
    return random.choice((f"+44 7700 900{last}", f"+447700900{last}", f"0044 7700 900 {last}"))


def typed_email(random: Random) -> str:
    """An e-mail address as typed: with the sign, or with a word in its place."""
    local = random.choice(_LOCALS) + random.choice(("", ".", "_", "-")) + random.choice(_LOCALS)
    local += random.choice(("", str(random.randint(1, 9999)), f".{random.randint(60, 99)}"))
    domain = random.choice(_PROVIDERS if random.random() < 0.6 else _OTHERS)
    if random.random() < 0.72:
        whole = f"{local}@{domain}"
        return random.choice((whole, whole, whole, whole.upper(), whole.capitalize()))
    sign = random.choice(
        (
            "(at)",
            "[at]",
            " at ",
            " (at) ",
            " ät ",
            "(ät)",
            " @ ",
            " miukumauku ",
            " miuku ",
            " snabel-a ",
            "(a)",
        )
    )
    if random.random() < 0.25:
        domain = domain.replace(".", random.choice((" piste ", "(dot)", " dot ", " punkt ", " . ")))
    if random.random() < 0.1:
        return f"{local}@{random.choice(('gmail', 'gmail,com', 'hotmail,com', 'luukku', 'gmail. com', 'example,fi'))}"
    return f"{local}{sign}{domain}"


def _check_digits(country: str, rest: str) -> str:
    figures = "".join(str(int(letter, 36)) for letter in f"{rest}{country}00")
    return f"{98 - int(figures) % 97:02}"


def _luhn(figures: str) -> bool:
    doubled = [int(figure) * (2 if place % 2 else 1) for place, figure in enumerate(reversed(figures))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def account(random: Random) -> str:
    """An account number whose check digits are right, and whose Finnish part no bank could have given."""
    if random.random() < 0.78:
        country, rest = "FI", f"{random.randint(0, 10**14 - 1):014}"
        while _luhn(rest):
            rest = f"{random.randint(0, 10**14 - 1):014}"
    else:
        country = random.choice(sorted(_COUNTRIES))
        signs = {"n": "0123456789", "a": "BCDFGHKLMNPRST"}
        rest = "".join(random.choice(signs[sign]) for sign in _COUNTRIES[country])
    return f"{country}{_check_digits(country, rest)}{rest}"


def typed_account(random: Random) -> str:
    """An account number as typed: in fours, in one piece, in small letters, with hyphens."""
    whole = account(random)
    fours = " ".join(whole[place : place + 4] for place in range(0, len(whole), 4))
    return random.choice((
        fours, fours, fours, whole, whole, whole.lower(), fours.lower(), fours.replace(" ", "-"),
        fours.replace(" ", "  "), f"{whole[:4]} {whole[4:10]} {whole[10:]}", f"{whole[:2]} {whole[2:]}",
        fours.replace(" ", "\u00a0"), fours.replace(" ", "."), fours, whole, f"{whole[:4]} {whole[4:]}",
        whole[:2].lower() + whole[2:], fours.replace(" ", "", 1),
    ))  # fmt: skip
