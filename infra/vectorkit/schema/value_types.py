"""The value types of the stack document; each refuses with a sentence what it is not."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

REPOSITORY = Path(__file__).resolve().parents[3]
"""Relative paths of the document start here."""


def _dns_label(value: str) -> str:
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", value):
        raise ValueError(
            f"{value!r} is not a DNS label: 1 to 63 lower-case letters, digits and hyphens, "
            "beginning with a letter and not ending with a hyphen."
        )
    return value


def _namespace(value: str) -> str:
    if value == "default" or value.startswith("kube-"):
        raise ValueError(
            f"{value!r} belongs to Kubernetes; name a namespace of this environment's own."
        )
    return _dns_label(value)


def _bucket_name(value: str) -> str:
    if (
        not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", value)
        or value.startswith("xn--")
        or value.endswith(("-s3alias", "--ol-s3"))
    ):
        raise ValueError(
            f"{value!r} is not a usable bucket name: 3 to 63 lower-case letters, digits and "
            "hyphens, beginning and ending with a letter or digit (dots break TLS)."
        )
    return value


def _https_endpoint(value: str) -> str:
    parts = urlsplit(value)
    try:
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        port_is_valid = False
    if parts.scheme != "https" or not parts.hostname or not port_is_valid or "@" in value:
        raise ValueError(
            f"{parts.scheme or 'a value without scheme'!r} will not do: the store is only spoken "
            "to over TLS; write https://host or https://host:port."
        )
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"{value!r} must end after the port: bucket and path are set elsewhere.")
    return value.rstrip("/")


def _network(value: str) -> str:
    try:
        network = ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"{error}; expected a CIDR such as 10.0.0.0/24.") from None
    if network.prefixlen == 0:
        raise ValueError(f"{value!r} is everyone; name the networks that need access.")
    return str(network)


def _broker_address(value: str) -> str:
    match = re.fullmatch(r"[A-Za-z0-9.-]+:(\d{1,5})", value)
    if not match or not 0 < int(match[1]) < 65536:
        raise ValueError(f"{value!r} is not host:port, such as kafka-0.example:9093.")
    return value


def _exact_version(value: str) -> str:
    if not re.fullmatch(r"v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?", value):
        raise ValueError(f"{value!r} is not one exact version such as 5.0.19; ranges move.")
    return value


def _image_tag(value: str) -> str:
    if value == "latest" or not re.fullmatch(r"\w[\w.-]{0,127}(@sha256:[0-9a-f]{64})?", value):
        raise ValueError(f"{value!r} is not a fixed image tag such as v2.6.15.")
    return value


def _root_path(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*", value):
        raise ValueError(
            f"{value!r} is not a root path: one or more names separated by '/', "
            "never empty (Milvus would write to the bucket's top)."
        )
    return value


def _aws_region(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}-[a-z]+-\d", value) or value.startswith("cn-"):
        raise ValueError(
            f"{value!r} is not a region such as eu-central-1 of AWS's public partition (China's "
            "and the government's have other ARNs and addresses)."
        )
    return value


def _aws_principal(value: str) -> str:
    if not re.fullmatch(r"arn:aws:iam::\d{12}:(role|user)/[\w+=,.@/-]+", value):
        raise ValueError(
            f"{value!r} is not the ARN of one role or user, such as "
            "arn:aws:iam::123456789012:role/deployer (of an assumed role, name the role)."
        )
    return value


def _oidc_provider(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w.-]+)*", value):
        raise ValueError(
            f"{value!r} is not an issuer without its https://, such as "
            "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF."
        )
    return value


def _quantity(value: str) -> str:
    mebibytes(value)
    return value


def mebibytes(quantity: str) -> int:
    """A size such as 512Mi or 4Gi in MiB. Raises ValueError for any other form."""
    match = re.fullmatch(r"(\d+)(Mi|Gi|Ti)", quantity)
    if not match or int(match[1]) == 0:
        raise ValueError(f"{quantity!r} is not a size; write it as 512Mi, 4Gi or 1Ti.")
    return int(match[1]) * {"Mi": 1, "Gi": 1024, "Ti": 1024**2}[match[2]]


def _duration(value: str) -> str:
    seconds(value)
    return value


def seconds(duration: str) -> int:
    """A duration such as 90m, 26h or 2d in seconds. Raises ValueError for any other form."""
    match = re.fullmatch(r"(\d+)(m|h|d)", duration)
    if not match or int(match[1]) == 0:
        raise ValueError(f"{duration!r} is not a duration; write it as 90m, 26h or 2d.")
    return int(match[1]) * {"m": 60, "h": 3600, "d": 86400}[match[2]]


def _cron_schedule(value: str) -> str:
    # What the cluster's own controller makes of it is its to say; this finds what cannot be one.
    if not re.fullmatch(r"[0-9*][0-9*/,-]*( [0-9A-Za-z*][0-9A-Za-z*/,-]*){4}", value):
        raise ValueError(
            f"{value!r} is not a schedule: five fields (minute, hour, day, month, weekday; UTC) "
            "such as '17 */6 * * *'."
        )
    return value


def _from_repository(value: str) -> str:
    if not value or "\0" in value:
        raise ValueError("expected the path of a file or folder.")
    return str(REPOSITORY / Path(value).expanduser())


DnsLabel = Annotated[str, AfterValidator(_dns_label)]
NamespaceName = Annotated[str, AfterValidator(_namespace)]
BucketName = Annotated[str, AfterValidator(_bucket_name)]
HttpsEndpoint = Annotated[str, AfterValidator(_https_endpoint)]
Network = Annotated[str, AfterValidator(_network)]
BrokerAddress = Annotated[str, AfterValidator(_broker_address)]
ExactVersion = Annotated[str, AfterValidator(_exact_version)]
ImageTag = Annotated[str, AfterValidator(_image_tag)]
RootPath = Annotated[str, AfterValidator(_root_path)]
AwsAccount = Annotated[str, Field(strict=True, pattern=r"^\d{12}$")]
"""Twelve digits as text: as a number it would lose its leading zeros."""
AwsRegion = Annotated[str, AfterValidator(_aws_region)]
AwsPrincipal = Annotated[str, AfterValidator(_aws_principal)]
OidcProvider = Annotated[str, AfterValidator(_oidc_provider)]
ClusterUid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
CronSchedule = Annotated[str, AfterValidator(_cron_schedule)]
Duration = Annotated[str, AfterValidator(_duration)]
Quantity = Annotated[str, AfterValidator(_quantity)]
FilePath = Annotated[str, AfterValidator(_from_repository)]
Text = Annotated[str, Field(min_length=1)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=1)]
