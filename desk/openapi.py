"""An OpenAPI document as rows for a plain page: no script, no other server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_METHODS = ("get", "post", "put", "delete")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation."""

    name: str
    where: str
    required: bool
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; `body` and `answer` are JSON Schemas as text, empty where there is none."""

    method: str
    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    body: str
    answer: str


def operations(document: Mapping[str, Any]) -> tuple[Operation, ...]:
    """List what an OpenAPI document describes, in its order."""
    return tuple(
        _operation(method, path, item[method], document)
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    )


def _operation(method: str, path: str, given: Mapping[str, Any], document: Mapping[str, Any]) -> Operation:
    body = given.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = given.get("responses", {}).get("200", {}).get("content", {})
    answer = answers.get("application/json", {}).get("schema")
    return Operation(
        method=method.upper(),
        path=path,
        summary=given.get("description") or given.get("summary", ""),
        parameters=tuple(_parameter(one) for one in given.get("parameters", [])),
        body=_shape(body, document),
        answer=_shape(answer, document),
    )


def _parameter(given: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=given["name"],
        where=given["in"],
        required=given.get("required", False),
        kind=_kind(given.get("schema", {})),
        description=given.get("description", ""),
    )


def _kind(schema: Mapping[str, Any]) -> str:
    options = [_kind(option) for option in schema.get("anyOf", []) if option.get("type") != "null"]
    if options:
        return " or ".join(options)
    return str(schema.get("format") or schema.get("type") or "any")


def _shape(schema: Mapping[str, Any] | None, document: Mapping[str, Any]) -> str:
    """Write a schema as an example's skeleton: {"texts": ["string"]}."""
    if not schema or schema == {"additionalProperties": True, "type": "object"}:
        return ""
    shapes = schema.get("oneOf") or [schema]
    return "\nor\n".join(json.dumps(_skeleton(shape, document), indent=2) for shape in shapes)


def _skeleton(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:  # noqa: ANN401 (JSON)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _skeleton(document["components"]["schemas"][name], document)
    if "anyOf" in schema:
        options = [_skeleton(option, document) for option in schema["anyOf"] if option.get("type") != "null"]
        return f"{options[0]} or null" if isinstance(options[0], str) else options[0]
    if schema.get("type") == "array":
        return [_skeleton(schema.get("items", {}), document)]
    if schema.get("type") == "object" and "properties" in schema:
        return {name: _skeleton(one, document) for name, one in schema["properties"].items()}
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return {"...": _skeleton(values, document) if isinstance(values, dict) else "any"}
    return _kind(schema)
