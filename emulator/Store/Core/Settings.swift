import GRDB

/// Values that belong to the store as a whole.
extension StoreReading {
    func setting(_ name: String) throws -> String? {
        try String.fetchOne(
            database.cachedStatement(sql: "SELECT value FROM setting WHERE name = ?"), arguments: [name])
    }
}

extension Transaction {
    func set(_ name: String, _ value: String) throws {
        try execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", [name, value])
    }
}
