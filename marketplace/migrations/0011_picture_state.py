from django.db import migrations, models

STATES = [("waiting", "Waits for a look"), ("shown", "Shown"), ("refused", "Refused")]


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0010_near_copies")]

    operations = [
        # Those that are there have been seen by everybody.
        migrations.AddField(
            model_name="listingpicture",
            name="state",
            field=models.CharField(choices=STATES, default="shown", max_length=10),
        ),
        migrations.AlterField(
            model_name="listingpicture",
            name="state",
            field=models.CharField(choices=STATES, default="waiting", max_length=10),
        ),
        migrations.AddField(
            model_name="listingpicture",
            name="state_reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="listingpicture",
            name="looks",
            field=models.BigIntegerField(db_index=True, null=True),
        ),
    ]
