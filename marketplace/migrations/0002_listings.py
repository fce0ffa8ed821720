"""What a version says of its listing, what a listing is made from, and what names and instructions look like."""

import django.contrib.postgres.indexes
import django.db.models.fields.json
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

import marketplace.scanning.skeleton


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="server",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="listing",
            name="skeleton",
            field=models.GeneratedField(
                db_persist=True,
                expression=marketplace.scanning.skeleton.Skeleton(models.F("name")),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="listingversion",
            name="copy_hash",
            field=models.GeneratedField(
                db_index=True,
                db_persist=True,
                expression=marketplace.scanning.skeleton.CopyHash(
                    django.db.models.functions.comparison.Coalesce(
                        django.db.models.fields.json.KeyTextTransform("instructions", "package"), models.Value("")
                    )
                ),
                output_field=models.CharField(max_length=32),
            ),
        ),
        migrations.AddField(
            model_name="listingversion",
            name="texts",
            field=models.JSONField(default=dict),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(fields=["skeleton"], name="listing_skeleton", opclasses=["text_pattern_ops"]),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Reverse("skeleton"), "text_pattern_ops"
                ),
                name="listing_skeleton_back",
            ),
        ),
    ]
