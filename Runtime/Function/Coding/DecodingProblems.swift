/// Collects what is wrong with a value while decoding goes on with stand-ins.
final class DecodingProblems {
    private(set) var errors: [FieldError] = []
    /// While a stand-in is made for something missing, what it lacks is no news.
    private var muted = 0

    /// Adds a problem, one for each field.
    func add(_ message: String, at path: [any CodingKey]) {
        let field = Self.name(of: path)
        guard muted == 0, !errors.contains(where: { $0.field == field }) else { return }
        errors.append(FieldError(field, message))
    }

    /// Adds the problem an error tells of.
    func add(_ error: any Error) {
        switch error {
        case let error as DecodingProblem: add(error.message, at: error.path)
        case DecodingError.keyNotFound(let key, let context): add("is missing", at: context.codingPath + [key])
        case DecodingError.valueNotFound(_, let context): add("must not be null", at: context.codingPath)
        case DecodingError.typeMismatch(_, let context): add(context.debugDescription, at: context.codingPath)
        case DecodingError.dataCorrupted(let context): add(context.debugDescription, at: context.codingPath)
        case let failure as Failure: add(failure.message, at: [])
        default: add("cannot be read", at: [])
        }
    }

    func muting<Result>(_ body: () throws -> Result) rethrows -> Result {
        muted += 1
        defer { muted -= 1 }
        return try body()
    }

    /// `images.0.url`
    private static func name(of path: [any CodingKey]) -> String {
        path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}

/// One thing that is wrong, and where.
struct DecodingProblem: Error {
    let path: [any CodingKey]
    let message: String
}
