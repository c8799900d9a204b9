"""What everybody may do about their own sign-in."""

from aiohttp import web

from chatsvc.web.operations import Answer, Call, Operation
from chatsvc.web.sign_in import EXPIRED


async def delete_sessions(call: Call) -> web.Response:
    """Sign out everywhere."""
    await call.node.sign_in.sign_out_everywhere(call.staff.id)
    return web.Response(status=204, headers={"Set-Cookie": EXPIRED, "Cache-Control": "no-store"})


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "deleteSessions", "DELETE", "/api/v1/me/sessions", "Sign out on every computer; API tokens go on.",
        delete_sessions, {204: Answer("Within 5 seconds, no session of this account is left, here or elsewhere.")},
        tag="account",
    ),
)  # fmt: skip
