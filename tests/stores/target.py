"""A store of the tests as the probe is told of it."""

from plugins.objectstore.probe import Scoped, Target
from plugins.objectstore.s3_client import Credentials
from tests.stores.store import Store


def target(store: Store) -> Target:
    """Both identities, and how the second one gets its rights."""
    deployer = Credentials(
        access_key_id=store.admin.access_key, secret_access_key=store.admin.secret_key
    )
    return Target(
        endpoint=store.endpoint,
        region=store.region,
        ca_file=str(store.ca_file),
        credentials=deployer,
        scoped=_scoped(store),
    )


def _scoped(store: Store) -> Scoped | None:
    if store.scoped is None:
        return None
    return Scoped(
        access_key_id=store.scoped.access_key,
        secret_access_key=store.scoped.secret_key,
        bucket=store.scoped_bucket or None,
        principal=store.scoped.principal or None,
    )
