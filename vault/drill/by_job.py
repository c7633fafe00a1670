"""Seals a scratch environment as its schedule would: by the job that the program declared."""

import json

from smoke_tests import waiting
from smoke_tests.cluster import Cluster
from smoke_tests.errors import SmokeError
from vault.places import VaultError
from vectorkit.decisions import naming

NAME = f"{naming.SEAL_JOB}-drill"
SECONDS = 600.0
LAST_LINES = 10


def seal(cluster: Cluster, seconds: float = SECONDS) -> str:
    """The id of the snapshot. Raises VaultError with what a job said that failed, and SmokeError
    when none ends within `seconds`."""
    cluster.run("create", "job", f"--from=cronjob/{naming.SEAL_JOB}", NAME)
    waiting.until(lambda: _unfinished(cluster), seconds, f"The end of job {NAME}")
    # What it says of its progress comes beside its result, in no certain order.
    result = next(line for line in _log(cluster) if line.startswith("{"))
    return str(json.loads(result)["snapshot"])


def _unfinished(cluster: Cluster) -> str:
    job = json.loads(cluster.run("get", "job", NAME, "--output=json"))
    states = {
        one["type"]: one for one in job["status"].get("conditions", []) if one["status"] == "True"
    }
    if failed := states.get("Failed"):
        said = "\n".join(_log(cluster)[-LAST_LINES:])
        raise VaultError(
            f"The job that seals failed ({failed.get('message')}); the stack's own would, too. "
            f"It said:\n{said}"
        )
    return "" if "Complete" in states else cluster.state()


def _log(cluster: Cluster) -> list[str]:
    """Of the pod that was started last: one that failed is followed by another."""
    newest = ("--sort-by=.metadata.creationTimestamp", f"--selector=job-name={NAME}")
    pods = cluster.items("pods", *newest)
    try:
        return cluster.run("logs", pods[-1]["metadata"]["name"]).splitlines()
    except (SmokeError, IndexError):
        return ["nothing: no pod of it has a log."]
