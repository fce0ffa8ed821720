"""Reads of the marketplace."""

from marketplace.selectors.catalogue import Choice, Query, category_choices, need_choices, strip

__all__ = ["Choice", "Query", "category_choices", "need_choices", "strip"]
