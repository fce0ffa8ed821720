"""Pages of the marketplace."""

from marketplace.views.feeds import new_feed, sitemap, sitemap_index
from marketplace.views.market import market_page
from marketplace.views.sharing import card_picture

__all__ = ["card_picture", "market_page", "new_feed", "sitemap", "sitemap_index"]
