"""QR codes, as pictures that stand in a page."""

from markupsafe import Markup


def qr_code(text):
    """
    *text* as SVG without styles, which the Content Security Policy would not allow.

    White, and with a quiet zone around it, it can be read from a dark page, too.
    """
    # Here, because it takes 4 MB, which the worker and most web processes need not have.
    import segno

    drawn = segno.make_qr(text).svg_inline(scale=4, light="#fff", svgclass=None, lineclass=None)
    return Markup(drawn)  # noqa: S704 - a path that segno has drawn
