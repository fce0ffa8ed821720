"""Every address of the site, walked by everybody, against one table of expected answers.

A route that is not in the table fails the test: nothing is added without saying who may open it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.cast import EVERYBODY
from tests.site.conftest import Things

# owner, admin, member, viewer, outsider, operator (no member), anonymous
PUBLIC = (200,) * 7
SIGNED = (200, 200, 200, 200, 200, 200, 302)
VIEW = (200, 200, 200, 200, 404, 404, 302)
MANAGE = (200, 200, 403, 403, 404, 404, 302)
KEYS = (200, 200, 200, 403, 404, 404, 302)
USE = (200, 200, 200, 403, 404, 404, 302)
OWNERS_TALK = (200, 404, 404, 403, 404, 404, 302)
POST_OWNERS_TALK = (302, 404, 404, 403, 404, 404, 302)
OPERATOR = (404, 404, 404, 404, 404, 200, 302)
POST_MANAGE = (302, 302, 403, 403, 404, 404, 302)
POST_KEYS = (302, 302, 403, 403, 404, 404, 302)
POST_OPERATOR = (404, 404, 404, 404, 404, 302, 302)

API_OWN = (200, 200, 200, 200, 200, 200, 401)
API_VIEW = (200, 200, 200, 200, 404, 404, 401)
API_MANAGE = (200, 200, 403, 403, 404, 404, 401)
API_KEYS = (200, 200, 200, 403, 404, 404, 401)
API_BAD_MANAGE = (400, 400, 403, 403, 404, 404, 401)
API_NO_CONTENT = (204, 204, 403, 403, 404, 404, 401)
API_OPERATOR = (403, 403, 403, 403, 403, 200, 401)
API_BAD_OPERATOR = (403, 403, 403, 403, 403, 400, 401)
API_RUN = (200, 404, 404, 403, 404, 404, 401)
API_NO_RUN = (404, 404, 404, 403, 404, 404, 401)
API_ACCEPTED = (202, 202, 403, 403, 404, 404, 401)

Expected = tuple[int, ...]
W, S, H = "{workspace}", "{server}", "{hub}"

PAGES: dict[str, tuple[str, tuple[str, ...], Expected]] = {
    "home": ("get", (), PUBLIC),
    "core:healthz": ("get", (), PUBLIC),
    "core:health": ("get", (), OPERATOR),
    "core:jobs": ("get", (), OPERATOR),
    "core:job_retry": ("post", ("{job}",), (404, 404, 404, 404, 404, 409, 302)),
    "core:outbox": ("get", (), OPERATOR),
    "core:message": ("get", ("{message}",), OPERATOR),
    "marketplace:catalogue": ("get", (), PUBLIC),
    "marketplace:new-feed": ("get", (), PUBLIC),
    "marketplace:sitemaps": ("get", (), PUBLIC),
    "marketplace:sitemap": ("get", ("1",), PUBLIC),
    "marketplace:card": ("get", ("nothing",), (404,) * 7),
    "marketplace:sitemap-collections": ("get", (), PUBLIC),
    "marketplace:sitemap-publishers": ("get", (), PUBLIC),
    "marketplace:collections": ("get", (), PUBLIC),
    "marketplace:collection": ("get", ("{collection}",), PUBLIC),
    "marketplace:collection-feed": ("get", ("{collection}",), PUBLIC),
    "marketplace:collection-card": ("get", ("{collection}",), PUBLIC),
    "marketplace:collection-report": ("get", ("{collection}",), SIGNED),
    "marketplace:collection-edit": ("get", ("{collection}",), (404, 404, 200, 404, 404, 404, 302)),
    "marketplace:collection-change": ("post", ("{collection}",), (404,) * 6 + (302,)),
    "marketplace:collection-delete": ("post", ("{collection}",), (404, 404, 302, 404, 404, 404, 302)),
    "marketplace:own-collections": ("get", (), SIGNED),
    "marketplace:collection-new": ("get", (), SIGNED),
    "marketplace:save": ("get", ("github",), SIGNED),
    "marketplace:compare": ("get", (), PUBLIC),
    "marketplace:publisher": ("get", ("{maker}",), PUBLIC),
    "marketplace:publisher-follow": ("post", ("{maker}",), (302,) * 7),
    "marketplace:publisher-feed": ("get", ("{maker}",), PUBLIC),
    "marketplace:following": ("get", (), SIGNED),
    "marketplace:moderation-collection": ("get", ("{collection_id}",), OPERATOR),
    "marketplace:registry-servers": ("get", (), PUBLIC),
    "marketplace:registry-versions": ("get", ("localhost/nothing",), (404,) * 7),
    "marketplace:registry-version": ("get", ("localhost/nothing", "latest"), (404,) * 7),
    "marketplace:imports": ("get", (), OPERATOR),
    "marketplace:import-report": ("get", ("{import}",), OPERATOR),
    "api-import-list": ("get", (), (403, 403, 403, 403, 403, 200, 401)),
    "api-import-detail": ("get", ("{import}",), (403, 403, 403, 403, 403, 200, 401)),
    "marketplace:entry": ("get", ("github",), PUBLIC),
    "marketplace:try": ("post", ("github",), (409,) * 7),
    "marketplace:connect": ("get", (W, "github"), (302, 302, 403, 403, 404, 404, 302)),
    "marketplace:install": ("get", (W, "github"), MANAGE),
    "marketplace:installs": ("get", (W,), VIEW),
    "marketplace:installed": ("get", (W, "{install}"), VIEW),
    "marketplace:install-update": ("get", (W, "{install}"), (302, 302, 403, 403, 404, 404, 302)),
    "marketplace:uninstall": ("post", (W, "{install}"), POST_MANAGE),
    "marketplace:picture": ("get", ("{picture}",), (200, 200, 200, 200, 404, 200, 404)),
    "marketplace:publish": ("get", (W,), MANAGE),
    "marketplace:publish-new": ("get", (W,), MANAGE),
    "marketplace:publish-publisher": ("get", (W, "{publisher}"), MANAGE),
    "marketplace:publish-claim-check": ("post", (W, "{claim}"), POST_MANAGE),
    "marketplace:publish-listing": ("get", (W, "{listing}"), MANAGE),
    "marketplace:publish-edit": ("get", (W, "{listing}"), MANAGE),
    "marketplace:publish-preview": ("post", (W, "{listing}"), MANAGE),
    "marketplace:publish-change": ("post", (W, "{listing}"), (404, 404, 403, 403, 404, 404, 302)),
    "marketplace:publish-trials": ("get", (W, "{listing}"), MANAGE),
    "marketplace:publish-pictures": ("get", (W, "{listing}"), MANAGE),
    "marketplace:publish-version": ("get", (W, "{listing}", "1.0.0"), MANAGE),
    "marketplace:publish-withdraw": ("post", (W, "{listing}", "1.0.0"), POST_MANAGE),
    "marketplace:review": ("get", ("github",), SIGNED),
    "marketplace:report": ("get", ("github",), SIGNED),
    "marketplace:review-reply": ("get", ("notes", "{review}"), (200, 200, 404, 404, 404, 404, 302)),
    "marketplace:review-helpful": ("post", ("notes", "{review}"), (302,) * 7),
    "marketplace:review-withdraw": ("post", ("notes", "{review}"), (404, 404, 404, 404, 302, 404, 302)),
    "marketplace:moderation-report": ("get", ("{report}",), OPERATOR),
    "marketplace:moderation-review": ("get", ("{review}",), OPERATOR),
    "marketplace:moderation": ("get", (), OPERATOR),
    "marketplace:moderation-version": ("get", ("{version}",), OPERATOR),
    "marketplace:moderation-listing": ("get", ("{listing_id}",), OPERATOR),
    "marketplace:evidence": ("get", (), OPERATOR),
    "marketplace:probe": ("post", ("github",), (403, 403, 403, 403, 403, 302, 403)),
    "api-listing-evidence": ("get", ("github",), PUBLIC),
    "api-listing-probe": ("post", ("github",), (403, 403, 403, 403, 403, 202, 401)),
    "marketplace:curation": ("get", (), OPERATOR),
    "marketplace:curate": ("post", (), (404,) * 6 + (302,)),
    "proxy:overview": ("get", (W,), VIEW),
    "proxy:servers": ("get", (W,), VIEW),
    "proxy:server-connect": ("get", (W,), MANAGE),
    "proxy:server-paste": ("get", (W,), MANAGE),
    "proxy:server": ("get", (W, "up"), VIEW),
    "proxy:server-edit": ("get", (W, "up"), MANAGE),
    "proxy:server-pause": ("post", (W, "up"), POST_MANAGE),
    "proxy:server-rediscover": ("post", (W, "up"), POST_MANAGE),
    "proxy:server-delete": ("post", (W, "up"), POST_MANAGE),
    "proxy:tools": ("get", (W,), VIEW),
    "proxy:tool": ("get", (W, "{tool}"), VIEW),
    "proxy:calls": ("get", (W,), VIEW),
    "proxy:calls-live": ("get", (W,), VIEW),
    "proxy:call": ("get", (W, "{call}"), VIEW),
    "proxy:usage": ("get", (W,), VIEW),
    "proxy:usage-export": ("get", (W,), VIEW),
    "proxy:hubs": ("get", (W,), VIEW),
    "proxy:hub-new": ("get", (W,), MANAGE),
    "proxy:hub": ("get", (W, "main"), VIEW),
    "proxy:hub-picture": ("get", (W, "main"), VIEW),
    "proxy:hub-tools": ("get", (W, "main"), VIEW),
    "proxy:hub-servers": ("get", (W, "main"), MANAGE),
    "proxy:hub-server": ("get", (W, "main", "up"), MANAGE),
    "proxy:hub-settings": ("get", (W, "main"), MANAGE),
    "proxy:hub-pause": ("post", (W, "main"), POST_MANAGE),
    "proxy:hub-delete": ("post", (W, "main"), POST_MANAGE),
    "assistants:agent": ("post", (W, "guide"), (401,) * 7),
    "assistants:agent-card": ("get", (W, "guide"), (404,) * 7),
    "assistants:list": ("get", (W,), VIEW),
    "assistants:new": ("get", (W,), MANAGE),
    "assistants:detail": ("get", (W, "guide"), VIEW),
    "assistants:pause": ("post", (W, "guide"), POST_MANAGE),
    "assistants:delete": ("post", (W, "guide"), POST_MANAGE),
    "assistants:edit": ("get", (W, "guide"), MANAGE),
    "assistants:edit-preview": ("post", (W, "guide"), MANAGE),
    "assistants:edit-tools": ("post", (W, "guide"), MANAGE),
    "assistants:versions": ("get", (W, "guide"), VIEW),
    "assistants:version": ("get", (W, "guide", "1"), VIEW),
    "assistants:deploy": ("post", (W, "guide", "1"), POST_MANAGE),
    "assistants:settings": ("get", (W, "guide"), MANAGE),
    "assistants:export": ("get", (W, "guide"), MANAGE),
    "assistants:chat": ("get", (W, "guide"), USE),
    "assistants:conversation": ("get", (W, "guide", "{conversation}"), OWNERS_TALK),
    "assistants:conversation-stream": ("get", (W, "guide", "{conversation}"), OWNERS_TALK),
    "assistants:conversation-stop": ("post", (W, "guide", "{conversation}"), POST_OWNERS_TALK),
    "assistants:conversation-answer": ("post", (W, "guide", "{conversation}"), (409, 404, 404, 403, 404, 404, 302)),
    "assistants:conversation-rename": ("post", (W, "guide", "{conversation}"), POST_OWNERS_TALK),
    "assistants:conversation-delete": ("get", (W, "guide", "{conversation}"), OWNERS_TALK),
    "assistants:conversation-export": ("get", (W, "guide", "{conversation}"), OWNERS_TALK),
    "assistants:trial": ("get", ("{trial}",), PUBLIC),
    "assistants:trial-stream": ("get", ("{trial}",), (404,) * 7),
    "assistants:trial-stop": ("post", ("{trial}",), (404,) * 7),
    "assistants:trial-answer": ("post", ("{trial}",), (404,) * 7),
    "assistants:trial-again": ("post", ("{trial}",), (302,) * 7),
    "assistants:models": ("get", (W,), MANAGE),
    "assistants:model-connect": ("get", (W,), MANAGE),
    "assistants:model": ("get", (W, "{provider}"), MANAGE),
    "assistants:model-test": ("post", (W, "{provider}"), POST_MANAGE),
    "assistants:model-remove": ("post", (W, "{provider}"), POST_MANAGE),
    "docs:index": ("get", (), PUBLIC),
    "docs:picture": ("get", ("architecture.svg",), PUBLIC),
    "docs:security": ("get", (), PUBLIC),
    "docs:page": ("get", ("hubs",), PUBLIC),
    "styleguide:index": ("get", (), PUBLIC),
    "styleguide:pictures": ("get", (), PUBLIC),
    "styleguide:workspace": ("get", (), PUBLIC),
    "styleguide:auth": ("get", (), PUBLIC),
    "styleguide:mail": ("get", (), PUBLIC),
    "accounts:setup": ("get", ("no-such-token",), (404,) * 7),
    "accounts:demo": ("post", (), (404,) * 7),
    "accounts:enter": ("get", (), (302,) * 7),
    "accounts:me": ("get", (), SIGNED),
    "accounts:session_end": ("post", ("ses_none",), (404, 404, 404, 404, 404, 404, 302)),
    "accounts:sessions_end_others": ("post", (), (302,) * 7),
    "accounts:workspace_new": ("get", (), SIGNED),
    "accounts:operator_workspaces": ("get", (), OPERATOR),
    "accounts:keys": ("get", (W,), KEYS),
    "accounts:key_new": ("get", (W,), KEYS),
    "accounts:key": ("get", (W, "{key}"), (200, 200, 404, 403, 404, 404, 302)),
    "accounts:key_revoke": ("post", (W, "{key}"), (302, 302, 404, 403, 404, 404, 302)),
    "accounts:settings": ("get", (W,), MANAGE),
    "accounts:member_add": ("post", (W,), MANAGE),
    "accounts:member_role": ("post", (W, "{member}"), POST_MANAGE),
    "accounts:member_remove": ("post", (W, "{member}"), POST_MANAGE),
    "accounts:leave": ("post", (W,), (302, 302, 302, 302, 404, 404, 302)),
    "accounts:webhooks": ("get", (W,), MANAGE),
    "accounts:webhook_new": ("get", (W,), MANAGE),
    "accounts:webhook_single": ("get", (W,), MANAGE),
    "accounts:webhook_single_secret": ("post", (W,), MANAGE),
    "accounts:webhook_replay": ("post", (W, "{delivery}"), POST_MANAGE),
    "accounts:webhook": ("get", (W, "{webhook}"), MANAGE),
    "accounts:webhook_rotate": ("post", (W, "{webhook}"), POST_MANAGE),
    "accounts:webhook_test": ("post", (W, "{webhook}"), POST_MANAGE),
    "accounts:webhook_delete": ("post", (W, "{webhook}"), POST_MANAGE),
    "find": ("get", (), PUBLIC),
    "api-schema": ("get", (), PUBLIC),
    "api-docs": ("get", (), PUBLIC),
    "api-docs-group": ("get", ("hubs",), PUBLIC),
    "api-workspace-list": ("get", (), API_OWN),
    "api-workspace-detail": ("get", (W,), API_VIEW),
    "api-member-list": ("get", (W,), API_VIEW),
    "api-key-list": ("get", (W,), API_KEYS),
    "api-key-detail": ("get", (W, "{key}"), (200, 200, 404, 403, 404, 404, 401)),
    "api-webhook-list": ("get", (W,), API_MANAGE),
    "api-webhook-detail": ("get", (W, "{webhook}"), API_MANAGE),
    "api-webhook-rotate": ("post", (W, "{webhook}"), API_MANAGE),
    "api-webhook-test": ("post", (W, "{webhook}"), API_ACCEPTED),
    "api-delivery-list": ("get", (W,), API_MANAGE),
    "api-delivery-detail": ("get", (W, "{delivery}"), API_MANAGE),
    "api-delivery-replay": ("post", (W, "{delivery}"), API_ACCEPTED),
    "api-server-list": ("get", (W,), API_VIEW),
    "api-server-import": ("post", (W,), API_BAD_MANAGE),
    "api-server-test": ("post", (W,), API_BAD_MANAGE),
    "api-server-detail": ("delete", (W, S), API_NO_CONTENT),
    "api-server-discover": ("post", (W, S), API_ACCEPTED),
    "api-server-pause": ("post", (W, S), API_MANAGE),
    "api-server-resume": ("post", (W, S), API_MANAGE),
    "api-server-test-change": ("put", (W, S), (405, 405, 405, 405, 404, 404, 401)),
    "api-tool-list": ("get", (W,), API_VIEW),
    "api-tool-detail": ("patch", (W, "{tool}"), API_MANAGE),
    "api-hub-list": ("get", (W,), API_VIEW),
    "api-hub-detail": ("delete", (W, H), API_NO_CONTENT),
    "api-hub-server": ("delete", (W, H, S), API_NO_CONTENT),
    "api-hub-pause": ("post", (W, H), API_MANAGE),
    "api-hub-resume": ("post", (W, H), API_MANAGE),
    "api-hub-servers": ("get", (W, H), API_VIEW),
    "api-hub-tools": ("get", (W, H), API_VIEW),
    "api-assistant-list": ("get", (W,), API_VIEW),
    "api-assistant-detail": ("delete", (W, "{assistant}"), API_NO_CONTENT),
    "api-assistant-import": ("post", (W,), API_BAD_MANAGE),
    "api-assistant-versions": ("get", (W, "{assistant}"), API_VIEW),
    "api-assistant-version": ("get", (W, "{assistant}", "1"), API_VIEW),
    "api-assistant-deploy": ("post", (W, "{assistant}"), API_MANAGE),
    "api-assistant-pause": ("post", (W, "{assistant}"), API_MANAGE),
    "api-assistant-resume": ("post", (W, "{assistant}"), API_MANAGE),
    "api-assistant-values": ("post", (W, "{assistant}"), API_BAD_MANAGE),
    "api-assistant-export": ("get", (W, "{assistant}"), API_MANAGE),
    "api-assistant-run-list": ("get", (W, "{assistant}"), API_KEYS),
    "api-assistant-run-detail": ("get", (W, "{assistant}", "asr_none"), API_NO_RUN),
    "api-assistant-run-cancel": ("post", (W, "{assistant}", "asr_none"), API_NO_RUN),
    "api-assistant-run-events": ("get", (W, "{assistant}", "asr_none"), API_NO_RUN),
    "api-conversation-list": ("get", (W,), API_KEYS),
    "api-conversation-detail": ("get", (W, "{conversation}"), API_RUN),
    "api-conversation-export": ("get", (W, "{conversation}"), API_RUN),
    "api-conversation-messages": ("get", (W, "{conversation}"), API_RUN),
    "api-conversation-run": ("get", (W, "{conversation}", "asr_none"), API_NO_RUN),
    "api-conversation-run-events": ("get", (W, "{conversation}", "asr_none"), API_NO_RUN),
    "api-conversation-run-cancel": ("post", (W, "{conversation}", "asr_none"), API_NO_RUN),
    "api-conversation-run-answer": ("post", (W, "{conversation}", "asr_none"), API_NO_RUN),
    "api-model-provider-list": ("get", (W,), API_MANAGE),
    "api-model-provider-detail": ("delete", (W, "{provider}"), API_NO_CONTENT),
    "api-model-provider-try": ("post", (W,), API_BAD_MANAGE),
    "api-model-provider-test": ("post", (W, "{provider}"), API_MANAGE),
    "api-publisher-list": ("get", (W,), API_MANAGE),
    "api-publisher-detail": ("get", (W, "{publisher_id}"), API_MANAGE),
    "api-publisher-claims": ("get", (W, "{publisher_id}"), API_MANAGE),
    "api-publisher-claim-check": ("post", (W, "{publisher_id}", "{claim}"), API_MANAGE),
    "api-listing-list": ("get", (), PUBLIC),
    "api-listing-detail": ("get", ("nothing",), (404,) * 7),
    "api-listing-versions": ("get", ("github",), PUBLIC),
    "api-install-list": ("get", (W,), API_VIEW),
    "api-install-detail": ("delete", (W, "{install}"), API_NO_CONTENT),
    "api-install-plan": ("post", (W,), API_BAD_MANAGE),
    "api-install-update": ("get", (W, "{install}"), (409, 409, 409, 409, 404, 404, 401)),
    "api-own-listing-list": ("get", (W,), API_MANAGE),
    "api-own-listing-detail": ("delete", (W, "{listing_id}"), API_NO_CONTENT),
    "api-own-listing-deprecate": ("post", (W, "{listing_id}"), API_BAD_MANAGE),
    "api-own-listing-findings": ("get", (W, "{listing_id}"), API_MANAGE),
    "api-own-listing-picture": ("delete", (W, "{listing_id}", "{picture}"), API_NO_CONTENT),
    "api-own-listing-pictures": ("get", (W, "{listing_id}"), API_MANAGE),
    "api-own-listing-refresh": ("post", (W, "{listing_id}"), API_MANAGE),
    "api-own-listing-restore": ("post", (W, "{listing_id}"), (409, 409, 403, 403, 404, 404, 401)),
    "api-own-listing-trials": ("delete", (W, "{listing_id}"), API_NO_CONTENT),
    "api-own-listing-version": ("get", (W, "{listing_id}", "1.0.0"), API_MANAGE),
    "api-own-listing-version-withdraw": ("post", (W, "{listing_id}", "1.0.0"), API_MANAGE),
    "api-own-listing-versions": ("get", (W, "{listing_id}"), API_MANAGE),
    "api-listing-review-list": ("get", ("github",), PUBLIC),
    "api-listing-review-rating": ("get", ("github",), PUBLIC),
    "api-listing-report-list": ("post", ("github",), (400, 400, 400, 400, 400, 400, 401)),
    "api-review-detail": ("get", ("{review}",), PUBLIC),
    "api-review-reply": ("put", ("{review}",), (400, 400, 400, 400, 400, 400, 401)),
    "api-review-helpful": ("put", ("{review}",), (409, 409, 409, 409, 409, 200, 401)),
    "api-review-reports": ("post", ("{review}",), (400, 400, 400, 400, 400, 400, 401)),
    "api-moderation-report-list": ("get", (), API_OPERATOR),
    "api-moderation-report-detail": ("get", ("{report}",), API_OPERATOR),
    "api-moderation-report-decide": ("post", ("{report}",), API_BAD_OPERATOR),
    "api-moderation-review-hold": ("post", ("{review}",), API_BAD_OPERATOR),
    "api-moderation-review-release": ("post", ("{review}",), (403, 403, 403, 403, 403, 409, 401)),
    "api-moderation-review-remove": ("post", ("{review}",), API_BAD_OPERATOR),
    "api-moderation-version-list": ("get", (), API_OPERATOR),
    "api-moderation-version-detail": ("get", ("{version}",), API_OPERATOR),
    "api-moderation-version-approve": ("post", ("{version}",), API_OPERATOR),
    "api-moderation-version-reject": ("post", ("{version}",), API_BAD_OPERATOR),
    "api-moderation-version-quarantine": ("post", ("{version}",), API_BAD_OPERATOR),
    "api-moderation-listing-picks": ("get", (), API_OPERATOR),
    "api-moderation-listing-quarantine": ("post", ("{listing_id}",), API_BAD_OPERATOR),
    "api-moderation-listing-release": ("post", ("{listing_id}",), (403, 403, 403, 403, 403, 409, 401)),
    "api-moderation-listing-remove": ("post", ("{listing_id}",), API_BAD_OPERATOR),
    "api-call-list": ("get", (W,), API_VIEW),
    "api-call-detail": ("get", (W, "{call}"), API_VIEW),
    "api-call-payload": ("get", (W, "{call}"), API_MANAGE),
    "api-usage-list": ("get", (W,), API_VIEW),
    "api-workspace-run-list": ("get", (W,), API_KEYS),
    "api-workspace-run-detail": ("get", (W, "{run}"), API_RUN),
    "api-run-list": ("post", (), (400, 400, 400, 400, 400, 400, 401)),
    "api-run-detail": ("get", ("{run}",), API_RUN),
}


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{prefix}{pattern.name}"


def test_every_route_is_in_the_table() -> None:
    ours = {name for name in routes() if not name.startswith("account_")}
    assert ours == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_who_may_open_it(things: Things, name: str) -> None:
    method, arguments, expected = PAGES[name]
    values = things.ids | {
        "workspace": things.cast.workspace.slug,
        "server": things.server.id,
        "hub": things.hub.id,
        "tool": things.tool.id,
    }
    url = reverse(name, args=[argument.format(**values) for argument in arguments])
    answers = {}
    # From the outside in, so that what a permitted visit changes does not hide that another was refused.
    for who in reversed(EVERYBODY):
        answers[who] = getattr(things.cast.browser(who), method)(url, content_type="application/json").status_code
        if method != "get" and answers[who] < 400:
            break  # it is done: the next one would find it changed
    wanted = dict(zip(EVERYBODY, expected, strict=True))
    assert answers == {who: wanted[who] for who in answers}, url
