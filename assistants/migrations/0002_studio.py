from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assistants", "0001_initial")]

    operations = [
        migrations.AddField("assistant", "secret_values", models.JSONField(default=list)),
        migrations.AddField("assistant", "imported", models.JSONField(default=dict)),
        migrations.AddField("assistant", "draft_by", models.CharField(blank=True, max_length=40)),
        migrations.AddField("assistant", "draft_at", models.DateTimeField(null=True)),
    ]
