"""People, workspaces, roles and keys."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.models import PrefixedModel, prefixed_id


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person by e-mail; without a password they sign in by resetting it."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_operator=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PrefixedModel):
    """A person. Signs in by e-mail."""

    id = prefixed_id("usr")
    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    theme = models.CharField(max_length=5, blank=True)
    """light, dark or empty for what the system says."""
    is_operator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    last_workspace = models.CharField(max_length=40, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        return self.is_operator


class BrowserSession(PrefixedModel):
    """A browser in which a person is signed in. Its key is that of Django's session, with which it ends."""

    id = prefixed_id("ses")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    seen_at = models.DateTimeField()
    """To ten minutes."""

    def __str__(self) -> str:
        return self.id


class Workspace(PrefixedModel):
    """The tenant, personal or team. `version` rises with every change that the gateway must see."""

    class Kind(models.TextChoices):
        PERSONAL = "personal", _("Personal")
        TEAM = "team", _("Team")

    id = prefixed_id("wsp")
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEAM)
    version = models.BigIntegerField(default=1)
    members = models.ManyToManyField(User, through="Membership", related_name="workspaces")
    suspended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class SlugAlias(models.Model):
    """A slug that a workspace once had; it keeps leading there."""

    slug = models.SlugField(max_length=50, unique=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="aliases")

    def __str__(self) -> str:
        return self.slug


class Membership(PrefixedModel):
    """A person in a workspace, with a role."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        ADMIN = "admin", _("Admin")
        MEMBER = "member", _("Member")
        VIEWER = "viewer", _("Viewer")

    id = prefixed_id("mbr")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.workspace_id}"


class ApiKey(PrefixedModel):
    """A scoped, expiring key of one person in one workspace. Only its keyed hash is kept; the secret is shown once."""

    id = prefixed_id("key")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="keys")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(_("name"), max_length=80)
    hint = models.CharField(max_length=16)
    """The start of the secret, to tell keys apart: `cr_a1B2…`."""
    hash = models.BinaryField(unique=True)
    scopes = models.JSONField(default=list)
    """Names out of core.decision.SCOPES."""
    hub = models.CharField(max_length=40, blank=True)
    """Id of the one hub it opens; empty for all of the workspace."""
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_client = models.CharField(max_length=120, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="key_newest")]

    def __str__(self) -> str:
        return self.name


class SetupLink(models.Model):
    """The one-time link with which the first operator is made. Only its hash is kept."""

    hash = models.BinaryField(unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"set-up link until {self.expires_at:%Y-%m-%d %H:%M}"
