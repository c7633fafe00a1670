"""What a preview does not know yet is left alone."""

from tests.policy.cases.access import allowing, rights
from tests.policy.cases.buckets import retained, sparing
from tests.policy.cases.network import lets_in
from tests.policy.sample import (
    Declared,
    changed,
    pods,
)
from vectorkit_policy.plan import UNKNOWN

GOOD: dict[str, Declared] = {
    "unknown versioning": changed("live", "versioning", UNKNOWN),
    "unknown algorithm": changed("live", "encryption", {"algorithm": UNKNOWN}),
    "unknown policy": changed("live", "policy", UNKNOWN),
    "unknown statements": changed("live", "policy.Statement", UNKNOWN),
    "unknown deployer": sparing("StringNotLike", "aws:userid", UNKNOWN),  # type: ignore[arg-type]
    "unknown policy on AWS": changed("policy", "policy", UNKNOWN),
    "unknown rules of encryption": changed("encryption", "rules", UNKNOWN),
    "unknown state of versioning on AWS": changed(
        "versions", "versioningConfiguration.status", UNKNOWN
    ),
    "unknown rights": changed("rights", "policy", UNKNOWN),
    "unknown resource of rights": rights(Resource=[UNKNOWN]),
    "unknown condition": allowing(Principal="*", Condition=UNKNOWN),
    "unknown version of a chart": changed("release", "version", UNKNOWN),
    "unknown values": changed("release", "values", UNKNOWN),
    "unknown tag": changed("release", "values.image.all.tag", UNKNOWN),
    "unknown image": pods(image=UNKNOWN),
    "unknown resources": changed("release", "values.standalone.resources", UNKNOWN),
    "unknown service": changed("service", "spec", UNKNOWN),
    "unknown peers": lets_in(UNKNOWN, {"port": 9091}),
    "unknown block": lets_in([{"ipBlock": {"cidr": UNKNOWN}}], {"port": 9091}),
    "unknown denial": changed("deny", "spec", UNKNOWN),
    "unknown namespace of a pod": pods(namespace=UNKNOWN),
    "unknown data": changed("config", "data", UNKNOWN),
    "unknown secret": changed("secret", "stringData", UNKNOWN),
    "unknown tags beside a retention": retained(UNKNOWN),
}
