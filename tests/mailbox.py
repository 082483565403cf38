"""A real mail server on loopback that keeps what it is sent."""

from __future__ import annotations

import email
import email.policy
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller

from ops.airflow.local import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """Takes every message but those for ``nobody``.

    Attributes:
        messages: What came in, in order.
        connection: The server as the address of an Airflow connection.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.connection = ""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept or refuse one address."""
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a message."""
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.messages.append(message)
        return "250 OK"


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """Serve a mailbox on a free port of 127.0.0.1."""
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    options = "disable_ssl=true&disable_tls=true&from_email=reports%40example.com&retry_limit=0"
    mailbox.connection = f"smtp://127.0.0.1:{server.port}/?{options}"
    try:
        yield mailbox
    finally:
        server.stop()


def attachments(message: EmailMessage) -> dict[str, bytes]:
    """File name to content."""
    return {str(part.get_filename()): bytes(part.get_payload(decode=True)) for part in message.iter_attachments()}
