"""The certificate for https: one made on the spot and kept, or the files of a real one, checked."""

import datetime
import ipaddress
import os
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cvcore.core.errors import SetupError
from cvcore.core.paths import cache_dir

FILE = "class-room.pem"  # the key and its certificate, in one file: neither comes without the other
DAYS = 365  # browsers refuse more than 398
RENEWED_DAYS = 30  # a new one is made this long before the end
_PEM = serialization.Encoding.PEM


def prepare_own(names: Sequence[str]) -> Path:
    """The file of a certificate for these names and addresses of this computer.

    The one in the cache folder is taken while it is valid for all of them, and made anew else.
    """
    file = cache_dir() / FILE
    if not _is_fit(file, names):
        made = _make(names)
        try:
            _keep(made, file)
        except OSError:  # nothing can be kept: until the program ends
            file = Path(tempfile.mkdtemp(prefix="glassbox-")) / FILE
            _keep(made, file)
    return file


def _is_fit(file: Path, names: Sequence[str]) -> bool:
    try:
        if os.name == "posix" and file.stat().st_mode & 0o077:
            return False  # others may have read the key
        check_files(str(file), "")
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        certificate.verify_directly_issued_by(certificate)  # a damaged one is signed by nobody
    except Exception:  # not there, or damaged, which is told in many ways
        return False
    left = certificate.not_valid_after_utc - _now()
    return left.days >= RENEWED_DAYS and set(names) <= set(read_names(certificate))


def _make(names: Sequence[str]) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Glassbox class room")])
    started = _now() - datetime.timedelta(days=1)  # for clocks that are slow
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(started)
        .not_valid_after(started + datetime.timedelta(days=DAYS))
    )
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    for extension, is_critical in (
        (x509.SubjectAlternativeName([_to_general(one) for one in names]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage, False),
        (identifier, False),
    ):
        builder = builder.add_extension(extension, is_critical)
    certificate = builder.sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    kept = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, plain)
    return kept + certificate.public_bytes(_PEM)


def _keep(made: bytes, file: Path) -> None:
    """Whole or not at all, and never readable by others."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=file.parent)  # which is 0600
    try:
        with os.fdopen(handle, "wb") as output:
            output.write(made)
        os.replace(part, file)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise


def _to_general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def read_names(certificate: x509.Certificate) -> list[str]:
    """The names a certificate is for, then its addresses."""
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = map(str, held.get_values_for_type(x509.IPAddress))
    return [*held.get_values_for_type(x509.DNSName), *addresses]


def check_files(file: str, key_file: str) -> list[str]:
    """The names that a certificate is for; ``key_file`` is empty where the key is beside it.

    Raises ``SetupError``, one sentence, for files that are not here or cannot be read, that do not
    belong together, and for a certificate that is out of date.
    """
    option = "--key" if key_file else "--certificate"
    text, key_text = _read("--certificate", file), _read(option, key_file or file)
    try:
        certificate = x509.load_pem_x509_certificates(text)[0]
        held, names = _to_bytes(certificate.public_key()), read_names(certificate)
    except Exception:  # ValueError, and others of what it does not know
        raise SetupError(
            f"--certificate {file}: there is no certificate in PEM form in it that can be read; it "
            "begins with -----BEGIN CERTIFICATE-----; convert it: openssl x509 -in THIS -out NEW."
        ) from None
    public = _load_key(option, key_file or file, key_text).public_key()
    if _to_bytes(public) != held:
        raise SetupError(
            f"{option} {key_file or file}: this key does not belong to the first certificate in "
            f"{file}."
        )
    if certificate.not_valid_after_utc < _now():
        raise SetupError(
            f"--certificate {file}: it was valid until {certificate.not_valid_after_utc:%d %B %Y}; "
            "get a new one."
        )
    if certificate.not_valid_before_utc > _now():
        raise SetupError(
            f"--certificate {file}: it is valid from {certificate.not_valid_before_utc:%d %B %Y} "
            "on; is this computer's clock right?"
        )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file, key_file or file)
    except (ssl.SSLError, OSError) as error:
        why = getattr(error, "reason", None) or error
        raise SetupError(f"--certificate {file}: it cannot be used for https ({why}).") from None
    return names


def _read(option: str, file: str) -> bytes:
    try:
        if Path(file).is_fifo():
            raise ValueError("it is a pipe, and is needed twice")
        return Path(file).read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SetupError(f"{option} {file}: this file cannot be read ({why}).") from None


def _load_key(option: str, file: str, text: bytes):
    try:
        return serialization.load_pem_private_key(text, password=None)
    except TypeError:
        raise SetupError(
            f"{option} {file}: this key is locked with a password; unlock it first: "
            "openssl pkey -in LOCKED -out OPEN."
        ) from None
    except Exception:  # ValueError, and others of a kind of key that it does not know
        raise SetupError(
            f"{option} {file}: there is no private key in PEM form in it; name its file with --key."
        ) from None


def _to_bytes(key) -> bytes:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, kind)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
