"""Who had a server's command set: STDIO_POLICY is asked about them each time it is run."""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    servers = apps.get_model("proxy", "Server").objects.filter(transport="stdio")
    for server in servers:
        names = server.secret_names
        own = server.catalogue == "toolbox" and server.args == ["-m", "proxy.bundled"]
        bundled = own and not names.get("args") and set(names.get("env", [])) <= {"NOTES_DIR"}
        server.command_by = "bundled" if bundled else server.created_by or "system"
        server.save(update_fields=["command_by"])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("proxy", "0003_definition_order")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="server",
            name="command_by",
            field=models.CharField(blank=True, default="", max_length=40),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
