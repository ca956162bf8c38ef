/// A reply of Redis, as the RESP2 protocol has them (https://redis.io/docs/latest/develop/reference/protocol-spec/).
package enum RedisValue: Sendable, Hashable {
    case null
    case integer(Int64)
    /// A bulk string: any bytes.
    case bytes([UInt8])
    /// A status line, such as `OK`.
    case status(String)
    case array([RedisValue])
    /// An error inside a pipeline's or a script's reply. A single command throws it instead.
    case error(RedisError)

    /// The text of a bulk string or status (invalid UTF-8 is repaired), or an integer's digits.
    package var string: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        case .integer(let number): String(number)
        case .null, .array, .error: nil
        }
    }

    /// The bytes of a bulk string or status.
    package var bytes: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        case .status(let text): Array(text.utf8)
        case .null, .integer, .array, .error: nil
        }
    }

    /// An integer reply, or a string that holds one (`GET` of a counter).
    package var integer: Int64? {
        if case .integer(let number) = self { number } else { string.flatMap(Int64.init) }
    }

    /// A number written as text, as `ZSCORE` and `INCRBYFLOAT` give it.
    package var double: Double? { string.flatMap(Double.init) }

    /// The elements of an array.
    package var array: [RedisValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The elements of a flat array of names and values (`HGETALL`, the fields of a stream entry), by name.
    package var dictionary: [String: RedisValue]? {
        guard let elements = array, elements.count.isMultiple(of: 2) else { return nil }
        var fields: [String: RedisValue] = [:]
        for index in stride(from: 0, to: elements.count, by: 2) {
            guard let name = elements[index].string else { return nil }
            fields[name] = elements[index + 1]
        }
        return fields
    }

    package var isNull: Bool { self == .null }

    /// The value itself, unless it is an error, which is thrown.
    package func get() throws(RedisError) -> RedisValue {
        if case .error(let error) = self { throw error }
        return self
    }

    /// A typed part of this reply: `try reply.expect(\.integer)`.
    /// - Throws: `RedisError.unexpectedReply` when the reply is of another kind, the error itself when it is one.
    package func expect<Part>(_ part: KeyPath<RedisValue, Part?>) throws(RedisError) -> Part {
        guard let value = try get()[keyPath: part] else { throw .unexpectedReply("\(self)") }
        return value
    }
}
