"""Runs MCP's official conformance suite against an endpoint and reads its results.

python -m tests.conformance.runner http://127.0.0.1:8000/mcp 2026-07-28
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.node import tools

REVISIONS = ("2025-11-25", "2026-07-28")
REQUIRED = {"2025-11-25": 30, "2026-07-28": 37}
"""How many server scenarios each revision requires; the suite's own list must agree."""
SCENARIO_TIMEOUT_MS = 8000
SUITE_TIMEOUT_S = 240
CLIENT_TIMEOUT_MS = 30_000
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Scenario:
    """What one scenario found. `failures` are readable lines; a scenario passes when there is none."""

    name: str
    checks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        if not self.checks:
            return ["no result"]
        failed = [check for check in self.checks if check["status"] == "FAILURE"]
        return [f"{check['id']}: {check.get('errorMessage') or check['description']}" for check in failed]

    @property
    def warnings(self) -> list[str]:
        warned = [check for check in self.checks if check["status"] == "WARNING"]
        return [f"{check['id']}: {check.get('errorMessage') or check['description']}" for check in warned]


@dataclass
class Report:
    revision: str
    scenarios: dict[str, Scenario]
    output: str
    exit_code: int

    @property
    def failed(self) -> list[str]:
        """One line for each failed check, scenario first."""
        return [f"{s.name}: {line}" for s in self.scenarios.values() for line in s.failures]

    @property
    def warned(self) -> list[str]:
        return [f"{s.name}: {line}" for s in self.scenarios.values() for line in s.warnings]

    @property
    def passed(self) -> list[str]:
        return [s.name for s in self.scenarios.values() if not s.failures]


def required(revision: str) -> list[str]:
    """The server scenarios that a revision requires, as the suite lists them."""
    listed = tools.run(tools.command("conformance", "list", "--requirements", revision), timeout_s=60)
    _, _, rest = listed.stdout.partition("Server scenarios")
    servers, _, _ = rest.partition("Client scenarios")
    return re.findall(r"^\s+- (\S+)$", servers, flags=re.MULTILINE)


def run(url: str, revision: str) -> Report:
    """Run every scenario that `revision` requires of a server against the endpoint at `url`."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        command = tools.command(
            "conformance", "server", "--url", url, "--requirements", revision,
            "-o", folder, "--timeout", str(SCENARIO_TIMEOUT_MS),
        )  # fmt: skip
        done = tools.run(command, timeout_s=SUITE_TIMEOUT_S)
        found = {name: Scenario(name, _checks(Path(folder), name)) for name in required(revision)}
    return Report(revision, found, done.stdout + done.stderr, done.returncode)


def run_client(command: str, scenario: str, revision: str) -> tuple[list[str], str]:
    """Let the suite start `command URL` and judge what reaches its server. Failed checks and warnings; all it said."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        arguments = tools.command(
            "conformance", "client", "--command", command, "--scenario", scenario, "--spec-version", revision,
            "-o", folder, "--timeout", str(CLIENT_TIMEOUT_MS),
        )  # fmt: skip
        done = tools.run(arguments, timeout_s=SUITE_TIMEOUT_S, cwd=ROOT)
        found = list(Path(folder).rglob("checks.json"))
        result = Scenario(scenario, json.loads(found[0].read_text()) if found else [])
    failed = result.failures + result.warnings
    if done.returncode != 0 and not failed:
        failed = [f"the client ended with an error ({done.returncode})"]
    return failed, done.stdout + done.stderr


def _checks(folder: Path, scenario: str) -> list[dict[str, Any]]:
    """The suite writes `server-NAME-TIME/checks.json`; a name may be the start of another one's."""
    pattern = re.compile(rf"^server-{re.escape(scenario)}-\d{{4}}-")
    for path in sorted(folder.iterdir()):
        if pattern.match(path.name):
            found: list[dict[str, Any]] = json.loads((path / "checks.json").read_text())
            return found
    return []


def main() -> int:
    url, *revisions = sys.argv[1:]
    failed = 0
    for revision in revisions or REVISIONS:
        report = run(url, revision)
        sys.stdout.write(f"{revision}: {len(report.passed)} of {len(report.scenarios)} passed\n")
        for kind, lines in (("failed", report.failed), ("warned", report.warned)):
            sys.stdout.writelines(f"  {kind} {line}\n" for line in lines)
        failed += len(report.scenarios) - len(report.passed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
