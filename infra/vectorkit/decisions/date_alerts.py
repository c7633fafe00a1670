"""Alert rules about what ends on a day: certificates, and the locks of what is sealed.

The end of the store's CA is no metric: its rule holds the date.
"""

from collections.abc import Iterator
from datetime import timedelta

from vectorkit.decisions import naming
from vectorkit.decisions.alert import Alert, Watched

RENEWAL = timedelta(days=30)
RENEWAL_IS_LATE = timedelta(days=14)
"""cert-manager renews when a third is left, which is 30 days of the usual 90."""
LOCK_SHARE = 0.25
"""What is left of the newest seal's retention when nothing new has been sealed for long."""


def of_certificates(watched: Watched) -> Iterator[Alert]:
    """Of the store's CA, and of the one that Milvus shows to clients."""
    if watched.ca_expires is not None:
        begin = int((watched.ca_expires - RENEWAL).timestamp())
        yield Alert(
            name="StoreCertificateAuthorityExpires",
            expression=f"vector(time()) > {begin}",
            for_minutes=0,
            severity="ticket",
            summary=f"The object store's CA expires on {watched.ca_expires:%Y-%m-%d}.",
            remedy="Add the new CA to store.ca_file and deploy, before the store changes over.",
        )
    if watched.certificate is None:
        return
    described = f"kubectl -n {watched.namespace} describe certificate {watched.certificate}"
    ends = _of_cert_manager("certmanager_certificate_expiration_timestamp_seconds", watched)
    yield Alert(
        name="MilvusCertificateExpires",
        expression=f"max({ends}) - time() < {int(RENEWAL_IS_LATE.total_seconds())}",
        for_minutes=60,
        severity="page",
        summary=f"Milvus's certificate ends within {RENEWAL_IS_LATE.days} days: it was not "
        "renewed, and clients will refuse to connect.",
        remedy=f"`{described}` says why; when it is renewed, restart who serves it.",
    )
    begins = _of_cert_manager("certmanager_certificate_not_before_timestamp_seconds", watched)
    serving = (
        f'process_start_time_seconds{{namespace="{watched.namespace}",'
        'container=~"proxy|standalone"}'
    )
    yield Alert(
        name="MilvusServesOldCertificate",
        expression=f"max({begins}) > min({serving})",
        for_minutes=60,
        severity="ticket",
        summary="Milvus's certificate was renewed, and it still shows the old one, which it read "
        "when it started.",
        remedy="Restart who serves it, one pod after another: `kubectl -n "
        f"{watched.namespace} rollout restart deployment` milvus-proxy, or milvus-standalone.",
    )
    yield Alert(
        name="MilvusCertificateUnknown",
        expression=f"absent({ends})",
        for_minutes=60,
        severity="ticket",
        summary="Nobody hears of Milvus's certificate; its end would come unannounced.",
        remedy=f"`{described}`; the metric comes from cert-manager, which must be scraped.",
    )


def _of_cert_manager(metric: str, watched: Watched) -> str:
    """A scrape that does not honour labels, as by cert-manager's own chart, renames namespace."""
    return " or ".join(
        f'{metric}{{name="{watched.certificate}",{label}="{watched.namespace}"}}'
        for label in ("namespace", "exported_namespace")
    )


def of_the_vault(watched: Watched) -> Iterator[Alert]:
    """Of the newest sealed snapshot, where a job seals."""
    if watched.rpo_seconds is None:
        return
    # Of kube-state-metrics. The job ends well only after it has read back what it sealed; its
    # snapshot is of when it began.
    own = f'namespace="{watched.namespace}",cronjob="{naming.SEAL_JOB}"'
    succeeded = f"kube_cronjob_status_last_successful_time{{{own}}}"
    start = (
        f"start one with `kubectl -n {watched.namespace} create job "
        f"--from=cronjob/{naming.SEAL_JOB} NAME`."
    )
    logs = f"Look at the log of the last job of CronJob {naming.SEAL_JOB}, then {start}"
    yield Alert(
        name="VaultSnapshotTooOld",
        expression=f"time() - max({succeeded}) > {watched.rpo_seconds}",
        for_minutes=0,
        severity="page",
        summary="No seal by the job has ended well for as long as store.vault.rpo; the newest "
        "snapshot is older than that by what its seal took.",
        remedy=f"{logs} A `make seal` keeps data, too, but this alert counts jobs alone.",
    )
    if watched.retention_days is not None:
        locked = watched.retention_days * 86400
        yield Alert(
            name="VaultRetentionEnds",
            expression=f"max({succeeded}) + {locked} - time() < {int(LOCK_SHARE * locked)}",
            for_minutes=0,
            severity="page",
            summary=f"Of the {watched.retention_days} days for which the newest sealed snapshot is "
            f"locked, {LOCK_SHARE:.0%} are left; after them everything sealed can be deleted.",
            remedy=f"{logs} It locks anew what is still needed.",
        )
    yield Alert(
        name="VaultSnapshotUnknown",
        expression=f"absent({succeeded})",
        for_minutes=watched.rpo_seconds // 60,
        severity="page",
        summary="No job that seals is known to have ended well, or nobody counts.",
        remedy="Look at the job's log; the metric comes from kube-state-metrics. When there was "
        f"no job, {start}",
    )
