from django.apps import AppConfig


class AssistantsConfig(AppConfig):
    name = "assistants"

    def ready(self) -> None:
        from assistants import receivers, tasks  # noqa: F401  # importing makes them known
        from assistants.health import register_checks
        from assistants.overview import register_overview
        from assistants.places import register_places, register_sources
        from assistants.vocabulary import register_events
        from core.secrets import register_sealed

        register_events()
        register_sealed("assistants.Assistant", "values")
        register_sealed("assistants.ModelProvider", "secret")
        register_places()
        register_overview()
        register_sources()
        register_checks()
