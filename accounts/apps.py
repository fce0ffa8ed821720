from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import receivers
        from accounts.vocabulary import register_events

        register_events()
        receivers.connect()
