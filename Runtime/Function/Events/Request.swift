/// An HTTP request.
///
/// `Body` says how the body is read: a `Decodable` type (JSON; content type and every field are checked), ``NoBody``,
/// ``RawBody`` (the bytes, up to the function's limit) or ``BodyStream`` (the bytes as they come).
public struct Request<Body: Decodable & Sendable>: Sendable {
    /// The method.
    public let method: HTTPMethod
    /// The path, percent-encoded as it came.
    public let path: String
    /// The route that matched, as the trigger wrote it: `/api/v1/jobs/{id}`.
    public let route: String
    /// The decoded parameters of the path; read them with ``parameter(_:as:)``.
    public let parameters: [String: String]
    /// The decoded query, each name with all of its values; read it with ``query(_:as:)``.
    public let query: [String: [String]]
    /// The header fields.
    public let headers: Headers
    /// The address of the client, as the host saw it.
    public let client: String
    /// The body.
    public let body: Body

    /// A parameter of the path.
    ///
    /// - Throws: ``Failure/Code/invalid`` naming the parameter when it is missing or does not fit the type.
    public func parameter<Value: ParameterValue>(_ name: String, as type: Value.Type = String.self) throws -> Value {
        guard let text = parameters[name] else { throw Failure.invalid("is missing from the path", field: name) }
        guard let value = Value(parameter: text) else {
            throw Failure.invalid("must be \(Value.parameterKind)", field: name)
        }
        return value
    }

    /// A value of the query: nil when the name does not occur, the first when it occurs more than once.
    ///
    /// - Throws: ``Failure/Code/invalid`` naming the field when the value does not fit the type.
    public func query<Value: ParameterValue>(_ name: String, as type: Value.Type = String.self) throws -> Value? {
        guard let text = query[name]?.first else { return nil }
        guard let value = Value(parameter: text) else {
            throw Failure.invalid("must be \(Value.parameterKind)", field: name)
        }
        return value
    }
}
