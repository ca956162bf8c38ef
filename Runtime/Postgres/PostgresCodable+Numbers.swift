extension FixedWidthInteger {
    /// The integer in network byte order.
    var bigEndianBytes: [UInt8] {
        withUnsafeBytes(of: bigEndian) { Array($0) }
    }
}

/// An integer of Swift and the integer type of Postgres with its width; reads every integer type that holds a fitting value.
package protocol PostgresInteger: FixedWidthInteger, PostgresCodable {}

extension PostgresInteger {
    package var postgresValue: PostgresParameter.Value { .bytes(bigEndianBytes) }

    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        let bytes = try cell.bytes(of: .int8, .int4, .int2)
        let wide: Int64 =
            switch cell.type {
            case .int8: try cell.integer(Int64.self, in: bytes)
            case .int4: Int64(try cell.integer(Int32.self, in: bytes))
            default: Int64(try cell.integer(Int16.self, in: bytes))
            }
        guard let value = Self(exactly: wide) else { throw .value("\(wide) does not fit \(Self.self)") }
        self = value
    }
}

extension Int: PostgresInteger {
    package static var postgresType: PostgresType { .int8 }
}

extension Int64: PostgresInteger {
    package static var postgresType: PostgresType { .int8 }
}

extension Int32: PostgresInteger {
    package static var postgresType: PostgresType { .int4 }
}

extension Double: PostgresCodable {
    package static var postgresType: PostgresType { .float8 }
    package var postgresValue: PostgresParameter.Value { .bytes(bitPattern.bigEndianBytes) }

    /// Reads float8 and float4 exactly, and numeric (what `avg`, `sum` and `extract` return) rounded to the nearest Double.
    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        let bytes = try cell.bytes(of: .float8, .float4, .numeric)
        switch cell.type {
        case .float8: self = Double(bitPattern: try cell.integer(UInt64.self, in: bytes))
        case .float4: self = Double(Float(bitPattern: try cell.integer(UInt32.self, in: bytes)))
        default: self = try PostgresNumeric(bytes).doubleValue
        }
    }
}

extension Bool: PostgresCodable {
    package static var postgresType: PostgresType { .bool }
    package var postgresValue: PostgresParameter.Value { .bytes([self ? 1 : 0]) }

    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        self = try cell.integer(UInt8.self, in: try cell.bytes(of: .bool)) != 0
    }
}
