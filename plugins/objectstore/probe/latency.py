"""How long PUT, GET and LIST take, as one client on this machine sees it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from statistics import quantiles
from typing import Literal

from plugins.objectstore.probe.answer import Answer
from plugins.objectstore.probe.limits import LimitReached
from plugins.objectstore.probe.model import Series
from plugins.objectstore.probe.session import Session

KIB = 1024
SIZES = (4 * KIB, 2 * KIB * KIB, 16 * KIB * KIB)
"""Small metadata; a fragment of the WAL; a binlog."""
RANGE = 64 * KIB
CONCURRENCIES = (1, 16)
MOST_SAMPLES = 64
FEWEST_SAMPLES = 8
SERIES_SECONDS = 1.2
"""No further sample is begun after this, once there are enough."""
Operation = Literal["PUT", "GET", "GET range", "LIST"]
Call = Callable[[int], Answer]


def measure(session: Session) -> Iterator[Series]:
    """Every series that the bounds leave room for."""
    bucket = session.bucket("latency")
    bodies = {size: bytes(size) for size in SIZES}

    def put(size: int) -> Call:
        return lambda number: bucket.ask(
            "PutObject", by=session.bare, Key=f"{size}/{number % 16}", Body=bodies[size]
        )

    def get(size: int) -> Call:
        return lambda number: bucket.ask("GetObject", Key=f"{size}/{number % 8}")

    def part(number: int) -> Answer:
        begin = number * RANGE
        wanted = f"bytes={begin}-{begin + RANGE - 1}"
        return bucket.ask("GetObject", Key=f"{SIZES[-1]}/{number % 8}", Range=wanted)

    def page(_: int) -> Answer:
        return bucket.ask("ListObjectsV2")

    planned: list[tuple[Operation, int, Call]] = [
        *(("PUT", size, put(size)) for size in SIZES),
        *(("GET", size, get(size)) for size in SIZES),
        ("GET range", RANGE, part),
        ("LIST", 0, page),
    ]
    for operation, size, call in planned:
        for concurrency in CONCURRENCIES:
            try:
                yield series(operation, size, concurrency, call)
            except LimitReached:
                return


def series(operation: Operation, size: int, concurrency: int, call: Call) -> Series:
    """Run the call from `concurrency` threads until there are samples enough or time is up."""
    deadline = time.monotonic() + SERIES_SECONDS
    numbers = count()

    def work(_: int) -> list[tuple[float, bool]]:
        done = []
        while (number := next(numbers)) < MOST_SAMPLES:
            if number >= FEWEST_SAMPLES and time.monotonic() > deadline:
                break
            began = time.perf_counter()
            answer = call(number)
            done.append(((time.perf_counter() - began) * 1000, answer.ok))
        return done

    with ThreadPoolExecutor(concurrency) as pool:
        taken = [one for part in pool.map(work, range(concurrency)) for one in part]
    good = [milliseconds for milliseconds, ok in taken if ok]
    p50, p95, p99, most = percentiles(good)
    return Series(
        operation=operation,
        size_bytes=size,
        concurrency=concurrency,
        samples=len(good),
        failures=len(taken) - len(good),
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        max_ms=most,
    )


def percentiles(milliseconds: list[float]) -> tuple[float, float, float, float]:
    """p50, p95, p99 and the maximum; zeros when there is nothing."""
    if not milliseconds:
        return 0.0, 0.0, 0.0, 0.0
    if len(milliseconds) == 1:
        return (round(milliseconds[0], 2),) * 4
    cuts = quantiles(milliseconds, n=100, method="inclusive")
    p50, p95, p99 = (round(cuts[one], 2) for one in (49, 94, 98))
    return p50, p95, p99, round(max(milliseconds), 2)
