import itertools
from typing import Any

import django.contrib.postgres.indexes
from django.db import migrations, models

import marketplace.models.listings
from marketplace.scanning.shingles import bands_of

AT_ONCE = 500


def fill(apps: Any, schema_editor: Any) -> None:
    """Versions that are there already."""
    versions = apps.get_model("marketplace", "ListingVersion").objects.filter(package__has_key="instructions")
    rows = versions.only("pk", "package").iterator(chunk_size=AT_ONCE)
    while batch := list(itertools.islice(rows, AT_ONCE)):
        for version in batch:
            version.copy_bands = bands_of(version.package["instructions"])
        versions.bulk_update(batch, ["copy_bands"])


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0009_listing_errors")]

    operations = [
        migrations.AddField(
            model_name="listingversion",
            name="copy_bands",
            field=marketplace.models.listings.BandsField(
                base_field=models.IntegerField(), default=list, editable=False, size=None
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="listingversion",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["copy_bands"], name="listing_version_bands"
            ),
        ),
    ]
