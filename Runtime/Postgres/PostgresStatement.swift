/// A statement as a session takes it: the text with `$1` … and the values for them.
struct PostgresStatement: Sendable {
    let text: String
    let parameters: [PostgresParameter]
    /// Whether the text is worth a prepared statement, as `BEGIN` and the like are not.
    let isPreparable: Bool

    /// - Throws: `PostgresError.invalidParameter` for a value that cannot be sent, or for too many of them.
    init(_ sql: SQL) throws(PostgresError) {
        text = sql.text
        parameters = sql.parameters
        isPreparable = true
        guard parameters.count <= 65535 else {
            throw .invalidParameter(
                "a statement has \(parameters.count) parameters, and Postgres takes 65535 (pass arrays: unnest($1, $2))"
            )
        }
        guard !text.utf8.contains(0) else {
            throw .invalidParameter("the text of a statement contains the character U+0000")
        }
        for (index, parameter) in parameters.enumerated() {
            if case .invalid(let reason) = parameter.value { throw .invalidParameter("$\(index + 1): \(reason)") }
        }
    }

    /// A statement of the transaction's own, such as `COMMIT`.
    init(control text: String) {
        self.text = text
        parameters = []
        isPreparable = false
    }

    /// Limits how long the statements that follow in the same transaction may each take.
    init(timeout: Duration) throws(PostgresError) {
        let milliseconds = timeout / .milliseconds(1)
        // 0 would mean no limit at all.
        let clamped = Int(max(1, min(milliseconds, Double(Int32.max))))
        try self.init("select set_config('statement_timeout', \(String(clamped)), true)")
    }
}
