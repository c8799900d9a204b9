"""The QR code that an authenticator app reads, drawn here: no network, no script of others."""

import segno


def picture_of(uri: str) -> str:
    """An SVG as a `data:` address, black on white with its quiet zone, so that it can be read in the dark too."""
    code = segno.make_qr(uri, error="m")
    return code.svg_data_uri(scale=4, border=4, dark="#000", light="#fff")


def letters_of(uri: str) -> str:
    """The same for a terminal."""
    from io import StringIO

    out = StringIO()
    segno.make_qr(uri, error="m").terminal(out, border=2, compact=True)
    return out.getvalue()
