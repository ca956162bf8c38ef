/// The names of a session's prepared statements, the least recently used one leaving first.
struct StatementCache {
    /// What a prepared statement depends on.
    struct Key: Hashable {
        let text: String
        let types: [PostgresType]

        init(_ statement: PostgresStatement) {
            text = statement.text
            types = statement.parameters.map(\.type)
        }
    }

    private struct Entry {
        let name: String
        var lastUse: Int
    }

    private let limit: Int
    private var entries: [Key: Entry] = [:]
    private var uses = 0
    private var created = 0

    /// Statements that free what the server still holds for names no longer used; to be sent outside of transactions.
    private(set) var deallocations: [String] = []

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    var count: Int { entries.count }

    /// The name of the prepared statement, if there is one.
    mutating func name(for key: Key) -> String? {
        uses += 1
        entries[key]?.lastUse = uses
        return entries[key]?.name
    }

    /// Names a new prepared statement, and drops an old one where there are too many.
    mutating func add(_ key: Key) -> String {
        if entries.count >= limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            deallocations.append("deallocate \(oldest.value.name)")
        }
        uses += 1
        created += 1
        let name = "s\(created)"
        entries[key] = Entry(name: name, lastUse: uses)
        return name
    }

    /// Forgets a statement that the server refused to prepare.
    mutating func remove(_ key: Key) {
        entries[key] = nil
    }

    /// Forgets everything, because what the server holds is not what we think.
    mutating func reset() {
        entries = [:]
        deallocations = ["deallocate all"]
    }

    mutating func takeDeallocations() -> [String] {
        defer { deallocations = [] }
        return deallocations
    }
}
