from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"

    def ready(self) -> None:
        from marketplace import following_tasks, receivers, review_tasks, tasks  # noqa: F401  # importing them makes them known
        from marketplace.collection_places import register_collections
        from marketplace.evidence_places import register_evidence
        from marketplace.mails import register_messages
        from marketplace.places import register
        from marketplace.publishing_places import register_publishing
        from marketplace.review_places import register_reviews
        from marketplace.vocabulary import register_events

        register_events()
        register_messages()
        register()
        register_publishing()
        register_reviews()
        register_evidence()
        register_collections()
