import JSON

/// One end of a range.
struct SchemaBound: Sendable {
    var value: Double
    var isExclusive = false

    var text: String { JSON.number(value).plain }
}

extension JSON {
    /// A number as people write it: whole ones without a fraction.
    var plain: String { integer.map { "\($0)" } ?? text }

    /// Whether two values are equal as JSON Schema sees it: 1 and 1.0 are one number.
    func equals(_ other: JSON) -> Bool {
        if let left = double, let right = other.double { return left == right }
        return self == other
    }
}
