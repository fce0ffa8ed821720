"""Definitions keep the order of their keys."""

from typing import ClassVar

from django.db import migrations

import proxy.models.fields


class Migration(migrations.Migration):
    dependencies: ClassVar = [("proxy", "0002_call_table")]
    operations: ClassVar = [
        migrations.AlterField(
            model_name="definition",
            name="body",
            field=proxy.models.fields.OrderedJSONField(),
        ),
    ]
