"""What can be lost, what `pulumi destroy` keeps, and what stays open."""

from vectorkit.schema.stores import AwsStore
from vectorkit.schema.versions import ETCD_PASSWORD_IN_LOG
from vectorkit.settings import Settings

Rows = list[dict[str, str]]
WHOLE = "kept whole while a version in it is locked: destroy ends with an error and the last date"


def losses(settings: Settings) -> Rows:
    """What can be lost, by which act of whom, and what brings it back."""
    store, durable = settings.store, settings.durable
    snapshot = "make restore, of the newest sealed snapshot"
    sealed = snapshot if store.vault.retention_days else "none"
    destroy = (
        "nothing: it is refused while data is protected (`pulumi state unprotect`)"
        if durable
        else "buckets, volumes and namespace, but for a vault with locked versions"
    )
    rows = [
        {"act": "pulumi destroy", "by": "deployer", "loses": destroy, "remedy": ""},
        {
            "act": "drop a collection, delete objects",
            "by": "Milvus, or whoever has its key",
            "loses": f"no object for {store.live.undelete_days} days; what the collection was, "
            "at once",
            "remedy": f"make undelete for objects; for a collection: {sealed}",
        },
        {
            "act": "destroy versions in the live bucket",
            "by": "deployer",
            "loses": "what was destroyed",
            "remedy": sealed,
        },
        _vault_loss(settings),
        {
            "act": "lose the volume of etcd"
            if settings.shape is None
            else f"lose the volumes of all {settings.etcd.count} members of etcd",
            "by": "machines that break, or whoever deletes the namespace",
            "loses": "all metadata: the live bucket's files stay, and belong to no collection",
            "remedy": sealed,
        },
        {
            "act": "lose the store",
            "by": "whoever runs it",
            "loses": "live bucket and vault: both are in it",
            "remedy": "none of this kit's",
        },
    ]
    if settings.milvus.wal == "rocksmq":
        rows.append(
            {
                "act": "lose the volume of standalone",
                "by": "a machine that breaks",
                "loses": "rows that were not flushed yet",
                "remedy": "write them again",
            }
        )
    return rows


def _vault_loss(settings: Settings) -> dict[str, str]:
    vault = settings.store.vault
    row = {"act": "destroy sealed versions", "by": "deployer", "remedy": "none"}
    if vault.mode == "compliance":
        return row | {"loses": "nothing before its date: nobody can", "by": "anybody"}
    if vault.mode == "governance":
        return row | {"loses": "what it bypasses by its own rights; each bypass is a request"}
    return row | {"loses": "everything: nothing is sealed"}


def destroy_keeps(settings: Settings) -> Rows:
    """What is there after `pulumi destroy`, and how it is got rid of."""
    store, durable = settings.store, settings.durable
    found = _of_aws(store, durable=durable) if isinstance(store, AwsStore) else _of_s3(settings)
    protected = "all of it, while it is protected" if durable else "nothing"
    return [
        *({"of": of, "is kept": kept, "to lose it": lost} for of, kept, lost in found),
        {
            "of": f"namespace {settings.namespace}, with Milvus's metadata in etcd's volumes",
            "is kept": protected,
            "to lose it": "pulumi state unprotect, then destroy: sealed snapshots alone bring "
            "collections back after that"
            if durable
            else "",
        },
        {
            "of": "what this stack did not make",
            "is kept": "users and keys of the store, certificates' issuers, secrets and logs "
            "elsewhere, images, Pulumi's state with its passphrase",
            "to lose it": "by hand",
        },
    ]


def _of_s3(settings: Settings) -> list[tuple[str, str, str]]:
    store = settings.store
    names = (f"live bucket {store.live.bucket}", f"vault bucket {store.vault.bucket}")
    if settings.durable:
        kept = "all of it, while it is protected; then still, as long as it holds anything"
        lost = "pulumi state unprotect, empty it by hand, then destroy"
        locked = f"{lost}; a locked version cannot be deleted before its date"
        return [(names[0], kept, lost), (names[1], kept, locked)]
    by_hand = ", as by a `make seal` with DAYS" if store.vault.mode == "none" else ""
    return [
        (names[0], "nothing: every version goes", ""),
        (
            names[1],
            f"{WHOLE}{by_hand}; else nothing",
            "the same command after that date; before it, --continue-on-error for the rest",
        ),
    ]


def _of_aws(store: AwsStore, *, durable: bool) -> list[tuple[str, str, str]]:
    names = (f"live bucket {store.live.bucket}", f"vault bucket {store.vault.bucket}")
    keys = f"KMS keys alias/{store.live.bucket} and alias/{store.vault.bucket}"
    if durable:
        kept = "all of it, even unprotected: the stack forgets it, and AWS keeps it"
        return [
            (names[0], kept, "by hand in AWS"),
            (names[1], kept, "by hand in AWS; a locked version not before its date"),
            (keys, kept, "by hand in AWS: every object goes with its key"),
        ]
    emptied = "nothing: every version goes"
    vault = (
        (names[1], emptied, "")
        if store.vault.mode == "none"
        else (
            names[1],
            "all of it while it holds anything, locked or not: destroy ends with an error",
            "empty it by hand after the last date, then the same command",
        )
    )
    return [
        (names[0], emptied, ""),
        vault,
        (
            keys,
            "30 days: then what they encrypted cannot be read, sealed versions neither",
            "wait; `aws kms cancel-key-deletion` before that keeps them",
        ),
    ]


def risks(settings: Settings) -> list[str]:
    """What stays open, in sentences."""
    store, vault = settings.store, settings.store.vault
    found = ["Live bucket and vault are in one store: what takes the store takes both."]
    if settings.cluster.uid is None:
        found.append(
            "cluster.uid is not set: whatever cluster the context leads to is deployed to."
        )
    if settings.milvus.tls is None:
        found.append("Clients speak to Milvus in the clear: passwords and vectors can be read.")
    if vault.mode == "none":
        found.append("There is no sealed copy: who has the deployer's key can destroy everything.")
    if vault.mode == "governance":
        found.append("The deployer can bypass governance; compliance is what nobody can undo.")
    if vault.mode != "none" and vault.schedule is None:
        found.append("Nothing seals by schedule: the newest snapshot is the last `make seal`.")
    if store.live.kms_key_id is None and store.kind == "s3":
        found.append("The store manages the encryption keys: who has the store has the data.")
    found += [
        f"The store cannot keep rule {rule}: what it would remove stays until someone removes it."
        for rule in store.lifecycle_left_out
    ]
    if settings.monitoring.namespace is None:
        found.append("Nobody watches: no alert will tell of a full etcd or a failing store.")
    elif not settings.monitoring.prometheus_operator:
        found.append("No alert rules are declared: whoever reads the metrics needs some of theirs.")
    if settings.shape is None:
        found.append("Standalone is one pod: while it moves, nobody is answered.")
    if "@sha256:" not in settings.milvus.image.tag:
        found.append("The image is pinned by its tag; only a digest cannot be moved.")
    found += [
        f"{one} is accepted: this version of Milvus is open to it."
        for one in settings.milvus.accept_known_holes
        if one != ETCD_PASSWORD_IN_LOG
    ]
    if ETCD_PASSWORD_IN_LOG in settings.milvus.accept_known_holes:
        found.append(
            "Milvus prints etcd's password when it starts: whoever may read its log, and reaches "
            "etcd, can change all of its metadata."
        )
    return found
