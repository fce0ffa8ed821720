from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import tasks  # noqa: F401  # importing the tasks makes them known
