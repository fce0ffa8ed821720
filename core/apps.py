from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import docs, tasks, vocabulary  # noqa: F401  # importing the tasks makes them known

        vocabulary.register()
        docs.register()
