/// An error as the server reported it. <https://www.postgresql.org/docs/current/protocol-error-fields.html>
package struct PostgresServerError: Sendable, Equatable {
    /// Five characters, such as `23505` for a unique violation.
    package let sqlState: String
    package let message: String
    package let detail: String?
    package let hint: String?
    package let constraint: String?
    package let table: String?
    package let column: String?
    /// Where in the statement the error is, in characters from 1.
    package let position: Int?
    /// The function of the server's source that raised the error.
    let routine: String?
    /// The statement, with `$1` … in place of its values.
    package let statement: String
}

extension PostgresServerError: CustomStringConvertible {
    /// The message with everything that helps, on one line; the statement is shortened to 200 characters.
    package var description: String {
        var text = "Postgres: \(message) (SQLSTATE \(sqlState))"
        if let detail { text += "; \(detail)" }
        if let hint { text += "; hint: \(hint)" }
        if !statement.isEmpty {
            let line = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            text += "; in: \(line.prefix(200))\(line.count > 200 ? "…" : "")"
        }
        return text
    }
}

extension PostgresServerError {
    /// The session does not have the prepared statement that we think it has: a pooler switched servers, or `DISCARD ALL`.
    var isMissingPreparedStatement: Bool { sqlState == "26000" }

    /// A prepared statement's plan is out of date: a migration changed the columns that it returns.
    var isOutdatedPlan: Bool { sqlState == "0A000" && routine == "RevalidateCachedQuery" }
}
