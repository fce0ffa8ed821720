"""Collections by anyone: who sees them, reports; mails of what one follows."""

import core.clock
import core.ids
import django.db.models.deletion
import functools
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0007_evidence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CollectionReport",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "id",
                    models.CharField(
                        default=functools.partial(core.ids.new_id, *("crp",), **{}),
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("malicious", "It is malicious"),
                            ("impersonation", "It pretends to be somebody else"),
                            ("broken", "It does not work"),
                            ("spam", "Spam"),
                            ("abuse", "Insulting or hateful"),
                            ("copyright", "It is somebody else's work"),
                            ("other", "Something else"),
                        ],
                        max_length=15,
                    ),
                ),
                ("text", models.TextField(blank=True, max_length=2000)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("upheld", "Upheld"), ("dismissed", "Dismissed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_by", models.CharField(blank=True, max_length=40)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="collection",
            name="hidden_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="collection",
            name="hidden_note",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="collection",
            name="unlisted",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="collectionitem",
            name="created_at",
            field=models.DateTimeField(default=core.clock.now),
        ),
        migrations.AddField(
            model_name="publisherfollow",
            name="mailed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="publisherfollow",
            name="mails",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="publisherfollow",
            name="told_at",
            field=models.DateTimeField(default=core.clock.now),
        ),
        migrations.AddIndex(
            model_name="collection",
            index=models.Index(
                condition=models.Q(("hidden_at__isnull", True), ("public", True)),
                fields=["-id"],
                name="collection_shown",
            ),
        ),
        migrations.AddField(
            model_name="collectionreport",
            name="collection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="marketplace.collection"
            ),
        ),
        migrations.AddField(
            model_name="collectionreport",
            name="user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="collection_reports",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="collectionreport",
            index=models.Index(fields=["state", "id"], name="collection_report_queue"),
        ),
        migrations.AddConstraint(
            model_name="collectionreport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("user", "collection"), name="collection_report_once"
            ),
        ),
    ]
