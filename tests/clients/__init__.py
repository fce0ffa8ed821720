"""The official clients, through a hub with real servers behind it."""
