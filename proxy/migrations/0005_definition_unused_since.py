"""When a definition fell out of use."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("proxy", "0004_server_command_by")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="definition", name="unused_since", field=models.DateTimeField(db_index=True, null=True)
        ),
    ]
