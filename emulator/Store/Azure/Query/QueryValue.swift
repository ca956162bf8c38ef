import JSON

/// A value in a query.
enum QueryValue: Sendable, Equatable {
    /// Null, or not there at all.
    case missing
    case bool(Bool)
    case integer(Int64)
    case float(Double)
    case string(String)
    /// Milliseconds since 1970.
    case timestamp(Int64)
    /// An array or an object inside a JSON record.
    case json(JSON)

    init(_ json: JSON?) {
        self =
            switch json {
            case nil, .null: .missing
            case .bool(let value): .bool(value)
            case .integer(let value): .integer(value)
            case .number(let value): .float(value)
            case .string(let value): .string(value)
            case let value?: .json(value)
            }
    }

    /// As delimited text has it.
    var text: String {
        switch self {
        case .missing: ""
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .float(let value): Self.text(value)
        case .string(let value): value
        case .timestamp(let value): HTTPDate.iso8601(value)
        case .json(let value): String(decoding: value.serialized, as: UTF8.self)
        }
    }

    /// As a JSON record has it; nil where it is missing.
    var json: JSON? {
        switch self {
        case .missing: nil
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .float(let value): .number(value)
        case .string, .timestamp: .string(text)
        case .json(let value): value
        }
    }

    private static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    // MARK: Conversions

    /// - Throws: ``QueryProblem`` where it is no number.
    func number() throws(QueryProblem) -> QueryValue {
        switch self {
        case .integer, .float: return self
        case .bool(let value): return .integer(value ? 1 : 0)
        case .string(let text):
            let plain = text.trimmingSpaces
            if let value = Int64(plain) { return .integer(value) }
            if let value = Double(plain) { return .float(value) }
            throw .conversion(text, "a number")
        default: throw .conversion(text, "a number")
        }
    }

    func double() throws(QueryProblem) -> Double {
        switch try number() {
        case .integer(let value): Double(value)
        case .float(let value): value
        default: 0
        }
    }

    func cast(to type: String) throws(QueryProblem) -> QueryValue {
        if case .missing = self { return self }
        switch type {
        case "INT", "INTEGER", "BIGINT":
            switch try number() {
            case .float(let value):
                guard let whole = Int64(exactly: value.rounded(.towardZero)) else {
                    throw .conversion(text, "an integer")
                }
                return .integer(whole)
            case let value: return value
            }
        case "FLOAT", "DOUBLE", "DECIMAL", "NUMERIC": return .float(try double())
        case "STRING", "VARCHAR", "CHAR": return .string(text)
        case "BOOL", "BOOLEAN":
            switch text.lowercased() {
            case "true", "1": return .bool(true)
            case "false", "0": return .bool(false)
            default: throw .conversion(text, "a boolean")
            }
        case "TIMESTAMP":
            if case .timestamp = self { return self }
            guard let moment = HTTPDate.parseISO8601(text.trimmingSpaces) else { throw .conversion(text, "a time") }
            return .timestamp(moment)
        default: throw .syntax("\(type) is no type to cast to")
        }
    }

    // MARK: Comparison

    /// Negative, zero or positive; nil where either is missing.
    func compare(_ other: QueryValue) throws(QueryProblem) -> Int? {
        switch (self, other) {
        case (.missing, _), (_, .missing): return nil
        case (.integer(let left), .integer(let right)): return left < right ? -1 : left > right ? 1 : 0
        case (.integer, _), (.float, _), (_, .integer), (_, .float):
            let (left, right) = (try double(), try other.double())
            return left < right ? -1 : left > right ? 1 : 0
        case (.timestamp, _), (_, .timestamp):
            let (left, right) = (try cast(to: "TIMESTAMP"), try other.cast(to: "TIMESTAMP"))
            guard case .timestamp(let first) = left, case .timestamp(let second) = right else { return nil }
            return first < second ? -1 : first > second ? 1 : 0
        case (.bool, _), (_, .bool):
            let (left, right) = (try cast(to: "BOOL") == .bool(true), try other.cast(to: "BOOL") == .bool(true))
            return left == right ? 0 : left ? 1 : -1
        default:
            let (left, right) = (text, other.text)
            return left.precedes(right) ? -1 : right.precedes(left) ? 1 : 0
        }
    }
}

/// What is wrong with a query, or with a record it meets.
struct QueryProblem: Error, Equatable {
    /// Whether the query ends with it; otherwise only this record is left out.
    let isFatal: Bool
    let name: String
    let description: String

    static func syntax(_ description: String) -> QueryProblem {
        QueryProblem(isFatal: true, name: "ParseError", description: description)
    }

    static func conversion(_ text: String, _ type: String) -> QueryProblem {
        QueryProblem(
            isFatal: false, name: "InvalidTypeConversion", description: "\"\(text.prefix(100))\" is not \(type)")
    }

    static let columnMissing = QueryProblem(
        isFatal: false, name: "InvalidColumnOrdinal", description: "Ordinal of the column does not exist in the record."
    )
}
