package import JSON

/// How a transaction begins. Everything here is sent together with the transaction's first statement.
package struct PostgresTransactionOptions: Sendable {
    package enum Isolation: String, Sendable, CaseIterable {
        case readCommitted = "read committed"
        case repeatableRead = "repeatable read"
        case serializable = "serializable"
    }

    /// Nil for the server's default, read committed.
    package var isolation: Isolation?

    package var isReadOnly: Bool

    /// The role whose rights and row-level security policies apply, such as `authenticated`; until the end of the transaction.
    package var role: String?

    /// What policies read as `current_setting('request.jwt.claims')`, usually with the subject in `sub`; as PostgREST sets it.
    package var claims: JSON?

    /// How long each of the statements may take; `context.remaining` is a good value.
    package var timeout: Duration?

    package init(
        isolation: Isolation? = nil, isReadOnly: Bool = false, role: String? = nil, claims: JSON? = nil,
        timeout: Duration? = nil
    ) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
        self.role = role
        self.claims = claims
        self.timeout = timeout
    }

    /// `BEGIN`, and the settings, which are parameters: there is nothing to quote.
    func statements() throws(PostgresError) -> [PostgresStatement] {
        var begin = "begin"
        if let isolation { begin += " isolation level \(isolation.rawValue)" }
        if isReadOnly { begin += " read only" }
        var settings: [SQL] = []
        // Claims first: a role may be one that is not allowed to set anything.
        if let claims { settings.append("set_config('request.jwt.claims', \(claims.text), true)") }
        if let role { settings.append("set_config('role', \(role), true)") }
        var statements = [PostgresStatement(control: begin)]
        if let timeout { statements.append(try PostgresStatement(timeout: timeout)) }
        if !settings.isEmpty { statements.append(try PostgresStatement("select \(settings.joined(separator: ", "))")) }
        return statements
    }
}
