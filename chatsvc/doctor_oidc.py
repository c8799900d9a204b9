"""The examination of identity providers: whether they answer, and whether their groups lead anywhere."""

from collections.abc import Mapping

from chatsvc.config import Settings
from chatsvc.doctor_findings import Findings
from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.identity import Grant, Provider
from chatsvc.domain.sites import Site, SiteId
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.web.oidc_http import ProviderFailed, new_session
from chatsvc.web.oidc_provider import ProviderLink

_REMEDIES: Mapping[str, str] = {
    "issuer differs": "Set issuer to exactly what the document calls itself, with or without a slash at the end.",
    "redirect": "Set issuer to the address that answers by itself, without leading elsewhere.",
    "timeout": "Check that this machine may reach it: firewall, DNS, proxy.",
    "unreachable": "Check the address, that this machine may reach it, and that its certificate is trusted here.",
    "not json": "Check issuer: something answers there that is no discovery document.",
}


async def examine_providers(settings: Settings, findings: Findings) -> None:
    """Ask each provider for its discovery document and its keys."""
    for provider in settings.oidc:
        place = f"oidc.{provider.id}"
        async with new_session() as session:
            link = ProviderLink(provider, lambda session=session: session)  # type: ignore[misc]  # bound at once
            try:
                metadata = await link.metadata()
                usable = await link.fetch_keys()
            except ProviderFailed as failed:
                said = f"{provider.issuer} can't be used: {failed.why}."
                findings.error(
                    place, said, _REMEDIES.get(failed.why, "See what the provider's own log says.")
                )
                continue
        if not usable:
            findings.error(
                place, "the provider has no key that its tokens could be verified with.",
                "It must sign with RS256 (2048 bits or more), PS256, ES256 or EdDSA.",
            )  # fmt: skip
            continue
        back = f"{settings.origin}/api/v1/oidc/{provider.id}/callback"
        findings.ok(place, f"the provider answers; it must know the redirect address {back}")
        if not metadata.end_session:
            findings.ok(place, "it has no page to sign out; whoever signs out here stays signed in there")


async def examine_grants(link: Link, settings: Settings, findings: Findings) -> None:
    """Whether sites and queues that groups give are declared. Raises StoreUnavailable."""
    if not settings.oidc:
        return
    sites = (await Directory(link).load()).sites
    for provider in settings.oidc:
        _examine_table(provider, sites, findings)


def _examine_table(provider: Provider, sites: Mapping[SiteId, Site], findings: Findings) -> None:
    for group, grants in provider.grants.items():
        for grant in grants:
            if missing := _missing(grant, sites):
                findings.warning(
                    f"oidc.{provider.id}",
                    f"the group {group} gives {grant.role} at {missing[0]}, which is not declared.",
                    f"Declare it with `chatsvc apply`, or mend the table.{did_you_mean(*missing)}",
                )


def _missing(grant: Grant, sites: Mapping[SiteId, Site]) -> tuple[str, list[str]] | None:
    if grant.site is None:
        return None
    site = sites.get(grant.site)
    if site is None:
        return grant.site, [str(one) for one in sites]
    queues = [str(queue.key) for queue in site.queues]
    return (grant.queue, queues) if grant.queue is not None and grant.queue not in queues else None
