"""Raw psycopg for the gateway: a small pool that opens when it is first needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from psycopg import AsyncConnection, IsolationLevel, OperationalError
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed

Row = DictRow


class Database:
    """At most four connections: a warm call makes no query, so these serve misses and the journal alone."""

    def __init__(self, url: str, *, size: int = 4) -> None:
        self.url = url
        self._pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            url,
            min_size=0,
            max_size=size,
            timeout=5,
            max_idle=60,
            open=False,
            kwargs={"row_factory": dict_row, "application_name": "crossroads-gateway"},
            check=self._check_with_others,
            connection_class=AsyncConnection[DictRow],
        )

    async def _check_with_others(self, connection: AsyncConnection[DictRow]) -> None:
        """After a restart of the server all are dead; the pool alone would find out one growing pause at a time."""
        try:
            await AsyncConnectionPool.check_connection(connection)
        except OperationalError:
            with suppress(PoolClosed):
                await self._pool.check()
            raise

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close(timeout=1)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """One connection, one transaction."""
        async with self._pool.connection() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """A consistent view over several queries."""
        async with self._pool.connection() as connection:
            await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            try:
                async with connection.transaction():
                    yield connection
            finally:
                await connection.set_isolation_level(None)

    async def rows(self, query: str, params: Sequence[Any] = ()) -> list[DictRow]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query, params)
            return await cursor.fetchall()

    async def row(self, query: str, params: Sequence[Any] = ()) -> DictRow | None:
        found = await self.rows(query, params)
        return found[0] if found else None
