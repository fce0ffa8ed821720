"""Assistants on real stores: people, a hub with tools, a worker that answers."""

from tests.assistants.cleaning import quick_cleaning
from tests.assistants.running import answering, cast, engine, make_assistant, make_hub, owner_folder, peers

__all__ = ["answering", "cast", "engine", "make_assistant", "make_hub", "owner_folder", "peers", "quick_cleaning"]
