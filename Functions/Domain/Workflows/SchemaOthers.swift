/// What `additionalProperties` says about members that a schema does not name.
enum SchemaOthers: Sendable {
    case any
    case none
    /// As this one schema says.
    case like([SchemaNode])
}
