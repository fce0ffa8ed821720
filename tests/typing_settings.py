"""The settings with an environment of their own, for mypy's Django plugin. It opens no connection."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-checking-types-" + "x" * 20)
os.environ.setdefault("MASTER_KEY", "A" * 43)
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@localhost/nothing")
os.environ.setdefault("REDIS_URL", "redis://localhost/0")

from config.settings import *  # noqa: F403
