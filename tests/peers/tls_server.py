"""A working MCP server behind a certificate that nobody signed.

    python -m tests.peers.tls_server --port 0 [--expired] [--for-host NAME]

The first line names the certificate's file as `certificate`, for a client that wants to trust it.
"""

from __future__ import annotations

import datetime
import ipaddress
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.peers.plain import Plain
from tests.peers.rpc import Rpc
from tests.peers.serving import arguments, serve_asgi


def make_certificate(folder: Path, host: str, *, expired: bool = False) -> tuple[Path, Path]:
    """A self-signed certificate for `host` and 127.0.0.1, and its key: two PEM files in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    end = now - datetime.timedelta(days=1) if expired else now + datetime.timedelta(days=1)
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


def main() -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("--expired", action="store_true")
    parser.add_argument("--for-host", default="localhost")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tls-peer-") as folder:
        certificate, key = make_certificate(Path(folder), options.for_host, expired=options.expired)
        serve_asgi(
            Plain(Rpc("tls")), options, more={"certificate": str(certificate)},
            ssl_certfile=str(certificate), ssl_keyfile=str(key), log_config=None,
        )  # fmt: skip


if __name__ == "__main__":
    main()
