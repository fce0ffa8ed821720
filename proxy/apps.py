from django.apps import AppConfig


class ProxyConfig(AppConfig):
    name = "proxy"

    def ready(self) -> None:
        from accounts.registry import register_hub_choices
        from core.secrets import register_sealed
        from proxy import tasks  # noqa: F401  # importing the tasks makes them known
        from proxy.health import register_checks
        from proxy.places import register_places, register_sources
        from proxy.selectors.hubs import hub_choices
        from proxy.vocabulary import register_events

        register_events()
        register_hub_choices(hub_choices)
        register_sealed("proxy.Server", "secrets")
        register_places()
        register_sources()
        register_checks()
