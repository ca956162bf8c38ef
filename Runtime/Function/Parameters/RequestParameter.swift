internal import JSON

/// A parameter of an HTTP request, declared once: the description names it, and the function reads it by the declaration.
///
///     @main struct ListJobs: Function {
///         static let limit = RequestParameter.query("limit", as: Int.self, "jobs in one page, from 1 to 100")
///         static let parameters: [any RequestParameterProtocol] = [limit]
///
///         func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<JobList> {
///             let limit = try request.value(of: Self.limit) ?? 24
///             …
public struct RequestParameter<Value: ParameterValue>: RequestParameterProtocol {
    /// Where the request has it.
    public let place: RequestParameterPlace
    /// Its name, as a client writes it.
    public let name: String
    /// What it means, for the API document.
    public let summary: String
    /// Whether it may have several values: repeated, or separated by commas.
    public let isList: Bool

    /// What fits.
    public var schema: Schema {
        isList ? Schema(["type": "array", "items": Value.parameterSchema.json]) : Value.parameterSchema
    }

    fileprivate init(_ place: RequestParameterPlace, _ name: String, _ summary: String, isList: Bool = false) {
        self.place = place
        self.name = name
        self.summary = summary
        self.isList = isList
    }
}

extension RequestParameter {
    /// A part of the path that the trigger writes as `{name}`; always there.
    public static func path(_ name: String, as type: Value.Type = String.self, _ summary: String) -> Self {
        Self(.path, name, summary)
    }

    /// A field of the query.
    public static func query(_ name: String, as type: Value.Type = String.self, _ summary: String) -> Self {
        Self(.query, name, summary)
    }

    /// A field of the query with any number of values.
    public static func queryList(_ name: String, as type: Value.Type = String.self, _ summary: String) -> Self {
        Self(.query, name, summary, isList: true)
    }

    /// A header field.
    public static func header(_ name: String, as type: Value.Type = String.self, _ summary: String) -> Self {
        Self(.header, name, summary)
    }
}
