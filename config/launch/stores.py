"""PostgreSQL and Valkey in a data folder, or the ones that DATABASE_URL and REDIS_URL name. No Django.

    stores = Stores(Path("var"))
    urls = stores.start()          # starts the pair, or finds it running
    ...
    stores.stop()

Both servers live in process groups of their own and survive a kill -9 of whoever started them; the next start finds
them. A start keeps a lock on the folder, so that two of them never race.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config.launch.folders import LaunchError, locked, make_folder, make_private
from config.launch.postgres import Postgres
from config.launch.valkey import Valkey


@dataclass(frozen=True)
class StoreUrls:
    """Where the two stores are. The addresses hold passwords: they are not to be logged."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)


class Stores:
    """The pair of one data folder. An address that is given replaces the embedded server of its kind."""

    def __init__(
        self,
        data_dir: Path,
        *,
        database_url: str = "",
        redis_url: str = "",
        durable: bool = True,
        give_up: Callable[[], bool] = lambda: False,
        patience: float = 90.0,
    ) -> None:
        """`durable=False` is for tests. A start that finds `give_up()` true raises LaunchError at once; one that finds
        another start going on waits `patience` seconds for its end."""
        self.data_dir = data_dir.absolute()
        self._patience = patience
        self._given = StoreUrls(database_url, redis_url)
        logs = self.data_dir / "logs"
        self._postgres = Postgres(self.data_dir / "postgres", logs / "postgres.log", durable=durable, give_up=give_up)
        self._valkey = Valkey(self.data_dir / "valkey", logs / "valkey.log", give_up=give_up)

    def start(self) -> StoreUrls:
        """Start what is not given and not running yet. Raises LaunchError with a sentence for the person."""
        make_folder(self.data_dir)
        make_private(self.data_dir / "logs")
        try:
            with locked(self.data_dir / "stores.lock", wait=self._patience):
                redis_url = self._given.redis_url or self._valkey.start()
                return StoreUrls(self._given.database_url or self._postgres.start(), redis_url)
        except BlockingIOError:
            busy = f"Another process is starting the stores in {self.data_dir} and does not come to an end."
            raise LaunchError(busy) from None

    def stop(self, timeout: float = 10.0) -> None:
        """Stop the embedded ones, Valkey first. `timeout`: seconds that each has for an orderly end."""
        if not self._given.redis_url:
            self._valkey.stop(timeout)
        if not self._given.database_url:
            self._postgres.stop(timeout)

    def missing(self) -> list[str]:
        """The names of embedded stores whose process is gone. Cheap: it asks the system, not the stores."""
        redis_gone = not self._given.redis_url and self._valkey.pid() is None
        database_gone = not self._given.database_url and self._postgres.pid() is None
        return ["Valkey"] * redis_gone + ["PostgreSQL"] * database_gone

    def running(self) -> StoreUrls | None:
        """Where the stores are, when both of them answer."""
        redis_url = self._given.redis_url or self._valkey.url()
        database_url = self._given.database_url or self._postgres.url()
        return StoreUrls(database_url, redis_url) if redis_url and database_url else None

    def found(self) -> dict[str, str]:
        """The addresses of those that answer, as environment variables."""
        found = {"DATABASE_URL": self._postgres.url(), "REDIS_URL": self._valkey.url()}
        return {name: url for name, url in found.items() if url}


def running(data_dir: Path) -> StoreUrls | None:
    """The embedded stores of a data folder, when somebody has started them."""
    return Stores(data_dir).running()
