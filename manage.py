#!/usr/bin/env python
"""Django's command line. Finds the running stores and secrets through DATA_DIR where the environment names none."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.launch.environment import load_environment

    load_environment()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
