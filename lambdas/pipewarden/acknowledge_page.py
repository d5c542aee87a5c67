"""The web pages behind an acknowledge link: self-contained HTML, no script, everything escaped. Pure."""

from html import escape

from pipewarden.duration import say_moment
from pipewarden.incident import Incident
from pipewarden.masking import mask
from pipewarden.page import order_reasons

STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1b1f24}"
    "h1{font-size:1.4rem}li{margin:.3rem 0}input,button{font:inherit;padding:.6rem;border-radius:.4rem}"
    "input{border:1px solid #888;width:60%}button{border:0;background:#0b6b3a;color:#fff;cursor:pointer}"
    ".sev{background:#b42318;color:#fff;border-radius:.3rem;padding:.1rem .5rem}small{color:#57606a}"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
MOST_REASONS = 10


def confirm_page(incident: Incident, environment: str) -> str:
    """What is open, and the button: opening a link acknowledges nothing, since mail scanners open links too."""
    reasons = order_reasons(incident)[:MOST_REASONS]
    items = "".join(f"<li>{escape(mask(r.text))}<br><small>since {say_moment(r.since)}</small></li>" for r in reasons)
    return _document(
        f"Acknowledge {incident.pipeline}?",
        f'<h1><span class="sev">{escape(incident.severity)}</span> {escape(incident.pipeline)} '
        f"({escape(environment)})</h1><ul>{items}</ul><p>Acknowledging stops the calls to the next person: you have it."
        '</p><form method="post"><input name="by" maxlength="80" placeholder="Your name" autocomplete="name"> '
        f'<button type="submit">Acknowledge</button></form><p><small>Incident {escape(incident.id)}</small></p>',
    )


def told_page(title: str, text: str) -> str:
    """One sentence: that it worked, or why not."""
    return _document(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>")


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )
