"""Pages of the marketplace."""

from marketplace.views.catalogue import connect_page, entry_page
from marketplace.views.market import market_page

__all__ = ["connect_page", "entry_page", "market_page"]
