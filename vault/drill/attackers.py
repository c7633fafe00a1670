"""Carries out the attacks, one attacker after the other, and looks after each what is left."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plugins.errors import Refusal
from plugins.objectstore import live
from vault.drill import observation
from vault.drill.attacks import ATTACKS, Attack, LiveVersion, Request, Target, Through
from vault.drill.model import Answers, Attacker, Result
from vault.drill.observation import SealedVersion
from vault.record import Record, send
from vault.sealing import seal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NOT_RECORDED = ("Body", "SSECustomerKey")
DECOYS = "drill-decoys"


@dataclass(frozen=True, kw_only=True)
class Battlefield:
    """What is attacked, and who looks after it."""

    live: str
    vault: str
    root_path: str
    deployer: "S3Client"
    writer: "S3Client"
    """Seals the decoys."""
    sealed: tuple[SealedVersion, ...]
    """The snapshot, as it was found before the first attack."""
    record: Record
    collections: tuple[str, ...] = ()
    namespace: str = ""
    looks: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    """What else to look at after each attack: a name, and what tells its state."""


Means = Mapping[Through, Any]
"""The clients of one attacker, each with the attacker's own credentials."""


def run(field: Battlefield, attacker: Attacker, means: Means) -> Iterator[Result]:
    """Every attack of the table that the attacker has the means for."""
    for attack in ATTACKS:
        if attacker in attack.who:
            result = _one(field, attacker, means, attack)
            if result is not None:
                yield result


def _one(field: Battlefield, attacker: Attacker, means: Means, attack: Attack) -> Result | None:
    target = _target(field, attack)
    requests = [one for one in attack.requests(target) if one.through in means]
    if not requests:
        return None
    settings = [live.read(field.deployer, one) for one in _buckets(field)]
    looks, began = _look(field), datetime.now(UTC)
    answers = Counter(
        (one.operation, _ask(field.record, attacker, attack, means, one)) for one in requests
    )
    ended = datetime.now(UTC)
    effects, unreadable = _put_back(field, target.sealed, settings)
    effects += _differences(looks, _look(field))
    result = Result(
        attack=attack.name,
        attacker=attacker,
        aim=attack.aim,
        began=began,
        ended=ended,
        answers=tuple(
            Answers(request=request, outcome=outcome, count=count)
            for (request, outcome), count in answers.items()
        ),
        effects=tuple(effects),
        unreadable=unreadable,
        lost=_lost(field, target.sealed),
    )
    field.record.write({"result": result.model_dump(mode="json"), "verdict": result.verdict})
    return result


def _target(field: Battlefield, attack: Attack) -> Target:
    there = live.exists(field.deployer, field.live)
    listed = observation.versions(field.deployer, field.live) if there else iter(())
    return Target(
        live=field.live,
        vault=field.vault,
        sealed=(_decoy(field),) if attack.aim == "decoy" else field.sealed,
        root_path=field.root_path,
        live_versions=[LiveVersion(one["Key"], one["VersionId"], one["Size"]) for one in listed],
        collections=field.collections,
        namespace=field.namespace,
    )


def _decoy(field: Battlefield) -> SealedVersion:
    """A version of its own for each attack, sealed by the writer like the snapshot."""
    like = min(field.sealed, key=lambda one: one.until)
    key = f"{field.root_path}/{DECOYS}/{datetime.now(UTC):%H%M%S.%f}"
    version = field.writer.put_object(Bucket=field.vault, Key=key, Body=b"decoy")["VersionId"]
    seal(field.writer, field.vault, key, version, mode=like.mode, until=like.until)
    found = observation.look_at(field.deployer, field.vault, key, version)
    if found is None:
        raise Refusal(f"The drill's decoy {key!r} has no retention; the store is not to be used.")
    return found


def _lost(field: Battlefield, aimed_at: Sequence[SealedVersion]) -> tuple[str, ...]:
    every = {(one.key, one.version_id): one for one in (*field.sealed, *aimed_at)}
    if not live.exists(field.deployer, field.vault):
        return tuple(f"{key!r} is gone with its bucket." for key, _ in every)
    return observation.losses(field.deployer, field.vault, list(every.values()))


def _put_back(
    field: Battlefield, sealed: Sequence[SealedVersion], settings: Sequence[dict[str, Any]]
) -> tuple[list[str], int]:
    """What became of the buckets' settings, and how many sealed versions were unreadable by it."""
    effects, unreadable = [], 0
    for before in settings:
        bucket, stale = before["bucket"], observation.changed(field.deployer, before)
        if stale == ("existence",):
            effects.append(f"bucket {bucket!r} is gone")
        elif stale:
            effects.append(f"{', '.join(stale)} of bucket {bucket!r} changed, and put back since")
            if bucket == field.vault:
                unreadable = len(observation.losses(field.deployer, bucket, sealed))
            observation.put_back(field.deployer, before, stale)
    return effects, unreadable


def _look(field: Battlefield) -> dict[str, object]:
    state: dict[str, object] = {}
    for name, bucket in (("live", field.live), ("vault", field.vault)):
        if live.exists(field.deployer, bucket):
            pages = field.deployer.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            state[f"objects in the {name} bucket"] = sum(page["KeyCount"] for page in pages)
            listed = observation.versions(field.deployer, bucket)
            state[f"versions in the {name} bucket"] = sum(1 for _ in listed)
    return state | {name: look() for name, look in field.looks.items()}


def _differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return [
        f"{name}: {was} before, {after[name]} after"
        for name, was in before.items()
        if name in after and after[name] != was
    ]


def _ask(record: Record, attacker: Attacker, attack: Attack, means: Means, request: Request) -> str:
    outcome = _outcome(means[request.through], request)
    given = {k: v for k, v in request.parameters.items() if k not in _NOT_RECORDED}
    asked = {"who": attacker, "attack": attack.name, "through": request.through}
    record.write({**asked, "request": request.operation, "parameters": given, "outcome": outcome})
    return outcome


def _outcome(client: Any, request: Request) -> str:
    """The answer in a word; whatever goes wrong at the attacker's is one, too."""
    try:
        if request.through == "s3":
            return send(client, request.operation, request.parameters)[1]
        getattr(client, request.operation)(**request.parameters)
    except Exception as error:
        text = str(error).splitlines() or [""]
        return f"{type(error).__name__}: {text[0][:200]}"
    return "done"


def _buckets(field: Battlefield) -> list[str]:
    return [one for one in (field.live, field.vault) if live.exists(field.deployer, one)]
