/// A JSON value (RFC 8259): parsed, built and written without Foundation.
///
///     let body = try JSON(parsing: bytes)
///     let prompt = body["prompt"]?.string
///     let answer: JSON = ["status": "queued", "attempts": 1]
///     output.append(contentsOf: answer.serialized)
///
/// Whole numbers that fit in 64 bits stay integers; every other number is a `Double`. Objects keep the order in which
/// their members were written, and compare without regard to it.
package enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

extension JSON {
    /// The text of a string, else nil.
    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The truth value of `true` or `false`, else nil.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The value of a whole number as `Int`, else nil. A number written with a fraction or an exponent counts when
    /// its value is whole (`1.0`, `1e3`).
    package var int: Int? {
        integer.map(Int.init)
    }

    /// The value of a whole number as `Int64`, else nil; see ``int``.
    package var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The value of any number as `Double`, else nil.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The elements of an array, else nil.
    package var array: [JSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members of an object, else nil.
    package var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Whether this is `null`.
    package var isNull: Bool { self == .null }

    /// The member of that name: nil when this is no object or has no such member.
    package subscript(name: String) -> JSON? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// The element at that index: nil when this is no array or is shorter.
    package subscript(index: Int) -> JSON? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    /// What kind of value this is, for messages: `null`, `boolean`, `number`, `string`, `array` or `object`.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
