"""The drill: ask, seal, let every attacker try, restore elsewhere, ask again, and report."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from plugins.errors import Refusal
from smoke_tests.errors import SmokeError
from vault.drill.attackers import Battlefield, Means, run
from vault.drill.model import Attacker, Result
from vault.drill.observation import sealed_versions
from vault.drill.report import Comparison, DrillReport, Stage
from vault.drill.report_html import page

Answers = Mapping[str, str]
"""A question, such as the count of a collection or the nearest of a vector, and its answer."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the drill does to the environment, beside attacking it."""

    ask: Callable[[], Answers]
    """Of the environment that is attacked."""
    seal: Callable[[], str]
    """Seals the environment; returns the snapshot's id."""
    restore: Callable[[str], None]
    """Brings a snapshot back in an empty environment."""
    ask_restored: Callable[[], Answers]
    """The same questions, of what was brought back."""


Say = Callable[[str], None]
"""Told what begins now."""


@dataclass(frozen=True)
class _Clock:
    say: Say
    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.say(name)
        began = datetime.now(UTC)
        try:
            yield
        finally:
            self.stages.append(Stage(name=name, began=began, ended=datetime.now(UTC)))

    def of(self, name: str) -> Stage:
        return next(one for one in self.stages if one.name == name)


def drill(
    stack: str,
    parts: Parts,
    ground: Battlefield,
    means: Mapping[Attacker, Means],
    *,
    stack_mode: Literal["none", "governance", "compliance"],
    say: Say = lambda _: None,
) -> DrillReport:
    """The whole drill. Raises Refusal when there is nothing to attack; what the attacks did, and a
    restore that failed, is in the report.

    What `ground` names as sealed is not believed: it is looked for after the seal.
    """
    clock = _Clock(say)
    with clock.stage("questions"):
        before = parts.ask()
    with clock.stage("seal"):
        snapshot = parts.seal()
    ground = _with_what_is_sealed(ground)
    results = list(_attacked(clock, ground, means))
    after, failure = _restored(clock, parts, snapshot)
    return DrillReport(
        stack=stack,
        stack_mode=stack_mode,
        mode=ground.sealed[0].mode,
        locked_until=min(one.until for one in ground.sealed),
        snapshot=snapshot,
        sealed_versions=len(ground.sealed),
        stages=tuple(clock.stages),
        rpo_seconds=(results[0].began - clock.of("seal").began).total_seconds(),
        rto_seconds=None if failure else clock.of("restore").seconds,
        failure=failure,
        results=tuple(results),
        comparisons=tuple(
            Comparison(question=question, before=answer, after=after.get(question))
            for question, answer in before.items()
        ),
    )


def write(report: DrillReport, folder: Path) -> tuple[Path, Path]:
    """The report as JSON and as a page; returns both files."""
    folder.mkdir(parents=True, exist_ok=True)
    data, shown = folder / f"drill-{report.stack}.json", folder / f"drill-{report.stack}.html"
    data.write_text(report.model_dump_json(indent=1))
    shown.write_text(page(report))
    return data, shown


def _with_what_is_sealed(ground: Battlefield) -> Battlefield:
    sealed = sealed_versions(ground.deployer, ground.vault)
    if not sealed:
        raise Refusal(
            f"Bucket {ground.vault!r} holds no version under retention after the seal: there is "
            "nothing that an attack could break. Look at the seal's own report."
        )
    return dataclasses.replace(ground, sealed=sealed)


def _attacked(
    clock: _Clock, ground: Battlefield, means: Mapping[Attacker, Means]
) -> Iterator[Result]:
    for attacker, clients in means.items():
        with clock.stage(f"attacks of {attacker}"):
            yield from run(ground, attacker, clients)


def _restored(clock: _Clock, parts: Parts, snapshot: str) -> tuple[Answers, str | None]:
    """The answers of what was restored, or why there are none."""
    with clock.stage("restore"):
        try:
            parts.restore(snapshot)
            return parts.ask_restored(), None
        except (Refusal, SmokeError) as refusal:
            return {}, str(refusal)
