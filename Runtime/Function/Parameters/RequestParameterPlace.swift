/// Where a request has a parameter; the names are OpenAPI's.
public enum RequestParameterPlace: String, Sendable, Hashable, CaseIterable {
    case path, query, header
}
