"""What a store really does, seen through plain requests: one word or number per promise."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.stores.store import Store

RULES: list[Any] = [
    {
        "ID": f"days-{days}",
        "Status": "Enabled",
        "Filter": {"Prefix": f"{days}/"},
        "NoncurrentVersionExpiration": {"NoncurrentDays": days},
    }
    for days in (1, 2)
]
EMPTY_MD5 = "1B2M2Y8AsgTpgAmY7PhCfg=="


def observe(store: Store, name: str) -> dict[str, Any]:
    """Everything below, in buckets of its own whose names begin with `name`."""
    client = store.client()
    plain, kept, locked = (f"{name}-{kind}" for kind in ("plain", "kept", "locked"))
    client.create_bucket(Bucket=plain)
    client.create_bucket(Bucket=kept)
    client.put_bucket_versioning(Bucket=kept, VersioningConfiguration={"Status": "Enabled"})
    client.create_bucket(Bucket=locked, ObjectLockEnabledForBucket=True)
    return {
        **_encryption(client, plain),
        **_data(client, plain),
        **_settings(client, kept),
        "create-only write, unversioned": _twice(client, plain),
        "create-only write, versioned": _twice(client, kept),
        **_locks(client, locked),
        **_others(store, plain),
    }


def _others(store: Store, bucket: str) -> dict[str, Any]:
    read: Any = {"Bucket": bucket, "Key": "list/a"}
    said = store.client().head_object(**read)["ResponseMetadata"]["HTTPHeaders"]["date"]
    late = time.time() - parsedate_to_datetime(said).timestamp()
    return {
        "stranger served": not refused(store.anonymous().get_object, **read),
        "scoped identity served": not refused(store.client(store.scoped).get_object, **read),
        "clock right": abs(late) < 60,
    }


def refused(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether the store answers with an error."""
    try:
        call(**arguments)
    except ClientError:
        return True
    return False


def _encryption(client: Any, bucket: str) -> dict[str, Any]:
    algorithm = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    client.put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [algorithm]}
    )
    said = client.put_object(Bucket=bucket, Key="secret", Body=b"secret")
    read = client.head_object(Bucket=bucket, Key="secret")
    field = "ServerSideEncryption"
    return {"encryption in PUT": said.get(field), "encryption in HEAD": read.get(field)}


def _data(client: Any, bucket: str) -> dict[str, Any]:
    for key in ("a", "b", "c"):
        client.put_object(Bucket=bucket, Key=f"list/{key}", Body=b"0123456789")
    part = client.get_object(Bucket=bucket, Key="list/a", Range="bytes=2-4")["Body"].read()
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="list/", PaginationConfig={"PageSize": 2}
    )
    listed = sum(len(page.get("Contents", [])) for page in pages)
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "list/b"}]})
    upload = client.create_multipart_upload(Bucket=bucket, Key="upload")["UploadId"]
    client.abort_multipart_upload(Bucket=bucket, Key="upload", UploadId=upload)
    wrong = {"Bucket": bucket, "Key": "wrong", "Body": b"data", "ContentMD5": EMPTY_MD5}
    return {
        "range": part.decode(),
        "listed": listed,
        "deleted in a batch": refused(client.head_object, Bucket=bucket, Key="list/b"),
        "uploads after abort": len(client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])),
        "wrong checksum refused": refused(client.put_object, **wrong),
    }


def _settings(client: Any, bucket: str) -> dict[str, Any]:
    for body in (b"1", b"2"):
        client.put_object(Bucket=bucket, Key="twice", Body=body)
    versions = client.list_object_versions(Bucket=bucket, Prefix="twice")["Versions"]
    client.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": RULES}
    )
    try:
        rules = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except ClientError:
        rules = []
    deny = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",'
    deny += f'"Action":"s3:GetObject","Resource":"arn:aws:s3:::{bucket}/*"}}]}}'
    client.put_bucket_policy(Bucket=bucket, Policy=deny)
    denied = refused(client.get_object, Bucket=bucket, Key="twice")
    client.delete_bucket_policy(Bucket=bucket)
    return {"versions": len(versions), "lifecycle rules": len(rules), "policy denies": denied}


def _twice(client: Any, bucket: str) -> bool:
    create_only = {"Bucket": bucket, "Key": "once", "IfNoneMatch": "*"}
    client.put_object(**create_only, Body=b"first")
    return refused(client.put_object, **create_only, Body=b"second")


def _locks(client: Any, bucket: str) -> dict[str, Any]:
    if refused(client.get_object_lock_configuration, Bucket=bucket):
        return {"lock configured": False}
    soon = datetime.now(UTC) + timedelta(minutes=10)
    answers: dict[str, Any] = {"lock configured": True}
    for mode in ("GOVERNANCE", "COMPLIANCE"):
        retain = {"Mode": mode, "RetainUntilDate": soon}
        version = _version(client, bucket, mode)
        answers[f"{mode} set"] = not refused(
            client.put_object_retention, **version, Retention=retain
        )
        shorter = {"Mode": mode, "RetainUntilDate": soon - timedelta(minutes=5)}
        answers[f"{mode} shortened"] = not refused(
            client.put_object_retention, **version, Retention=shorter
        )
        longer = {"Mode": mode, "RetainUntilDate": soon + timedelta(minutes=5)}
        client.put_object_retention(**version, Retention=longer)
        read = client.get_object_retention(**version)["Retention"]["RetainUntilDate"]
        answers[f"{mode} extended"] = read > soon
        answers[f"{mode} deleted"] = not refused(client.delete_object, **version)
        answers[f"{mode} deleted by bypass"] = not refused(
            client.delete_object, **version, BypassGovernanceRetention=True
        )
    version = _version(client, bucket, "hold")
    client.put_object_legal_hold(**version, LegalHold={"Status": "ON"})
    answers["held deleted"] = not refused(client.delete_object, **version)
    answers["copy retained"] = _copy_retained(client, bucket, soon)
    return answers


def _version(client: Any, bucket: str, key: str) -> dict[str, str]:
    made = client.put_object(Bucket=bucket, Key=key, Body=b"data")
    return {"Bucket": bucket, "Key": key, "VersionId": made["VersionId"]}


def _copy_retained(client: Any, bucket: str, until: datetime) -> bool:
    client.put_object(Bucket=bucket, Key="original", Body=b"data")
    copied = client.copy_object(
        Bucket=bucket,
        Key="copy",
        CopySource={"Bucket": bucket, "Key": "original"},
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=until,
    )
    where = {"Bucket": bucket, "Key": "copy", "VersionId": copied["VersionId"]}
    return refused(client.delete_object, **where)
