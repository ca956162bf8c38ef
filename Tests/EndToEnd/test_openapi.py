"""The API's own description, as tools read it."""

import collections

from openapi_spec_validator import validate

METHODS = {"get", "post", "put", "delete", "patch"}


def test_the_document_is_valid_and_names_every_parameter(emulator):
    document = emulator.api("GET", "/openapi.json", 200).json()
    validate(document)
    operations = [(path, method, operation) for path, item in document["paths"].items()
                  for method, operation in item.items() if method in METHODS]
    identifiers = collections.Counter(operation["operationId"] for _, _, operation in operations)
    assert set(identifiers.values()) == {1}, identifiers
    parameters = {(method, path): [(one["in"], one["name"]) for one in operation.get("parameters", [])]
                  for path, method, operation in operations}
    assert parameters["get", "/api/v1/jobs"] == [
        ("query", "status"), ("query", "q"), ("query", "cursor"), ("query", "limit")]
    assert parameters["post", "/api/v1/jobs"] == [("header", "Idempotency-Key")]
    assert parameters["get", "/api/v1/jobs/{id}/events"] == [("path", "id"), ("header", "Last-Event-ID")]
    assert parameters["get", "/api/v1/workflows"] == [("query", "category"), ("query", "cursor"), ("query", "limit")]
    named = document["paths"]["/api/v1/workflows/{id}"]["get"]["parameters"][0]
    assert named["name"] == "id" and "format" not in named["schema"]
    assert document["paths"]["/api/v1/jobs/{id}"]["get"]["parameters"][0]["schema"]["format"] == "uuid"
