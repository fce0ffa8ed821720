"""Publishers, listings, installs, reviews, evidence, collections."""

from marketplace.models.collections import Collection, CollectionItem, CollectionReport, ListingStat, SearchTerm
from marketplace.models.evidence import ListingDay, ListingNotice, Probe, ProbePlan
from marketplace.models.imports import ImportRun
from marketplace.models.installs import Install, ListingError, ListingUse
from marketplace.models.listings import Listing, ListingAlias, ListingPicture, ListingVersion
from marketplace.models.publishers import Claim, Publisher, PublisherFollow
from marketplace.models.reviews import Report, Review, ReviewVote
from marketplace.models.search import (
    SearchCombo,
    SearchDocument,
    SearchMeaning,
    SearchPending,
    SearchState,
    SearchWord,
)

__all__ = [
    "Claim", "Collection", "CollectionItem", "CollectionReport", "ImportRun", "Install", "Listing", "ListingAlias",
    "ListingDay", "ListingError", "ListingNotice", "ListingPicture", "ListingStat", "ListingUse", "ListingVersion",
    "Probe", "ProbePlan", "Publisher", "PublisherFollow", "Report", "Review", "ReviewVote", "SearchCombo",
    "SearchDocument", "SearchMeaning", "SearchPending", "SearchState", "SearchTerm", "SearchWord",
]  # fmt: skip
