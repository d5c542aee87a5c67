"""The inboxes of the page: every address with the messages it got, as they were sent."""

from pipewarden_cli.report.contents import DemoReport, Mail
from pipewarden_cli.report.icons import icon
from pipewarden_cli.report.markup import Markup, element, join, linked
from pipewarden_cli.report.times import clock


def inbox_cards(report: DemoReport) -> Markup:
    """One block an address."""
    inboxes = report.inboxes()
    blocks = join(*(_block(address, mails) for address, mails in inboxes.items()))
    shown = blocks if inboxes else element("p", "Nobody got a message.", class_="empty")
    return element("section", element("h2", "Inboxes"), shown, id="inboxes")


def _block(address: str, mails: tuple[Mail, ...]) -> Markup:
    kind = "phone" if mails[0].channel == "sms" else "mail"
    count = f"{len(mails)} {'message' if len(mails) == 1 else 'messages'}"
    head = element("h3", icon(kind), element("span", address), element("small", count))
    return element("div", head, element("div", *map(_mail, mails), class_="mails"), class_="inbox")


def _mail(mail: Mail) -> Markup:
    time = element("time", clock(mail.at), datetime=mail.at.isoformat())
    title = mail.subject or "Text message"
    head = element("summary", element("b", title), time)
    return element("details", head, element("pre", linked(mail.body)), class_="card mail", open=True)
