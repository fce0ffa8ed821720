"""Forms of the marketplace."""
