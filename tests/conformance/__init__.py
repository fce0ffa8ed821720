"""The official conformance suite of MCP, run through the gateway."""
