"""The table of calls, partitioned by month."""

from typing import ClassVar

from django.db import migrations

FORWARD = """
CREATE TABLE proxy_call (
    id varchar(40) NOT NULL,
    month date NOT NULL,
    workspace varchar(40) NOT NULL,
    hub varchar(40) NOT NULL DEFAULT '',
    server varchar(40) NOT NULL DEFAULT '',
    principal varchar(80) NOT NULL DEFAULT '',
    "user" varchar(40) NOT NULL DEFAULT '',
    key varchar(40) NOT NULL DEFAULT '',
    client_name varchar(120) NOT NULL DEFAULT '',
    client_version varchar(60) NOT NULL DEFAULT '',
    protocol varchar(12) NOT NULL DEFAULT '',
    method varchar(60) NOT NULL,
    name varchar(2000) NOT NULL DEFAULT '',
    outcome varchar(16) NOT NULL,
    error_code integer NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    duration_us bigint NOT NULL,
    stages jsonb NOT NULL DEFAULT '{}',
    request_bytes integer NOT NULL DEFAULT 0,
    reply_bytes integer NOT NULL DEFAULT 0,
    arguments bytea,
    result bytea,
    request_id varchar(40) NOT NULL DEFAULT '',
    PRIMARY KEY (id, month)
) PARTITION BY RANGE (month);
CREATE INDEX call_newest ON proxy_call (workspace, id DESC);
CREATE INDEX call_hub ON proxy_call (workspace, hub, id DESC);
CREATE INDEX call_server ON proxy_call (workspace, server, id DESC);
CREATE INDEX call_started ON proxy_call USING brin (started_at);
CREATE TABLE proxy_call_default PARTITION OF proxy_call DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("proxy", "0001_initial")]
    operations: ClassVar = [migrations.RunSQL(FORWARD, "DROP TABLE proxy_call")]
