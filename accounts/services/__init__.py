"""Every write to people, workspaces, members and keys. All arguments are keywords; `actor` is who asks."""

from accounts.services.keys import (
    create_key,
    revoke_key,
    touch_key_last_used,
    touch_keys_last_used,
)
from accounts.services.members import add_member, change_role, remove_member
from accounts.services.people import (
    create_person,
    create_personal_workspace,
    feign_sign_up,
    sign_up_done,
    update_person,
)
from accounts.services.sessions import (
    end_other_sessions,
    end_session,
    forget_ended_sessions,
    forget_sessions,
    note_session,
)
from accounts.services.setup import make_setup_link, read_setup_link, use_setup_link
from accounts.services.versions import bump_workspace
from accounts.services.workspaces import create_workspace, free_slug, rename_workspace

__all__ = [
    "add_member",
    "bump_workspace",
    "change_role",
    "create_key",
    "create_person",
    "create_personal_workspace",
    "create_workspace",
    "end_other_sessions",
    "end_session",
    "feign_sign_up",
    "forget_ended_sessions",
    "forget_sessions",
    "free_slug",
    "make_setup_link",
    "note_session",
    "read_setup_link",
    "remove_member",
    "rename_workspace",
    "revoke_key",
    "sign_up_done",
    "touch_key_last_used",
    "touch_keys_last_used",
    "update_person",
    "use_setup_link",
]
