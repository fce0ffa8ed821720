"""Listings and their immutable versions: one catalogue for everything that can be installed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Reverse
from django.utils.translation import gettext_lazy as _

from core.models import PrefixedModel, prefixed_id
from marketplace.models.publishers import Publisher
from marketplace.scanning.shingles import bands_of
from marketplace.scanning.skeleton import CopyHash, Skeleton


class Listing(PrefixedModel):
    """A marketplace entry. What people see is its `current` version; counts and scores are kept by jobs."""

    class Kind(models.TextChoices):
        ASSISTANT = "assistant", _("Assistant")
        SERVER = "server", _("Server")
        WORKFLOW = "workflow", _("Workflow")
        TEMPLATE = "template", _("Template")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCAN = "scan", _("Being scanned")
        REVIEW = "review", _("In review")
        QUARANTINE = "quarantine", _("In quarantine")
        LIVE = "live", _("Live")
        DEPRECATED = "deprecated", _("Deprecated")
        REMOVED = "removed", _("Removed")

    SHOWN = (State.LIVE, State.DEPRECATED)

    id = prefixed_id("lst")
    slug = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="listings")
    name = models.CharField(_("name"), max_length=100)
    skeleton = models.GeneratedField(
        expression=Skeleton(models.F("name")), output_field=models.TextField(), db_persist=True
    )
    """What the name looks like: marketplace.scanning.skeleton."""
    summary = models.CharField(max_length=300)
    letters = models.CharField(max_length=2)
    category = models.CharField(max_length=30)
    """A key of marketplace.catalogue.labels.CATEGORIES."""
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    """BCP 47 tags of the texts it has (`translations`) and answers in."""
    translations = models.JSONField(default=dict)
    """{"de-DE": {"name", "summary", "tags"}}."""
    licence = models.CharField(max_length=60, blank=True)
    homepage = models.CharField(max_length=500, blank=True)
    repository = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    state_reason = models.TextField(blank=True)
    state_at = models.DateTimeField(auto_now_add=True)
    current = models.ForeignKey(
        "marketplace.ListingVersion", null=True, on_delete=models.SET_NULL, related_name="current_of"
    )
    published_at = models.DateTimeField(null=True)
    """When it first went live."""
    source = models.CharField(max_length=40, default="creator")
    """`stock`, `creator` or `import:<name>`."""
    source_key = models.CharField(max_length=300, blank=True)
    """Its name at the source, so that an import repeated finds it again."""
    source_hash = models.CharField(max_length=64, blank=True)
    """Of what the source said: unchanged entries are skipped."""
    assistant = models.CharField(max_length=40, blank=True)
    """`ast_…` of the publisher's workspace it is made from."""
    server = models.CharField(max_length=40, blank=True)
    """`srv_…` of the publisher's workspace it is made from."""
    draft = models.JSONField(default=dict)
    """The next version in the making: marketplace.texts, and {"readme", "notes", "version", "package"}."""
    featured = models.PositiveSmallIntegerField(null=True)
    """Its place among the operator's picks."""

    reads_only = models.BooleanField(default=False)
    asks_first = models.BooleanField(default=False)
    """Confirms before every tool that writes."""
    offline = models.BooleanField(default=False)
    needs = ArrayField(models.CharField(max_length=20), default=list)
    """none, key, oauth, model, program: what somebody must have before it runs."""
    transports = ArrayField(models.CharField(max_length=10), default=list)
    installs = models.PositiveIntegerField(default=0)
    workspaces = models.PositiveIntegerField(default=0)
    """Distinct workspaces that used it in the last 30 days."""
    runs = models.PositiveBigIntegerField(default=0)
    """In the last 30 days, with `runs_ok` of them good."""
    runs_ok = models.PositiveBigIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)
    """Ratings that count."""
    rating_mean = models.FloatField(default=0)
    rating_low = models.FloatField(default=0)
    """Lower and upper end of the range in which the true mean likely lies (90 %)."""
    rating_high = models.FloatField(default=0)
    rating_made = models.JSONField(default=dict)
    """How the rating came about: {"own", "market", "stars": [five counts, one star first], "left_out": {reason: n}}."""
    health = models.CharField(max_length=10, default="unknown")
    """good, poor, bad, unknown, or unprobed: what the evidence says."""
    score = models.FloatField(default=0)
    """(padded rating + active workspaces + reliability + freshness) times trust; the order without a search text."""
    score_parts = models.JSONField(default=dict)
    """{"rating", "workspaces", "reliability", "freshness", "trust"}: shown to its creator."""
    trend = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_key"], condition=~models.Q(source_key=""), name="listing_source_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["-score", "-id"], condition=models.Q(state__in=["live", "deprecated"]), name="listing_best"
            ),
            models.Index(
                fields=["-published_at", "-id"],
                condition=models.Q(state__in=["live", "deprecated"]),
                name="listing_newest",
            ),
            models.Index(fields=["publisher", "-score"], name="listing_of_publisher"),
            models.Index(fields=["state", "state_at"], name="listing_state"),
            models.Index(fields=["updated_at", "id"], condition=models.Q(kind="server"), name="listing_registry"),
            models.Index(fields=["skeleton"], name="listing_skeleton", opclasses=["text_pattern_ops"]),
            models.Index(OpClass(Reverse("skeleton"), "text_pattern_ops"), name="listing_skeleton_back"),
        ]

    def __str__(self) -> str:
        return self.name


