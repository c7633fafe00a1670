"""What a bundle of certificates says of itself."""

from datetime import datetime


def first_expiry(bundle: str) -> datetime:
    """When the first of the certificates in a PEM bundle ends. Raises ValueError for a damaged
    one."""
    # Imported here because most stacks have no private CA, and it takes longer than all of parse.
    from cryptography import x509  # noqa: PLC0415

    certificates = x509.load_pem_x509_certificates(bundle.encode())
    return min(one.not_valid_after_utc for one in certificates)
