from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import receivers, vocabulary

        vocabulary.register_events()
        vocabulary.register_messages()
        vocabulary.register_places()
        receivers.connect()
