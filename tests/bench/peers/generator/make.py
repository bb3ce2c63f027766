#!/usr/bin/env python3
"""make.py OPERATIONS SPEC API: an API of so many operations, in YAML of this project's format below the folder SPEC,
and as OpenAPI 3.0 in the file API: the same paths, parameters, shapes, fields and docs."""

import json
import os
import sys

PER_FILE = 20
SHOW = """Shows a thing.

A thing that is unknown is not found (404). One of somebody else is not allowed (403), unless
the caller is an administrator."""
CREATE = """Creates a thing.

The name must be unique in the project; a second one is a conflict (409)."""
ABOUT = "A thing, and what is known of it."
TYPES = [
    ("string", {"type": "string"}),
    ("integer", {"type": "integer", "format": "int64"}),
    ("bool", {"type": "boolean"}),
    ("number", {"type": "number", "format": "double"}),
    ("list<string>", {"type": "array", "items": {"type": "string"}}),
]
SERVICE = """format: 1
doc: The service.
service:
  type: things
  title: Things
  path: /v1
  reference: https://things.example/api/
  session: { header: X-Auth-Token, type: Token }
shapes:
  Token: { kind: scalar, secret: true, doc: A token. }
"""

paths, schemas = {}, {}


def content(name):
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def indented(text):
    return text.replace("\n", "\n      ")


def show(i):
    parameter = lambda name, place, doc, schema, required=False: {
        "name": name, "in": place, "required": required, "description": doc, "schema": schema}
    paths[f"/v1/things{i}/{{thing_id}}"] = {"get": {
        "operationId": f"show_thing_{i}",
        "description": SHOW,
        "parameters": [
            parameter("thing_id", "path", "The id of the thing.", {"type": "string"}, True),
            parameter("limit", "query", "How many at most.", {"type": "integer", "format": "int64"}),
            parameter("name", "query", "Only those with this name.", {"type": "string"}),
        ],
        "responses": {"200": {"description": "A thing.", "content": content(f"Thing{i}")}},
    }}
    return f"""  show_thing_{i}:
    http: GET /things{i}/{{thing_id}}
    doc: |
      {indented(SHOW)}
    path: {{ thing_id: {{ type: string, doc: The id of the thing. }} }}
    query:
      limit: {{ type: integer, doc: How many at most. }}
      name: {{ type: string, doc: Only those with this name. }}
    responses: [{{ status: 200, body: Thing{i} }}]
"""


def create(i):
    paths[f"/v1/things{i}"] = {"post": {
        "operationId": f"create_thing_{i}",
        "description": CREATE,
        "requestBody": {"required": True, "content": content(f"NewThing{i}")},
        "responses": {"201": {"description": "A thing.", "content": content(f"Thing{i}")}},
    }}
    return f"""  create_thing_{i}:
    http: POST /things{i}
    doc: |
      {indented(CREATE)}
    body: {{ type: NewThing{i}, doc: The thing. }}
    responses: [{{ status: 201, body: Thing{i} }}]
"""


def thing(name, i):
    shape = [f"  {name}:\n    kind: struct\n    doc: {ABOUT}\n    fields:\n"]
    shape.append(f"      state: {{ type: State{i}, doc: The state. }}\n")
    properties = {"state": {"$ref": f"#/components/schemas/State{i}"}}
    for field in range(10):
        kind, schema = TYPES[field % len(TYPES)]
        doc = f"Field {field} of a thing, which says what a reader has to know of it."
        optional = "" if field < 5 else "required: false, "
        shape.append(f'      field_{field}: {{ type: {kind}, {optional}doc: "{doc}" }}\n')
        properties[f"field_{field}"] = {**schema, "description": doc}
    required = ["state"] + [f"field_{field}" for field in range(5)]
    schemas[name] = {"type": "object", "description": ABOUT, "properties": properties, "required": required}
    return "".join(shape)


def state(i):
    schemas[f"State{i}"] = {"type": "string", "description": "The state of a thing.",
                            "enum": [f"value_{value}" for value in range(4)]}
    values = "".join(f"      value_{value}: {{ doc: State {value}. }}\n" for value in range(4))
    return f"  State{i}:\n    kind: enum\n    doc: The state of a thing.\n    values:\n{values}"


def main():
    operations, spec, api = int(sys.argv[1]), f"{sys.argv[2]}/things/v1", sys.argv[3]
    os.makedirs(spec)
    for start in range(0, operations, PER_FILE):
        text, shapes = [f"format: 1\ndoc: Things {start}.\noperations:\n"], ["shapes:\n"]
        for i in range(start, min(operations, start + PER_FILE)):
            text.append(create(i) if i % 2 else show(i))
            shapes.append(thing(f"Thing{i}", i))
            if i % 2:
                shapes.append(thing(f"NewThing{i}", i))
            shapes.append(state(i))
        with open(f"{spec}/part{start}.yaml", "w") as file:
            file.write("".join(text + shapes))
    with open(f"{spec}/service.yaml", "w") as file:
        file.write(SERVICE)
    document = {"openapi": "3.0.3", "info": {"title": "Things", "version": "1"}, "paths": paths,
                "components": {"schemas": schemas}}
    with open(api, "w") as file:
        json.dump(document, file)


main()
