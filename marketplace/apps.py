from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"

    def ready(self) -> None:
        from marketplace import tasks  # noqa: F401  # importing the tasks makes them known
        from marketplace.mails import register_messages
        from marketplace.places import register
        from marketplace.vocabulary import register_events

        register_events()
        register_messages()
        register()
