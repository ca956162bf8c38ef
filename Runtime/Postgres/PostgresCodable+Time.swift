package import FoundationEssentials

extension Date: PostgresCodable {
    /// 2000-01-01 00:00 UTC, where Postgres counts from, in seconds since 2001-01-01, where `Date` does.
    private static let epoch = -31_622_400.0

    package static var postgresType: PostgresType { .timestamptz }

    /// Microseconds, rounded to the nearest; the distant past and future are the infinities.
    package var postgresValue: PostgresParameter.Value {
        if self == .distantPast { return .bytes(Int64.min.bigEndianBytes) }
        if self == .distantFuture { return .bytes(Int64.max.bigEndianBytes) }
        let microseconds = ((timeIntervalSinceReferenceDate - Self.epoch) * 1_000_000).rounded()
        guard let count = Int64(exactly: microseconds) else {
            return .invalid("a date lies outside of what timestamptz can hold")
        }
        return .bytes(count.bigEndianBytes)
    }

    /// Reads timestamptz only: a `timestamp` does not say which moment it is, so cast it (`at time zone 'UTC'`).
    package init(postgres cell: PostgresCell) throws(PostgresMismatch) {
        switch try cell.integer(Int64.self, in: try cell.bytes(of: .timestamptz)) {
        case .min: self = .distantPast
        case .max: self = .distantFuture
        case let count: self.init(timeIntervalSinceReferenceDate: Double(count) / 1_000_000 + Self.epoch)
        }
    }
}

extension Date: PostgresArrayElement {}

/// An interval of exact time: `"now() + \(lease)"`. Sent only, since an interval of the server may also count months.
extension Duration: PostgresEncodable {
    package static var postgresType: PostgresType { .interval }

    /// Microseconds, days, months (`interval_send` in the server's `timestamp.c`).
    package var postgresValue: PostgresParameter.Value {
        let microseconds = components.seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !microseconds.overflow else { return .invalid("a duration is longer than an interval can be") }
        let count = microseconds.partialValue + components.attoseconds / 1_000_000_000_000
        return .bytes(count.bigEndianBytes + Int32(0).bigEndianBytes + Int32(0).bigEndianBytes)
    }
}
