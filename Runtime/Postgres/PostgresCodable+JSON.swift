package import JSON

extension JSON: PostgresCodable {
    package static var postgresType: PostgresType { .jsonb }

    /// A version number, 1, before the text (`jsonb_send` in the server's `jsonb.c`).
    package var postgresValue: PostgresParameter.Value {
        var bytes: [UInt8] = [1]
        append(to: &bytes)
        return .bytes(bytes)
    }

    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        let bytes = try cell.bytes(of: .jsonb, .json)
        do {
            try self.init(parsing: bytes.dropFirst(cell.type == .jsonb ? 1 : 0))
        } catch {
            throw .value("\(error)")
        }
    }
}

extension JSON: PostgresArrayElement {}
