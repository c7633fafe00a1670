"""The local S3 store: SeaweedFS over HTTPS only, with a private CA and scoped identities."""

import contextlib
import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import tenacity
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local import credentials, network, pki
from local.errors import Refusal
from local.layout import Layout
from local.supervision import Program
from vault.drill import environments

PORT = 8333
# Only the S3 port leaves the loopback interface: the others know no identities.
MASTER_PORT, VOLUME_PORT, FILER_PORT = 19333, 18380, 18888
REGION = "us-east-1"
START = Path(__file__).parent / "start-store.sh"
READY_SECONDS = 60
MEMORY_MIB = 192
READINESS_BUCKET = "vectorkit-readiness"


def prepare(layout: Layout, address: str, *, live_bucket: str, vault_bucket: str) -> None:
    """Write the store's certificate and identities."""
    for folder in (layout.store, layout.sockets):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(START, layout.state / START.name)
    pki.ensure(layout.pki, [address], ["localhost"])
    document = identities(layout.secrets, live_bucket, vault_bucket)
    path = identities_file(layout)
    path.touch(mode=0o600)
    path.write_text(json.dumps(document))


def identities_file(layout: Layout) -> Path:
    """Where the store reads who may do what."""
    return layout.secrets / "store-identities.json"


def refuse_taken_ports(address: str, loopback: str) -> None:
    """Raises Refusal when another process listens on a port of the store."""
    network.refuse_taken_port(address, PORT, "the S3 store")
    for port in (MASTER_PORT, VOLUME_PORT, FILER_PORT):
        network.refuse_taken_port(loopback, port, "the S3 store")
        network.refuse_taken_port(loopback, port + 10000, "the S3 store")


def program(layout: Layout, weed: Path, address: str, loopback: str) -> Program:
    """The store as a supervised process, in a mount namespace of its own."""
    arguments = {
        "dir": layout.store,
        "ip": loopback,
        "ip.bind": loopback,
        "master.port": MASTER_PORT,
        "master.electionTimeout": "1s",
        "master.volumeSizeLimitMB": 256,
        "volume.port": VOLUME_PORT,
        "volume.max": 0,
        "volume.preStopSeconds": 1,
        "filer.port": FILER_PORT,
        "filer.localSocket": layout.sockets / "filer.sock",
        "s3.port": PORT,
        "s3.ip.bind": address,
        "s3.config": identities_file(layout),
        "s3.cert.file": layout.pki / "server.crt",
        "s3.key.file": layout.pki / "server.key",
        "s3.localSocket": layout.sockets / "s3.sock",
        "s3.allowDeleteBucketNotEmpty": "false",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
    }
    flags = " ".join(["-filer -s3", *(f"-{name}={value}" for name, value in arguments.items())])
    alone = "unshare --mount --propagation private"
    return Program(
        name="store",
        command=f"{alone} {layout.state / START.name} {weed} -logtostderr=true server {flags}",
        log=str(layout.logs / "store.log"),
        environment={
            "SOCKETS": str(layout.sockets),
            "KEY_FILE": str(layout.secrets / "store-encryption-key"),
            # Without a limit the collector lets it grow to twice that under load.
            "GOMEMLIMIT": f"{MEMORY_MIB}MiB",
            # Its own seven volumes for each bucket reserve 2 GB of disk, and refuse writes without.
            "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
            # The store reads its identities at its start only: others start it anew.
            "IDENTITIES_DIGEST": sha256(identities_file(layout).read_bytes()).hexdigest(),
        },
        stop_seconds=30,
    )


def endpoint(address: str) -> str:
    return f"https://{address}:{PORT}"


def wait_until_ready(layout: Layout, url: str) -> None:
    """Ready means that an encrypted object can be written: a store without its key answers 200 to
    everything but the PUT. Raises Refusal with the last answer after READY_SECONDS."""
    client = _client(layout, url)

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type((BotoCoreError, ClientError)),
        wait=tenacity.wait_fixed(0.3),
        stop=tenacity.stop_after_delay(READY_SECONDS),
        reraise=True,
    )
    def write_once() -> None:
        with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou):
            client.create_bucket(Bucket=READINESS_BUCKET)
        client.put_object(
            Bucket=READINESS_BUCKET, Key="ready", Body=b"ready", ServerSideEncryption="AES256"
        )
        client.delete_object(Bucket=READINESS_BUCKET, Key="ready")
        client.delete_bucket(Bucket=READINESS_BUCKET)

    try:
        write_once()
    except (BotoCoreError, ClientError) as error:
        raise Refusal(
            f"The S3 store at {url} took no encrypted object within {READY_SECONDS} s; "
            f"its last answer was: {error}. See {layout.logs / 'store.log'}."
        ) from None


def _client(layout: Layout, url: str) -> Any:
    admin = credentials.identity(layout.secrets, "admin")
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name=REGION,
        verify=str(layout.ca_file),
        aws_access_key_id=admin.access_key_id,
        aws_secret_access_key=admin.secret_access_key,
        config=Config(
            s3={"addressing_style": "path"},
            connect_timeout=2,
            read_timeout=10,
            retries={"max_attempts": 1},
        ),
    )


def identities(folder: Path, live_bucket: str, vault_bucket: str) -> dict[str, Any]:
    """The store's identities file.

    Milvus reaches the live bucket alone; the vault's writer reads live, writes and seals the
    vault."""
    drilled, restored = (
        environments.bucket(live_bucket, suffix)
        for suffix in (environments.SUFFIX, environments.RESTORED_SUFFIX)
    )
    actions = {
        "admin": ["Admin"],
        "milvus": _milvus(live_bucket),
        "vault": _writer(live_bucket, vault_bucket),
        "milvus-drill": [*_milvus(drilled), *_milvus(restored)],
        "vault-drill": _writer(drilled, environments.bucket(vault_bucket, environments.SUFFIX)),
    }
    entries = []
    for name, allowed in actions.items():
        key = credentials.identity(folder, name)
        pair = {"accessKey": key.access_key_id, "secretKey": key.secret_access_key}
        entries.append({"name": name, "credentials": [pair], "actions": allowed})
    return {"identities": entries}


def _milvus(live_bucket: str) -> list[str]:
    return [f"{verb}:{live_bucket}" for verb in ("Read", "Write", "List")]


def _writer(live_bucket: str, vault_bucket: str) -> list[str]:
    return [
        *(f"{verb}:{live_bucket}" for verb in ("Read", "List")),
        *(f"{verb}:{vault_bucket}" for verb in credentials.VAULT_RIGHTS),
    ]
