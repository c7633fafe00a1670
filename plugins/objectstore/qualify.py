"""`python -m plugins.objectstore.qualify`: asks a store nobody has deployed to yet.

Exit status: 0 when the store can carry a live bucket and a vault, 1 when it cannot, 2 when it could
not be asked. Credentials come from the environment alone.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from plugins.objectstore.errors import StoreError
from plugins.objectstore.probe import Report, Scoped, Target, probe
from plugins.objectstore.probe.report_table import show

CARRIES, DOES_NOT, NOT_ASKED = 0, 1, 2
SCOPED = {
    "access_key_id": "QUALIFY_SCOPED_ACCESS_KEY_ID",
    "secret_access_key": "QUALIFY_SCOPED_SECRET_ACCESS_KEY",
    "bucket": "QUALIFY_SCOPED_BUCKET",
    "principal": "QUALIFY_SCOPED_PRINCIPAL",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, print, write what was wanted; returns the exit status."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        options = _options(arguments)
        with _ended_by_signal(), _progress(errors) as tell:
            report = _probe(options, tell)
        _write(report, options)
    except StoreError as refusal:
        errors.print(f"error: {refusal}", markup=False)
        return NOT_ASKED
    except KeyboardInterrupt:
        errors.print("Interrupted; what the probe had made was removed.")
        return 130
    show(report, Console(highlight=False))
    return CARRIES if report.verdict.carries_both else DOES_NOT


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="qualify", description=__doc__, allow_abbrev=False, epilog=_EPILOG
    )
    parser.add_argument("--endpoint", required=True, help="begins with https://")
    parser.add_argument("--region", required=True, help="the region that requests are signed for")
    parser.add_argument("--ca-file", help="PEM file of a private CA")
    parser.add_argument("--addressing", choices=("path", "virtual", "auto"), default="auto")
    parser.add_argument("--json", type=_writable, metavar="FILE")
    parser.add_argument("--html", type=_writable, metavar="FILE")
    parser.add_argument("--no-latency", action="store_true", help="leave the measurements out")
    options = parser.parse_args(arguments)
    if not options.region:
        parser.error(
            "--region must not be empty: requests are signed for it; many stores say us-east-1."
        )
    if not options.endpoint.startswith("https://"):
        parser.error(
            f"--endpoint must begin with https://, not be {options.endpoint!r}: keys and data "
            "never travel in the clear."
        )
    return options


_EPILOG = (
    "Environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE) of the deployer; "
    f"{', '.join(SCOPED.values())} of a second identity, which may use objects of one bucket "
    "(by default of buckets whose names begin with vectorkit-probe-)."
)


def _probe(options: argparse.Namespace, tell: Callable[[str], None]) -> Report:
    def ask(style: Any) -> Report:
        target = Target(
            endpoint=options.endpoint,
            region=options.region,
            ca_file=options.ca_file,
            addressing_style=style,
            scoped=_scoped(),
        )
        return probe(target, progress=tell, latency=not options.no_latency)

    if options.addressing != "auto":
        return ask(options.addressing)
    try:
        return ask("path")
    except StoreError as refusal:
        if "PermanentRedirect" not in str(refusal):
            raise
        return ask("virtual")


def _scoped() -> Scoped | None:
    given = {field: os.environ.get(name, "") for field, name in SCOPED.items()}
    if not (given["access_key_id"] or given["secret_access_key"]):
        return None
    missing = [SCOPED[one] for one in ("access_key_id", "secret_access_key") if not given[one]]
    if missing:
        raise StoreError(f"{missing[0]} is not set, and the second identity needs both its keys.")
    return Scoped(
        access_key_id=given["access_key_id"],
        secret_access_key=given["secret_access_key"],
        bucket=given["bucket"] or None,
        principal=given["principal"] or None,
    )


def _writable(text: str) -> Path:
    path = Path(text)
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"the folder of {path.absolute()} does not exist")
    return path


def _write(report: Report, options: argparse.Namespace) -> None:
    if options.json:
        options.json.write_text(json.dumps(report.as_json(), indent=2) + "\n")
    if options.html:
        # Loading the plots' library takes a second, which nobody else should pay.
        from plugins.objectstore.probe.report_html import page  # noqa: PLC0415

        options.html.write_text(page(report))


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str], None]]:
    if not console.is_terminal:
        yield lambda subject: console.print(f"asking: {subject}")
        return
    with console.status("asking") as status:
        yield lambda subject: status.update(f"asking: {subject}")


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """SIGTERM ends the probe as Ctrl-C does: with its buckets removed."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
