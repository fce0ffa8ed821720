"""May a command that was connected long ago still run: STDIO_POLICY as it is now, for pages and gateway. No Django.

Who had a server's command set stands in its row (`command_by`), so the answer needs no secrets and no signature, and
it changes with the policy: tightened, commands of people it no longer covers are not run any more.
"""

from __future__ import annotations

from typing import Final

BY_SYSTEM: Final = "system"
"""`command_by` of what the installation itself connected."""
BUNDLED: Final = "bundled"
"""`command_by` of the server that comes with Crossroads, to the letter: everyone may have it."""
NOT_ALLOWED: Final = "not_allowed"
"""The kind of problem a server has whose command may not run."""
REFUSAL: Final = "It runs a command, and the operator of this installation does not allow that here any more."


def stdio_bar(
    policy: tuple[str, ...], *, transport: str, command_by: str, by_operator: bool, workspace_slug: str
) -> str:
    """Why a stored server may not run, in plain words; "" when it may. `by_operator`: `command_by` is an operator."""
    if transport != "stdio" or policy == ("everyone",) or by_operator or command_by in (BY_SYSTEM, BUNDLED):
        return ""
    return "" if policy != ("operator",) and workspace_slug in policy else REFUSAL
