"""How a rating came about, and reviews that are withdrawn."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0005_registry_index")]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="rating_made",
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name="review",
            name="state",
            field=models.CharField(
                choices=[
                    ("shown", "Shown"),
                    ("held", "Held for a look"),
                    ("removed", "Removed"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="shown",
                max_length=10,
            ),
        ),
    ]
