package import FoundationEssentials

extension String: PostgresCodable {
    /// Left to the server, so that a String can also stand for an enumeration, a date or an address.
    ///
    /// Where the server has nothing to go by (`jsonb_build_object('a', $1)`), say it: `\(name)::text`.
    package static var postgresType: PostgresType { .inferred }
    package static var postgresFormat: PostgresParameter.Format { .text }

    package var postgresValue: PostgresParameter.Value {
        utf8.contains(0)
            ? .invalid("a text value contains the character U+0000, which Postgres cannot store") : .bytes(Array(utf8))
    }

    /// Reads every kind of text, JSON as text, and the label of an enumeration.
    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        guard var bytes = cell.bytes else { throw .null }
        switch cell.type {
        case .text, .varchar, .bpchar, .name, .character, .unknown, .json: break
        case .jsonb: bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        case let type where type.isUserDefined && !bytes.contains(0): break
        default: throw .type
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .value("its value is not UTF-8") }
        self = text
    }
}

extension UUID: PostgresCodable {
    package static var postgresType: PostgresType { .uuid }
    package var postgresValue: PostgresParameter.Value { .bytes(withUnsafeBytes(of: uuid) { Array($0) }) }

    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        let bytes = try cell.bytes(of: .uuid)
        guard bytes.count == 16 else { throw .value("its value has \(bytes.count) bytes in place of 16") }
        self.init(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension UUID: PostgresArrayElement {}

extension Data: PostgresCodable {
    package static var postgresType: PostgresType { .bytea }
    package var postgresValue: PostgresParameter.Value { .bytes(Array(self)) }

    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        self = Data(try cell.bytes(of: .bytea))
    }
}
