package import JSON

extension FunctionDescription {
    /// One parameter of the function's requests.
    package struct Parameter: Sendable, Hashable {
        package var place: RequestParameterPlace
        package var name: String
        package var summary: String
        package var schema: Schema

        /// What the function declared.
        package init(_ parameter: any RequestParameterProtocol) {
            place = parameter.place
            name = parameter.name
            summary = parameter.summary
            schema = parameter.schema
        }

        /// A parameter object of OpenAPI (https://spec.openapis.org/oas/v3.1.0#parameter-object).
        package var json: JSON {
            [
                "in": .string(place.rawValue), "name": .string(name), "required": .bool(place == .path),
                "description": .string(summary), "schema": schema.json,
            ]
        }

        /// Reads `json`; nil without a place or a name.
        package init?(_ json: JSON) {
            guard let place = json["in"]?.string.flatMap(RequestParameterPlace.init), let name = json["name"]?.string
            else { return nil }
            self.place = place
            self.name = name
            summary = json["description"]?.string ?? ""
            schema = Schema(json["schema"] ?? [:])
        }
    }
}
