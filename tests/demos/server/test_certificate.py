"""The certificate of a class room: made, kept, renewed; and files of a real one, checked."""

import datetime
import os
import ssl
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cvcore.core.errors import SetupError
from demos.server import certificate

NAMES = ["localhost", "127.0.0.1", "::1", "10.0.0.3", "teacher.local"]
DAY = datetime.timedelta(days=1)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def read(file) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_it_is_for_this_computer_and_kept(cache):
    file = certificate.prepare_own(NAMES)
    assert file == cache / certificate.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    made = read(file)
    assert set(certificate.read_names(made)) == set(NAMES)
    assert made.not_valid_after_utc - made.not_valid_before_utc <= 397 * DAY
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.ExtendedKeyUsageOID.SERVER_AUTH]  # else Apple's refuse it
    before = file.read_bytes()
    assert certificate.prepare_own(NAMES[:2]).read_bytes() == before
    assert list(cache.iterdir()) == [file]


def test_browsers_libraries_take_it_when_they_trust_it(cache):
    """OpenSSL's own check of names, addresses and dates."""
    file = certificate.prepare_own(NAMES)
    for option, name in (("-verify_ip", "10.0.0.3"), ("-verify_hostname", "teacher.local")):
        command = [
            "openssl",
            "verify",
            "-CAfile",
            file,
            "-purpose",
            "sslserver",
            option,
            name,
            file,
        ]
        assert subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize("change", ["addresses", "nearly over", "damaged", "empty", "readable"])
def test_it_is_made_anew(cache, monkeypatch, change):
    file = certificate.prepare_own(NAMES)
    before = read(file).serial_number
    names = NAMES
    if change == "addresses":
        names = [*NAMES, "192.168.7.9"]
    elif change == "nearly over":
        later = certificate._now() + (certificate.DAYS - 20) * DAY
        monkeypatch.setattr(certificate, "_now", lambda: later)
    elif change == "damaged":
        data = bytearray(file.read_bytes())
        data[300] ^= 1
        file.write_bytes(data)
    elif change == "empty":
        file.write_bytes(b"")
    else:
        file.chmod(0o644)
    assert certificate.prepare_own(names) == file
    assert read(file).serial_number != before
    assert set(certificate.read_names(read(file))) == set(names)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("part", [b"PRIVATE KEY", b"CERTIFICATE"])
def test_one_that_is_damaged_anywhere_is_not_taken(cache, part):
    """Also where its text is whole, and what it says is not: a version, a kind of key, a name."""
    file = certificate.prepare_own(NAMES)
    whole = file.read_bytes()
    begin = whole.index(b"\n", whole.index(b"BEGIN " + part)) + 1
    taken = []
    for place in range(begin, whole.index(b"-----END " + part) - 4, 5):
        data = bytearray(whole)
        data[place] ^= 1
        file.write_bytes(data)
        taken += [place] * certificate._is_fit(file, NAMES)
    assert len(taken) <= 1, taken  # there are bits that nothing reads
    file.write_bytes(whole)
    assert certificate._is_fit(file, NAMES)


def test_without_a_cache_folder_it_lasts_until_the_end(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path / "file"))
    file = certificate.prepare_own(NAMES)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)


# --- a real one --------------------------------------------------------------------------------


def write(folder, *, start=-1, end=30, key=None, signed_by=None, password=b""):
    """A certificate and its key as files; days from now, and what may be wrong with the key."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "glassbox.school.example")])
    held = x509.SubjectAlternativeName([x509.DNSName("glassbox.school.example")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(now + start * DAY).not_valid_after(now + end * DAY)
        .add_extension(held, critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    lock = serialization.BestAvailableEncryption(password) if password else plain
    file, key_file = folder / "school.pem", folder / "school.key"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        (signed_by or key).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock
        )
    )
    return str(file), str(key_file)


def test_a_real_one_is_taken(tmp_path):
    file, key = write(tmp_path)
    assert certificate.check_files(file, key) == ["glassbox.school.example"]
    both = tmp_path / "both.pem"
    both.write_text((tmp_path / "school.key").read_text() + (tmp_path / "school.pem").read_text())
    assert certificate.check_files(str(both), "") == ["glassbox.school.example"]


def refuse(said: str, file: str, key: str) -> None:
    with pytest.raises(SetupError, match=said) as refused:
        certificate.check_files(file, key)
    assert str(refused.value).startswith("--")
    assert "\n" not in str(refused.value)


def test_a_bad_one_is_told_in_a_sentence(tmp_path):
    refuse("--certificate .*cannot be read", str(tmp_path / "nowhere"), "")
    refuse("--certificate .*cannot be read", str(tmp_path), "")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        refuse("--certificate .*it is a pipe", str(tmp_path / "pipe"), "")
    file, key = write(tmp_path)
    refuse("--key .*cannot be read", file, str(tmp_path / "nowhere"))
    refuse("name its file with --key", file, "")
    refuse("no certificate in PEM form", key, key)
    refuse("no private key in PEM form", file, file)
    other = tmp_path / "other.pem"
    for data in (
        b"",
        b"\0\xff" * 99,
        x509.load_pem_x509_certificate(Path(file).read_bytes()).public_bytes(
            serialization.Encoding.DER
        ),
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ):
        other.write_bytes(data)
        refuse("no certificate in PEM form", str(other), key)
        refuse("no private key in PEM form", file, str(other))
    refuse("valid until", *write(tmp_path, start=-9, end=-1))
    refuse("valid from .* clock", *write(tmp_path, start=1))
    refuse("locked with a password", *write(tmp_path, password=b"secret"))
    refuse("does not belong", *write(tmp_path, signed_by=ec.generate_private_key(ec.SECP256R1())))
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    refuse("cannot be used for https", *write(tmp_path, key=small))
