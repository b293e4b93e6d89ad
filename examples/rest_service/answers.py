"""Turns what handlers return and raise into JSON over HTTP."""

from aiohttp import web


class ShopError(Exception):
    """Something wrong with a request, said as RFC 9457 has it."""

    def __init__(self, status, title, detail, field=None):
        super().__init__(detail)
        self.problem = {"title": title, "status": status, "detail": detail} | ({"field": field} if field else {})


def problem(content):
    """An answer of the media type that problems have."""
    return web.json_response(content, status=content["status"], content_type="application/problem+json")


@web.middleware
async def answering(request, handler):
    """A handler returns a JSON value, or a status with one, or raises a `ShopError`."""
    try:
        returned = await handler(request)
    except ShopError as flaw:
        return problem(flaw.problem)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return problem({"title": error.reason, "status": error.status, "detail": error.reason})
    status, content = returned if isinstance(returned, tuple) else (200, returned)
    return web.json_response(content, status=status)