class BandsField(ArrayField):  # type: ignore[type-arg]  # it takes none when the program runs
    """Follows from the package of a version when it is made; a version never changes after that."""

    def pre_save(self, model_instance: models.Model, add: bool) -> list[int]:
        if add:
            package = getattr(model_instance, "package", None) or {}
            setattr(model_instance, self.attname, bands_of(package.get("instructions", "")))
        value: list[int] = super().pre_save(model_instance, add)
        return value


class ListingAlias(models.Model):
    """A slug that a listing once had; it keeps leading there."""

    slug = models.SlugField(max_length=80, unique=True)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="aliases")

    def __str__(self) -> str:
        return self.slug


class ListingVersion(PrefixedModel):
    """One immutable version: the package, what it may do, and what the scan found. Only its state moves."""

    class State(models.TextChoices):
        SCAN = "scan", _("Being scanned")
        REVIEW = "review", _("In review")
        QUARANTINE = "quarantine", _("In quarantine")
        LIVE = "live", _("Live")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = prefixed_id("lsv")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(max_length=60)
    """Semantic version; `version_key` sorts as versions do."""
    version_key = models.CharField(max_length=120)
    package = models.JSONField()
    """marketplace.packages: what an install makes a server or an assistant of."""
    content_hash = models.CharField(max_length=64)
    manifest = models.JSONField(default=dict)
    """marketplace.packages.Manifest: tools, hosts and secrets it needs."""
    texts = models.JSONField(default=dict)
    """marketplace.texts: name, summary and so on, which the listing takes over when this version goes live."""
    copy_hash = models.GeneratedField(
        expression=CopyHash(Coalesce(KeyTextTransform("instructions", "package"), models.Value(""))),
        output_field=models.CharField(max_length=32),
        db_persist=True,
        db_index=True,
    )
    """Equal where instructions are the same but for spaces, stops and case."""
    copy_bands = BandsField(models.IntegerField(), default=list, editable=False)
    """Numbers that versions share whose instructions are alike: marketplace.scanning.shingles."""
    readme = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    """What changed."""
    state = models.CharField(max_length=10, choices=State, default=State.SCAN)
    findings = models.JSONField(default=list)
    """[{"code", "severity": info|warn|block, "where", "sentence"}] of the scan."""
    scanned_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=40, blank=True)
    decision_note = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "version"], name="listing_version_once")]
        indexes = [
            models.Index(fields=["listing", "-version_key"], name="listing_version_order"),
            GinIndex(fields=["copy_bands"], name="listing_version_bands", fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.version}"


class ListingPicture(PrefixedModel):
    """A picture on the listing's page: re-encoded raster bytes, never what was uploaded."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a look")
        SHOWN = "shown", _("Shown")
        REFUSED = "refused", _("Refused")

    id = prefixed_id("pic")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="pictures")
    position = models.PositiveSmallIntegerField(default=0)
    alt = models.CharField(max_length=200)
    media_type = models.CharField(max_length=30)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    body = models.BinaryField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    state_reason = models.CharField(max_length=500, blank=True)
    """Why it waits or was refused, for its publisher."""
    looks = models.BigIntegerField(null=True, db_index=True)
    """marketplace.scanning.looks; None for a plain one."""

    def __str__(self) -> str:
        return self.alt
