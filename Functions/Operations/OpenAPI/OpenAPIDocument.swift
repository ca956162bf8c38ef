import JSON

/// An OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0) made of function descriptions. Its schemas are JSON Schema already.
struct OpenAPIDocument {
    private let functions: [JSON]

    /// - Parameter manifest: `{"functions":[…]}`.
    init(_ manifest: JSON) {
        functions = manifest["functions"]?.array ?? []
    }

    var json: JSON {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Darkroom", "version": "1",
                "description": "Image generation: upload a picture, ask for a job, watch it, fetch what it made.",
            ],
            "servers": [["url": "/"]], "paths": .object(paths),
            "components": [
                "schemas": ["Problem": Self.problem],
                "responses": [
                    "Problem": [
                        "description": "What went wrong, as problem details (RFC 9457)",
                        "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
                    ]
                ],
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
            ],
        ]
    }

    private var paths: JSONObject {
        var paths = JSONObject()
        for function in functions {
            for trigger in function["triggers"]?.array ?? [] where trigger["type"] == "http" {
                guard let method = trigger["method"]?.string?.lowercased(), let path = trigger["path"]?.string else {
                    continue
                }
                let plain = path.split(separator: "...}", omittingEmptySubsequences: false).joined(separator: "}")
                var item = paths[plain]?.object ?? [:]
                item[method] = .object(operation(function, path: path, method: method))
                paths[plain] = .object(item)
            }
        }
        return JSONObject(paths.sorted { $0.name < $1.name }.map { ($0.name, $0.value) })
    }

    private func operation(_ function: JSON, path: String, method: String) -> JSONObject {
        var operation: JSONObject = ["operationId": function["name"] ?? ""]
        if let summary = function["summary"]?.string, !summary.isEmpty { operation["summary"] = .string(summary) }
        let parameters = Self.parameters(of: path)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if ["post", "put", "patch"].contains(method), let schema = function["input"], schema.object?.isEmpty == false {
            operation["requestBody"] = ["required": true, "content": ["application/json": ["schema": schema]]]
        }
        var success: JSONObject = ["description": "Done"]
        if let schema = function["output"], schema.object?.isEmpty == false {
            success["content"] = ["application/json": ["schema": schema]]
        }
        operation["responses"] = ["2XX": .object(success), "default": ["$ref": "#/components/responses/Problem"]]
        return operation
    }

    /// The parameters of a path, in their order: `{id}`, and `{rest...}` for all that remains.
    private static func parameters(of path: String) -> [JSON] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { part in
            let name = part.dropFirst().dropLast()
            let plain = name.hasSuffix("...") ? name.dropLast(3) : name
            let schema: JSON = plain == "id" ? ["type": "string", "format": "uuid"] : ["type": "string"]
            return ["name": .string(String(plain)), "in": "path", "required": true, "schema": schema]
        }
    }

    private static let problem: JSON = [
        "type": "object", "required": ["type", "title", "status", "detail"],
        "properties": [
            "type": ["type": "string", "format": "uri-reference"], "title": ["type": "string"],
            "status": ["type": "integer"], "detail": ["type": "string"], "traceId": ["type": "string"],
            "errors": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["field", "message"],
                    "properties": ["field": ["type": "string"], "message": ["type": "string"]],
                ],
            ],
        ],
    ]
}
