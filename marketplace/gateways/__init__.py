"""What the marketplace asks of the world outside, all of it through core.net."""
