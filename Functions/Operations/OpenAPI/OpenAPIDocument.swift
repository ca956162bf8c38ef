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
            let routes = Self.routes(of: function)
            for route in routes {
                var item = paths[route.path]?.object ?? [:]
                item[route.method] = .object(operation(function, route, isOneOfSeveral: routes.count > 1))
                paths[route.path] = .object(item)
            }
        }
        return JSONObject(paths.sorted { $0.name < $1.name }.map { ($0.name, $0.value) })
    }

    /// Where a function is called: the path as OpenAPI writes it, and the method in lower case.
    private typealias Route = (method: String, path: String)

    private static func routes(of function: JSON) -> [Route] {
        (function["triggers"]?.array ?? []).filter { $0["type"] == "http" }.compactMap { trigger in
            guard let method = trigger["method"]?.string, let path = trigger["path"]?.string else { return nil }
            // `{rest...}` takes all that remains, which OpenAPI has no word for.
            let plain = path.split(separator: "...}", omittingEmptySubsequences: false).joined(separator: "}")
            return (method.lowercased(), plain)
        }
    }

    private func operation(_ function: JSON, _ route: Route, isOneOfSeveral: Bool) -> JSONObject {
        let name = function["name"]?.string ?? ""
        var operation: JSONObject = ["operationId": .string(isOneOfSeveral ? Self.identifier(name, route) : name)]
        if let summary = function["summary"]?.string, !summary.isEmpty { operation["summary"] = .string(summary) }
        let parameters = Self.parameters(of: function, on: route.path)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if ["post", "put", "patch"].contains(route.method), let schema = function["input"],
            schema.object?.isEmpty == false
        {
            operation["requestBody"] = ["required": true, "content": ["application/json": ["schema": schema]]]
        }
        var success: JSONObject = ["description": "Done"]
        if let schema = function["output"], schema.object?.isEmpty == false {
            success["content"] = ["application/json": ["schema": schema]]
        }
        operation["responses"] = ["2XX": .object(success), "default": ["$ref": "#/components/responses/Problem"]]
        return operation
    }

    /// The name of one operation of several that a function has: `getPage` for /, `getPageAssetsFile` for /assets/{file}.
    private static func identifier(_ name: String, _ route: Route) -> String {
        let words = route.path.split { !$0.isLetter && !$0.isNumber }.map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return route.method + name + words.joined()
    }

    /// What a function says about its parameters: those of the path in their order there, then the others. One of the path that it
    /// does not name is any text.
    private static func parameters(of function: JSON, on path: String) -> [JSON] {
        let declared = function["parameters"]?.array ?? []
        let inPath = path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { part -> JSON in
            let name = String(part.dropFirst().dropLast())
            return declared.first { $0["in"] == "path" && $0["name"]?.string == name }
                ?? ["in": "path", "name": .string(name), "required": true, "schema": ["type": "string"]]
        }
        return inPath + declared.filter { $0["in"] != "path" }
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
