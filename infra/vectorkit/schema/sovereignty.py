"""Where the data of an environment may lie."""

from collections.abc import Mapping

from vectorkit.schema.stores import Store
from vectorkit.schema.strict import Found, Strict
from vectorkit.schema.value_types import Text


class Sovereignty(Strict):
    """The regions and hosts that data may go to: the store, and the Pulsar or Kafka that every row
    passes. Anything else is refused."""

    regions: tuple[Text, ...] = ()
    """Empty: any. Needs hosts, too, where the store is not AWS, there a region is a mere label, or
    where the log is Pulsar or Kafka, which have none."""
    hosts: tuple[Text, ...] = ()
    """Names of stores and of the log's servers, or domains beginning with a dot, such as
    .example.com. Empty: any."""

    def refusals(self, store: Store, queue: Mapping[str, str]) -> Found:
        """Why the store or the queue may not have the data; empty when they may. `queue` is the
        host of each of its servers, by its path in the document."""
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
        elif self.regions and not self.hosts and queue:
            yield (
                "sovereignty.hosts",
                f"is missing: nobody knows in which region {', '.join(queue.values())} are; list "
                "the hosts that are in these regions, the store's too.",
            )
        endpoint = "store.endpoint" if store.kind == "s3" else "store.region"
        for path, host in {endpoint: store.host, **queue}.items():
            if self.hosts and not any(_is_at(host, one) for one in self.hosts):
                yield (
                    path,
                    f"{host} is not among the hosts that sovereignty.hosts allows: "
                    f"{', '.join(self.hosts)}. Data does not leave them.",
                )


def _is_at(host: str, allowed: str) -> bool:
    return host.endswith(allowed) if allowed.startswith(".") else host == allowed
