"""When each listing is looked at."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0006_reviews")]

    operations = [
        migrations.CreateModel(
            name="ProbePlan",
            fields=[
                (
                    "listing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="probe_plan",
                        serialize=False,
                        to="marketplace.listing",
                    ),
                ),
                ("host", models.CharField(blank=True, max_length=255)),
                ("due_at", models.DateTimeField()),
                ("probed_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
            ],
            options={"indexes": [models.Index(fields=["due_at"], name="probe_plan_due")]},
        ),
    ]
