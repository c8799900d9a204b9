"""Accounts and colleagues while consoles are open."""

from dataclasses import replace

from tests.support.service import Service, make_staff


async def test_a_disabled_account_loses_its_open_console(service: Service) -> None:
    """Disabling an account closes its socket with 4001 at once, not at the next sign-in."""
    console = await service.on_duty("aino")
    await service.backend.directory.put_staff(replace(make_staff("aino"), disabled=True))
    assert (await console.gone()).code == 4001


async def test_a_changed_alias_leaves_the_console_open(service: Service) -> None:
    """Other changes of an account don't disturb whoever is signed in."""
    console = await service.on_duty("aino")
    await service.backend.directory.put_staff(replace(make_staff("eino"), alias="Somebody"))
    await console.ask("ping", "pong")
    assert not console.closed.done()


async def test_colleagues_on_duty_are_named(service: Service) -> None:
    """A signed-in counsellor sees who else is on duty and how many places they have free; nobody else does."""
    await service.on_duty("aino")
    await service.on_duty("eino")
    _, secret = await service.backend.directory.create_token(make_staff("aino").id, "test")
    url = f"{service.base}/api/v1/colleagues"
    async with service.http.get(url, headers={"Authorization": f"Bearer {secret}"}) as found:
        body = await found.json()
    eino = {"id": "eino", "alias": "Eino", "state": "available", "reason": None, "free": 3}
    assert body == {"colleagues": [eino]}
    async with service.http.get(url) as refused:
        assert refused.status == 401


async def test_a_wrap_up_finished_elsewhere_is_told(service: Service) -> None:
    """When a wrap-up ends without this console, the console hears that the conversation is over."""
    _, console, conversation = await service.talking("aino")
    await console.ask("close", conversation=conversation)
    chats = service.backend.chats["kunta"]
    await chats.run("wrap_up", id="aino", conversation=conversation, outcome="talked", tags=[])
    assert (await console.expect("released"))["reason"] == "wrapped_up"
