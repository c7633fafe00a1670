"""What the CronJob of a stack with the scene's buckets would tell its job."""

from pathlib import Path

from smoke_tests.credentials import Masked
from tests.vault.scene import ROOT, VERSIONS, Scene
from vault.job import PREFIX
from vectorkit.decisions import naming


def variables(
    scene: Scene, folder: Path, *, milvus: str = "http://nowhere", password: Masked | None = None
) -> dict[str, str]:
    """With the writer's credentials as files in this folder, which is made."""
    folder.mkdir()
    for name, secret in (
        (naming.ACCESS_KEY_ID_KEY, scene.writer.access_key),
        (naming.SECRET_ACCESS_KEY_KEY, scene.writer.secret_key),
        (naming.ROOT_PASSWORD_KEY, password.reveal() if password else "any"),
    ):
        (folder / name).write_text(secret)
    told = {
        "store_endpoint": scene.store.endpoint,
        "store_region": scene.store.region,
        "store_ca_file": str(scene.store.ca_file),
        "live_bucket": scene.live.bucket,
        "vault_bucket": scene.vault.bucket,
        "vault_mode": "governance",
        "vault_retention_days": "1",
        "root_path": ROOT,
        "etcd_address": scene.etcd,
        "milvus_uri": milvus,
        "chart_version": VERSIONS["chart"],
        "wal": "rocksmq",
        "credentials": str(folder),
    }
    return {f"{PREFIX}{name.upper()}": value for name, value in told.items()}
