/// A value that can stand in a statement as a parameter: `"where id = \(id)"`.
///
/// Conforming: the numbers, Bool, String, UUID, Date, Data, [UInt8], Duration, JSON, arrays and optionals of them, and every
/// `RawRepresentable` of such a value that declares `PostgresEncodable` (or `PostgresCodable`).
package protocol PostgresEncodable: Sendable {
    /// The type that the parameter is declared with.
    static var postgresType: PostgresType { get }

    /// Text only where the server is to work the type out; everything else is sent in the binary format.
    static var postgresFormat: PostgresParameter.Format { get }

    /// The value in the wire format of its type.
    var postgresValue: PostgresParameter.Value { get }
}

/// A value that can be both sent and read.
package typealias PostgresCodable = PostgresEncodable & PostgresDecodable

extension PostgresEncodable {
    package static var postgresFormat: PostgresParameter.Format { .binary }

    var parameter: PostgresParameter {
        PostgresParameter(type: Self.postgresType, format: Self.postgresFormat, value: postgresValue)
    }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    package static var postgresType: PostgresType { RawValue.postgresType }
    package static var postgresFormat: PostgresParameter.Format { RawValue.postgresFormat }
    package var postgresValue: PostgresParameter.Value { rawValue.postgresValue }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }
    package static var postgresFormat: PostgresParameter.Format { Wrapped.postgresFormat }
    package var postgresValue: PostgresParameter.Value { self?.postgresValue ?? .null }
}
