"""The figures of the marketplace, one JSON object a line: figure, value, unit.

    make bench BENCH=marketplace                 some twenty minutes, most of them for the million
    BENCH_LISTINGS=100000 make bench …           with fewer generated listings
    BENCH_DATA=folder make bench …               catalogue files (*.jsonl) elsewhere than in ../shared/data

Server time is that of Django's test client: the whole way of a request through middleware, view and template in one
process, without the network. Stores are of the bench's own, on loopback, as `make run` starts them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.gateway import ROOT, say
from benchmarks.stream import environment
from config.launch.stores import Stores

ROUNDS = 3
DATA = Path(os.environ.get("BENCH_DATA", ROOT.parent / "shared" / "data"))
GENERATED = int(os.environ.get("BENCH_LISTINGS", "1000000"))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="crossroads-bench-") as folder:
        stores = Stores(Path(folder) / "stores", durable=False)
        try:
            urls = stores.start()
            env = environment(Path(folder), urls.database_url, urls.redis_url)
            env.setdefault("MODEL_DIR", str(ROOT / ".models"))
            _run(env, "-m", "django", "migrate", "--verbosity", "0")
            _run(env, "-m", "django", "collectstatic", "--noinput", "--verbosity", "0")
            _run(env, "-c", "import django; django.setup(); from benchmarks.marketplace import measure; measure()")
        finally:
            stores.stop()
    if importlib.util.find_spec("benchmarks.stream"):
        from benchmarks import stream

        stream.main()


def _run(env: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, check=True)


def measure() -> None:
    """Everything that needs Django, in a process of its own."""
    read_data()
    first = say_times("")
    say_gains()
    make_many()
    many = say_times(".million")
    for name in ("browse", "search"):
        say(f"{name}.growth", many[name] / first[name], "times")


def read_data() -> None:
    """Import the catalogue files twice, and index them."""
    from core.permissions import SYSTEM
    from marketplace.services.imports import import_file
    from marketplace.services.search_index import reindex_all

    files = sorted(DATA.glob("*.jsonl"))
    if not files:
        raise SystemExit(f"There are no catalogue files in {DATA}; BENCH_DATA names another folder.")
    began = time.monotonic()
    for path in files:
        import_file(actor=SYSTEM, path=path)
    say("import.seconds", time.monotonic() - began, "s")
    began, again = time.monotonic(), [import_file(actor=SYSTEM, path=path).report for path in files]
    say("import.again_seconds", time.monotonic() - began, "s")
    say("import.duplicates", sum(report.new for report in again), "listings")
    began = time.monotonic()
    say("index.listings", reindex_all(), "listings")
    say("index.seconds", time.monotonic() - began, "s")


def say_times(suffix: str) -> dict[str, float]:
    """95th percentile and most queries of a page, browsed and searched; the percentiles."""
    found = {}
    for name, addresses in (("browse", browsed()), ("search", searched())):
        times = sorted(timed(addresses))
        found[name] = times[int(len(times) * 0.95)]
        say(f"{name}.p95_ms{suffix}", found[name], "ms")
        say(f"{name}.p50_ms{suffix}", statistics.median(times), "ms")
        say(f"{name}.queries{suffix}", most_queries(addresses), "queries")
    return found


def browsed() -> list[str]:
    """Orders, filters of every kind alone and together, and pages."""
    filters: Sequence[dict[str, object]] = (
        {}, {"kind": "server"}, {"kind": "assistant"}, {"category": "code"}, {"category": ["code", "data"]},
        {"need": "none"}, {"may": "reads"}, {"language": "de"}, {"kind": "server", "need": "oauth"},
        {"kind": "assistant", "category": "writing", "language": "ja"}, {"evidence": "tested"},
    )  # fmt: skip
    return [
        f"/marketplace/?{urlencode({**chosen, 'order': order, 'page': page}, doseq=True)}"
        for chosen, order, page in product(filters, ("", "rated", "new", "used", "trend"), (1, 3))
    ]


def searched() -> list[str]:
    """Every judged question, alone and behind a filter."""
    from benchmarks.judged import questions

    texts = [question["query"] for question in questions()]
    filters: Sequence[dict[str, str]] = ({}, {"kind": "server"}, {"category": "code"})
    return [f"/marketplace/?{urlencode({'q': text, **chosen})}" for chosen in filters for text in texts]


def timed(addresses: Sequence[str]) -> Iterable[float]:
    """Milliseconds of each request, after one round to get warm."""
    get = _getter()
    for address in addresses:
        get(address)
    for _ in range(ROUNDS):
        for address in addresses:
            began = time.perf_counter()
            get(address)
            yield (time.perf_counter() - began) * 1000


def most_queries(addresses: Sequence[str]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    get, most = _getter(), 0
    for address in addresses:
        with CaptureQueriesContext(connection) as queries:
            get(address)
        most = max(most, len(queries))
    return most


def _getter() -> Callable[[str], None]:
    from django.test import Client

    client = Client(HTTP_HOST="localhost:8000")

    def get(address: str) -> None:
        response = client.get(address)
        if response.status_code != 200:
            raise SystemExit(f"{address} answered {response.status_code}")

    return get


def say_gains() -> None:
    """nDCG at ten over the judged questions, and by their language."""
    from benchmarks import judged

    for name, ranker in (("", judged.fused), (".text", judged.text_alone), (".meaning", judged.meaning_alone)):
        gains = judged.gains(ranker)
        say(f"search.ndcg10{name}", statistics.mean(gain for group in gains.values() for gain in group), "0 to 1")
        for language, group in gains.items():
            say(f"search.ndcg10{name}.{language}", statistics.mean(group), "0 to 1")
    say("search.judged", len(judged.questions()), "questions")


def make_many() -> None:
    from benchmarks.million import make_listings
    from benchmarks.search_million import index_million

    def log(text: str) -> None:
        print(json.dumps({"note": text}), file=sys.stderr, flush=True)

    began = time.monotonic()
    make_listings(GENERATED, log=log)
    index_million(log)
    say("million.seconds", time.monotonic() - began, "s")


if __name__ == "__main__":
    main()
