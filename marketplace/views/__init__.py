"""Pages of the marketplace."""

from marketplace.views.catalogue import catalogue_page, connect_page, entry_page

__all__ = ["catalogue_page", "connect_page", "entry_page"]
