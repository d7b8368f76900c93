"""The description of the API, made from the declarations by which it is served (AP-13)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from jinja2 import Environment, PackageLoader, select_autoescape

from passerby import __version__
from passerby.faces.api.endpoint import STATUS, Answer, Call, Endpoint, Failure
from passerby.wire.reports import Object

_REFERENCE: Final = "#/components/schemas/{name}"
_PARAMETER: Final = re.compile(r"\{(\w+)(?::path)?\}")
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_SUMMARY: Final = (
    "Users, events and sessions for servers, warehouses and support tools, in the shapes of Fullstory's server API."
    " Every path under /v2/ answers under /v2beta/ too. A field of a request may be spelled in camelCase as well."
)


def described(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these endpoints."""
    types = _types(endpoints)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    known = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        operations = paths.setdefault(_PARAMETER.sub(r"{\1}", endpoint.path), {})
        operations[endpoint.method.lower()] = _operation(endpoint, known)
    key = {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Basic <key>` or `Bearer <key>`, the raw key",
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Passerby", "version": __version__, "description": _SUMMARY},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"key": key}},
    }


def _types(endpoints: Sequence[Endpoint]) -> list[Any]:
    found: dict[Any, None] = {Failure: None}
    for endpoint in endpoints:
        for shape in (endpoint.answer, *endpoint.other.values(), endpoint.shown or endpoint.body, endpoint.query):
            if shape is not None:
                found[shape] = None
    return [shape for shape in found if shape is not Object]


def _operation(endpoint: Endpoint, known: Mapping[Any, Any]) -> dict[str, Any]:
    summary, _, rest = (endpoint.run.__doc__ or "").strip().partition("\n")
    operation: dict[str, Any] = {
        "operationId": endpoint.run.__name__,
        "summary": summary,
        "description": f"{rest.strip()}\n\nScope: {endpoint.scope}".strip(),
        "parameters": [*_parameters(endpoint)],
        "responses": _responses(endpoint, known),
        "security": [] if endpoint.is_open else [{"key": []}],
    }
    if endpoint.body is not None:
        schema = _schema(endpoint.shown or endpoint.body, known)
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    text = {"type": "string"}
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {**text, "minLength": 1}}
        for name in _PARAMETER.findall(endpoint.path)
    ]
    if endpoint.query is not None:
        shape = msgspec.json.schema(endpoint.query, ref_template="{name}")["$defs"][endpoint.query.__name__]
        for name, schema in shape["properties"].items():
            required = name in shape.get("required", ())
            found.append({"name": name, "in": "query", "required": required, "schema": _without_null(schema)})
    if endpoint.creates:
        limits = {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": {**text, **limits}})
    return found


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A query parameter is there or not; it has no null."""
    kept = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    return dict(kept[0]) if len(kept) == 1 else {name: value for name, value in schema.items() if value is not None}


def _responses(endpoint: Endpoint, known: Mapping[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, shape in {200: endpoint.answer, **endpoint.other}.items():
        schema = _schema(shape, known)
        content = {media: {"schema": schema if media == "application/json" else {}} for media in endpoint.media_types}
        found[str(status)] = {"description": _description(shape), "content": content}
    for status, codes in groupby(endpoint.codes(), key=lambda code: STATUS[code]):
        failure = {"application/json": {"schema": _schema(Failure, known)}}
        found[str(status)] = {"description": ", ".join(f"`{code}`" for code in codes), "content": failure}
    return found


def _schema(shape: Any, known: Mapping[Any, Any]) -> Any:
    return {"type": "object"} if shape is Object else known[shape]


def _description(shape: Any) -> str:
    return "A JSON object." if shape is Object else (shape.__doc__ or "").strip()


def endpoints_of(others: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """The endpoints that describe `others`, and themselves."""
    found: list[Endpoint] = []

    def openapi(_call: Call) -> Answer:
        """This description, as OpenAPI 3.1."""
        return Answer(document)

    def docs(_call: Call) -> Answer:
        """This description, as a page."""
        return Answer(page, headers=_PAGE_HEADERS, media_type="text/html")

    found.append(Endpoint("GET", "/v2/openapi.json", "read", openapi, Object, is_open=True))
    found.append(Endpoint("GET", "/v2/docs", "read", docs, Object, is_open=True, media_types=("text/html",)))
    document = described([*others, *found])
    templates = Environment(loader=PackageLoader("passerby.faces.api"), autoescape=select_autoescape(default=True))
    page = templates.get_template("docs.html").render(document=document).encode()
    return tuple(found)
