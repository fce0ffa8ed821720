"""Publishers: who lists, and how they proved who they are."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User, Workspace
from core.clock import now
from core.models import PrefixedModel, prefixed_id


class Publisher(PrefixedModel):
    """Who stands behind listings. One that an import made has no workspace until somebody claims it by proof."""

    class Proof(models.TextChoices):
        NONE = "", _("Not verified")
        DOMAIN = "domain", _("Domain")
        REPOSITORY = "repository", _("Repository")
        BUILT_IN = "built_in", _("Crossroads")

    id = prefixed_id("pub")
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    letters = models.CharField(max_length=2)
    about = models.TextField(blank=True, max_length=4000)
    website = models.CharField(max_length=300, blank=True)
    workspace = models.ForeignKey(Workspace, null=True, on_delete=models.SET_NULL, related_name="publishers")
    source = models.CharField(max_length=40, blank=True)
    """`import:<name>` when an import made it."""
    source_key = models.CharField(max_length=300, blank=True)
    """Who it is at the source (`github.com/someone`): entries of the same author find it again. Never edited."""
    proof = models.CharField(max_length=10, choices=Proof, default=Proof.NONE, blank=True)
    proved_as = models.CharField(max_length=300, blank=True)
    """The domain or repository that was proved."""
    proved_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    followers = models.ManyToManyField(User, through="PublisherFollow", related_name="followed_publishers")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_key"], condition=~models.Q(source_key=""), name="publisher_source_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PublisherFollow(models.Model):
    publisher = models.ForeignKey(Publisher, on_delete=models.CASCADE, related_name="follows")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="publisher_follows")
    mails = models.BooleanField(default=True)
    """Whether a mail tells of what it publishes."""
    told_at = models.DateTimeField(default=now)
    """What it published until then is told."""
    mailed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publisher", "user"], name="publisher_follow_once")]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.publisher_id}"


class Claim(PrefixedModel):
    """A workspace says that it is a publisher, and shows it: a token at a domain or in a repository."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for the proof")
        PROVED = "proved", _("Proved")
        FAILED = "failed", _("Not found yet")
        EXPIRED = "expired", _("Expired")

    id = prefixed_id("clm")
    publisher = models.ForeignKey(Publisher, on_delete=models.CASCADE, related_name="claims")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="claims")
    method = models.CharField(max_length=10, choices=Publisher.Proof)
    subject = models.CharField(max_length=300)
    """The domain, or the repository's address."""
    token = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"{self.workspace_id} claims {self.publisher_id}"
