/// What can be the element of an array parameter or column: `"where id = any(\(ids))"`.
package protocol PostgresArrayElement: Sendable {
    static var postgresArrayType: PostgresType { get }
    static func encodeArray(_ elements: [Self]) -> PostgresParameter.Value
    static func decodeArray(_ cell: PostgresCell) throws(PostgresMismatch) -> [Self]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    package static var postgresType: PostgresType { Element.postgresArrayType }
    package var postgresValue: PostgresParameter.Value { Element.encodeArray(self) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        self = try Element.decodeArray(cell)
    }
}

extension PostgresArrayElement where Self: PostgresEncodable {
    package static var postgresArrayType: PostgresType {
        switch postgresType {
        case .bool: .boolArray
        case .int4: .int4Array
        case .int8: .int8Array
        case .float8: .float8Array
        case .timestamptz: .timestamptzArray
        case .uuid: .uuidArray
        case .jsonb: .jsonbArray
        default: .textArray
        }
    }

    /// One dimension, counted from 1 (`array_send` in the server's `arrayfuncs.c`).
    package static func encodeArray(_ elements: [Self]) -> PostgresParameter.Value {
        let elementType = postgresType == .inferred ? PostgresType.text : postgresType
        var body: [UInt8] = []
        var hasNull: Int32 = 0
        for element in elements {
            switch element.postgresValue {
            case .null:
                hasNull = 1
                body += Int32(-1).bigEndianBytes
            case .bytes(let bytes):
                body += Int32(bytes.count).bigEndianBytes
                body += bytes
            case .invalid(let reason):
                return .invalid(reason)
            }
        }
        let dimensions: Int32 = elements.isEmpty ? 0 : 1
        var head = dimensions.bigEndianBytes + hasNull.bigEndianBytes + elementType.rawValue.bigEndianBytes
        if !elements.isEmpty { head += Int32(elements.count).bigEndianBytes + Int32(1).bigEndianBytes }
        return .bytes(head + body)
    }
}

extension PostgresArrayElement where Self: PostgresDecodable {
    package static func decodeArray(_ cell: PostgresCell) throws(PostgresMismatch) -> [Self] {
        guard let bytes = cell.bytes else { throw .null }
        var reader = PostgresArrayReader(bytes)
        guard let header = reader.header() else { throw .type }
        guard header.dimensions <= 1 else { throw .value("it has \(header.dimensions) dimensions") }
        var elements: [Self] = []
        elements.reserveCapacity(header.count)
        for _ in 0..<header.count {
            guard let element = reader.element() else { throw .value("its value is not a whole array") }
            elements.append(try Self(postgres: PostgresCell(type: header.type, bytes: element.bytes)))
        }
        return elements
    }
}

extension Bool: PostgresArrayElement {}
extension Int: PostgresArrayElement {}
extension Int32: PostgresArrayElement {}
extension Int64: PostgresArrayElement {}
extension Double: PostgresArrayElement {}
extension String: PostgresArrayElement {}
extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresCodable {}

/// `[UInt8]` is not an array of numbers but one `bytea`.
extension UInt8: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .bytea }

    package static func encodeArray(_ elements: [UInt8]) -> PostgresParameter.Value { .bytes(elements) }

    package static func decodeArray(_ cell: PostgresCell) throws(PostgresMismatch) -> [UInt8] {
        Array(try cell.bytes(of: .bytea))
    }
}
