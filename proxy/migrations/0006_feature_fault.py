"""Why a tool is offered by no hub."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("proxy", "0005_definition_unused_since")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="feature",
            name="fault",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
    ]
