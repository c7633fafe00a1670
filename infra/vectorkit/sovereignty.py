"""Where the data of an environment may lie."""

from vectorkit.stores import Store
from vectorkit.strict import Found, Strict
from vectorkit.value_types import Text


class Sovereignty(Strict):
    """The regions and hosts that data may go to; a store anywhere else is refused."""

    regions: tuple[Text, ...] = ()
    """Empty: any. Needs hosts, too, where the store is not AWS: there a region is a mere label."""
    hosts: tuple[Text, ...] = ()
    """Names of stores, or domains beginning with a dot, such as .example.com. Empty: any."""

    def refusals(self, store: Store) -> Found:
        """Why the store may not have the data; empty when it may."""
        if self.regions and store.region not in self.regions:
            yield (
                "store.region",
                f"{store.region} is not among the regions that sovereignty.regions allows: "
                f"{', '.join(self.regions)}. Data does not leave them.",
            )
        if self.regions and not self.hosts and store.kind == "s3":
            yield (
                "sovereignty.hosts",
                "is missing: any S3-compatible store may call its region as it likes; list the "
                "hosts that are in these regions.",
            )
        if self.hosts and not any(_is_at(store.host, one) for one in self.hosts):
            yield (
                "store.endpoint" if store.kind == "s3" else "store.region",
                f"{store.host} is not among the hosts that sovereignty.hosts allows: "
                f"{', '.join(self.hosts)}. Data does not leave them.",
            )


def _is_at(host: str, allowed: str) -> bool:
    return host.endswith(allowed) if allowed.startswith(".") else host == allowed
