"""Pictures of listings, as they were drawn anew."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from accounts.models import Membership, User
from marketplace.models import Listing, ListingPicture


def _etag(request: HttpRequest, id: str) -> str:
    return f'"{id}"'


@require_safe
@condition(etag_func=_etag)
def picture(request: HttpRequest, id: str) -> HttpResponse:
    """A picture never changes. Those that are not shown, or whose listing is not, are for publisher and operator."""
    found = ListingPicture.objects.filter(pk=id).select_related("listing__publisher").first()
    public = found is not None and found.state == ListingPicture.State.SHOWN and found.listing.state in Listing.SHOWN
    if found is None or not (public or _may_see(request, found.listing)):
        raise Http404
    response = HttpResponse(bytes(found.body), content_type=found.media_type)
    response["Content-Disposition"] = "inline"
    if public:
        patch_cache_control(response, public=True, max_age=86_400)
    else:
        patch_cache_control(response, private=True, no_store=True)
    return response


def _may_see(request: HttpRequest, listing: Listing) -> bool:
    user = request.user
    if not isinstance(user, User):
        return False
    workspace = listing.publisher.workspace_id
    return user.is_operator or Membership.objects.filter(user=user, workspace=workspace or "").exists()
