"""An archive of a site: files in a tar, compressed; encrypted for one recipient or readable by whoever has it."""

import hashlib
import io
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

from chatsvc.cli.trouble import Refused
from chatsvc.store.vault_backup import draft_beside, put_in_place

LEAST_BITS: Final = 2048
"""Of an RSA key: BSI TR-02102-1 asks for 3000 from 2024 on, and NIST SP 800-131A allows 2048 until 2030."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whoever has the private key of a certificate."""

    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` shows it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def sealed(self, plain: bytes) -> bytes:
        """CMS (RFC 5652) EnvelopedData with AES-256, as `openssl cms -decrypt` opens it."""
        builder = PKCS7EnvelopeBuilder().set_data(plain).set_content_encryption_algorithm(AES256)
        builder = builder.add_recipient(self.certificate)
        return builder.encrypt(serialization.Encoding.DER, [PKCS7Options.Binary])


def read_recipient(path: Path) -> Recipient:
    """Who is to open an archive. Raises Refused for what is no certificate that can be encrypted for, OSError."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        raise Refused(f"{path} is no certificate in PEM (-----BEGIN CERTIFICATE-----).") from None
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise Refused(
            f"{path} must have an RSA key of {LEAST_BITS} bits or more. Its owner makes both with: openssl req -x509 "
            "-newkey rsa:4096 -nodes -keyout owner.key -out owner.pem -days 30 -subj /CN=archive"
        )
    return Recipient(certificate)


async def write_archive(
    files: AsyncIterator[tuple[str, bytes]], target: Path, recipient: Recipient | None
) -> str:
    """Write these files, whole or not at all, mode 0600; the SHA-256 of what was written. Raises OSError.

    With a recipient nothing readable is ever on the disk; all of it is in memory, more than once for a moment.
    """
    with draft_beside(target) as draft:
        if recipient is None:
            with draft.open("wb") as out:
                await _pack(files, out)
        else:
            packed = io.BytesIO()
            await _pack(files, packed)
            draft.write_bytes(recipient.sealed(packed.getvalue()))
        with draft.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        put_in_place(draft, target)
    return digest


async def _pack(files: AsyncIterator[tuple[str, bytes]], out: io.BufferedIOBase | io.BytesIO) -> None:
    sums = []
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        async for name, content in files:
            _add(tar, name, content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
        _add(tar, "SHA256SUMS", "".join(sums).encode())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))
