"""A sink that sends an e-mail over SMTP."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from voicemine.backends.sink import EmailSettings, Notice, SinkError, from_environment
from voicemine.errors import UsageError


class EmailSink:
    """Plain-text mail of a notice."""

    name = "email"

    def __init__(self, settings: EmailSettings) -> None:
        """Raises UsageError where sender or receivers are missing."""
        if not settings.sender or not settings.to:
            raise UsageError("notify.email needs sender and to")
        self._settings = settings
        self._password = from_environment(settings.password)

    def message(self, notice: Notice) -> EmailMessage:
        """The mail as it is sent. Line breaks in a theme's name never reach a header."""
        mail = EmailMessage()
        count = len(notice.alerts)
        news = "not published" if notice.refusals else f"{count} alert{'' if count == 1 else 's'}"
        mail["Subject"] = f"voicemine: {news}, run {notice.run_id}"
        mail["From"] = self._settings.sender
        mail["To"] = ", ".join(self._settings.to)
        mail.set_content(notice.to_text())
        return mail

    def send(self, notice: Notice) -> None:
        given = self._settings
        mail = self.message(notice)
        try:
            if given.security == "tls":
                with smtplib.SMTP_SSL(given.host, given.port, timeout=given.timeout,
                                      context=ssl.create_default_context()) as server:
                    self._talk(server, mail)
            else:
                with smtplib.SMTP(given.host, given.port, timeout=given.timeout) as server:
                    if given.security == "starttls":
                        server.starttls(context=ssl.create_default_context())
                    self._talk(server, mail)
        except (smtplib.SMTPException, OSError) as fault:
            raise SinkError(f"{given.host} did not take the mail ({type(fault).__name__})") from fault

    def _talk(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        if self._settings.user:
            server.login(self._settings.user, self._password)
        server.send_message(mail)
