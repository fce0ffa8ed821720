from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import receivers, tasks, vocabulary  # noqa: F401  # importing the tasks makes them known

        vocabulary.register_events()
        vocabulary.register_messages()
        vocabulary.register_places()
        receivers.connect()
