"""Peers: the outside MCP servers and web sites that tests talk to, each a process of its own.

Run one by hand with `python -m tests.peers.NAME --port 0`; tests start them with `tests.peers.fixtures`.
"""
