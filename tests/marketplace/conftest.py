"""People, peers over HTTP, and the engine."""

from tests.cast import cast
from tests.peers.fixtures import peers
from tests.proxy.enginekit import engine, owner_folder

__all__ = ["cast", "engine", "owner_folder", "peers"]
