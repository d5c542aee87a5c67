"""The page's icons: one SVG sprite, drawn here, so that the page needs no font and no request."""

from pipewarden_cli.report.contents import Tone
from pipewarden_cli.report.markup import Markup, element

_STROKES = {
    "bad": "M8 8l8 8M16 8l-8 8",
    "wait": "M12 7v5l3.2 2",
    "act": "M17 12a5 5 0 1 1-1.6-3.7M17.2 5.6v3h-3",
    "good": "M7.2 12.4l3.2 3.2 6.4-7",
    "page": (
        "M12 6.6a3.8 3.8 0 0 0-3.8 3.8c0 3.4-1.4 4.4-1.4 4.4h10.4s-1.4-1-1.4-4.4A3.8 3.8 0 0 0 12 6.6z"
        "M10.9 17.4a1.3 1.3 0 0 0 2.2 0"
    ),
    "plain": "M8.5 12h7",
    "mail": "M5 7.5h14v9.5H5zM5 8l7 5.2L19 8",
    "phone": "M8.5 4.5h7v15h-7zM11 17h2",
    "shield": "M12 3.6l6.6 2.5v5.3c0 4.1-2.8 7.2-6.6 8.9-3.8-1.7-6.6-4.8-6.6-8.9V6.1zM8.8 12l2.3 2.3 4.2-4.7",
}


def sprite() -> Markup:
    """All icons as symbols; stands once at the top of the page."""
    symbols = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 24 24"><path d="{path}"/></symbol>' for name, path in _STROKES.items()
    )
    return Markup(f'<svg class="sprite" aria-hidden="true">{symbols}</svg>')


def icon(name: str) -> Markup:
    """One icon of the sprite; decoration only, so readers skip it."""
    return Markup(f'<svg class="icon" aria-hidden="true"><use href="#i-{name}"/></svg>')


def dot(tone: Tone) -> Markup:
    """The round mark of a moment."""
    return element("span", icon(tone), class_=f"dot {tone}")
