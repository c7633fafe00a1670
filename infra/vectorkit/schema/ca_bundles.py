"""The certificates by which Milvus knows its store, and a log outside its namespace.

Milvus has one bundle for both, and it takes the place of the one in its image.
"""

from pathlib import Path

from vectorkit.schema import certificates
from vectorkit.schema.document import Document
from vectorkit.schema.problems import Problems


def read(document: Document) -> str | None:
    """The certificates of all private CAs that the document names; None where it names none.
    Raises Problems when a file has none, or holds a private key."""
    found = {file: certificates_in(file, path) for path, file in files(document).items() if file}
    return "\n".join(dict.fromkeys(found.values())) or None


def trusted(document: Document, private: str | None) -> str | None:
    """What `read` has found, and the public roots beside it where either of the two is known by
    those. None: the bundle in Milvus's image."""
    if private is None or all(files(document).values()):
        return private
    # Imported here because most stacks need it as little as they need another bundle.
    import certifi  # noqa: PLC0415

    return f"{private}\n{certifi.contents()}"


def files(document: Document) -> dict[str, str | None]:
    """Of each whom Milvus speaks to over TLS: its path in the document, and its private CA."""
    found: dict[str, str | None] = {"store.ca_file": document.store.ca_file}
    for name in ("pulsar", "kafka"):
        if queue := getattr(document.milvus, name):
            found[f"milvus.{name}.ca_file"] = queue.ca_file
    return found


def certificates_in(ca_file: str, path: str) -> str:
    """The certificates in `ca_file`, which the stack file names at `path`. Raises Problems when it
    has none, or holds a private key."""
    try:
        text = Path(ca_file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Problems((path, f"{ca_file} cannot be read ({error}); correct the path.")) from None
    if "PRIVATE KEY" in text:
        raise Problems((path, f"{ca_file} holds a private key; give the certificates alone."))
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise Problems((path, f"{ca_file} holds no PEM certificate; give the CA's."))
    try:
        certificates.first_expiry(text)
    except ValueError:
        raise Problems((path, f"{ca_file} holds a certificate that is damaged.")) from None
    return text
