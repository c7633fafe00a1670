"""Who may do what on an S3-compatible store, in the words of its profile."""

from vectorkit.decisions import access, rights
from vectorkit.schema.profiles import PROFILES
from vectorkit.schema.stores import S3CompatibleStore


def identities(store: S3CompatibleStore) -> dict[str, access.Policy]:
    """What the store's user administration must let Milvus and the vault's writer do."""
    return {
        "milvus": rights.milvus(store.live.bucket),
        "vault": rights.together(
            rights.live_reader(store.live.bucket), rights.vault_writer(store.vault.bucket)
        ),
    }


def policies(
    store: S3CompatibleStore,
) -> tuple[access.Policy, access.Policy] | tuple[None, None]:
    """The policies of live bucket and vault; none where they would bind nobody."""
    profile = PROFILES[store.profile]
    live, vault = store.live.bucket, store.vault.bucket
    if profile.bucket_policy == "unused":
        return None, None
    if profile.bucket_policy == "grants":
        return (
            rights.granted(
                live,
                (rights.milvus(live), store.milvus_user_ids),
                (rights.live_reader(live), store.vault_user_ids),
            ),
            rights.granted(vault, (rights.vault_writer(vault), store.vault_user_ids)),
        )
    deployers, writers, key = store.deployer_user_ids, store.vault_user_ids, profile.identity_key
    return (
        access.live_policy(live, deployers=deployers, identity_key=key),
        access.vault_policy(vault, deployers=deployers, writers=writers, identity_key=key),
    )
