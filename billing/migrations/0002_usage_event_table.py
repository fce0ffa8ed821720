"""The table of usage events, partitioned by month."""

from typing import ClassVar

from django.db import migrations

FORWARD = """
CREATE TABLE billing_usageevent (
    id varchar(80) NOT NULL,
    month date NOT NULL,
    meter varchar(40) NOT NULL,
    workspace varchar(40) NOT NULL,
    subject varchar(40) NOT NULL DEFAULT '',
    actor varchar(80) NOT NULL DEFAULT '',
    quantity bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (id, month)
) PARTITION BY RANGE (month);
CREATE INDEX usage_workspace ON billing_usageevent (workspace, meter, at);
CREATE TABLE billing_usageevent_default PARTITION OF billing_usageevent DEFAULT;
INSERT INTO billing_meter (id, created_at, updated_at, name, title, unit) VALUES
    ('mtr_calls', now(), now(), 'calls', 'Calls', 'calls'),
    ('mtr_reply_bytes', now(), now(), 'reply_bytes', 'Bytes answered', 'bytes');
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("billing", "0001_initial")]
    operations: ClassVar = [migrations.RunSQL(FORWARD, "DROP TABLE billing_usageevent; DELETE FROM billing_meter")]
