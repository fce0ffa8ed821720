"""Readers of foreign catalogues: each turns one entry into a ListingDraft, or refuses it with a reason."""
