extension JSON {
    /// How deep arrays and objects may be nested unless said otherwise.
    package static let defaultDepthLimit = 128

    /// Parses one JSON text (RFC 8259) with nothing but white space around it.
    ///
    /// Names that occur twice in one object are an error: two readers of one text must not see two values.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8 text, without a byte order mark.
    ///   - depthLimit: how deep arrays and objects may be nested.
    /// - Throws: ``JSONError`` with the exact place of the first mistake.
    package init(parsing bytes: some Sequence<UInt8>, depthLimit: Int = defaultDepthLimit) throws(JSONError) {
        let parsed = bytes.withContiguousStorageIfAvailable { Self.parse($0, depthLimit) }
        self = try (parsed ?? Array(bytes).withUnsafeBufferPointer { Self.parse($0, depthLimit) }).get()
    }

    /// Parses one JSON text; see ``init(parsing:depthLimit:)``.
    package init(parsing text: some StringProtocol) throws(JSONError) {
        try self.init(parsing: text.utf8)
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ depthLimit: Int) -> Result<JSON, JSONError> {
        Result { () throws(JSONError) in
            var parser = JSONParser(bytes: bytes, depthLimit: depthLimit)
            return try parser.document()
        }
    }
}

/// A recursive-descent parser over bytes that stay where they are.
private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let depthLimit: Int
    var at = 0
    var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>, depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    mutating func document() throws(JSONError) -> JSON {
        skipSpace()
        guard at < bytes.count else { throw error(.empty) }
        let value = try value()
        skipSpace()
        guard at == bytes.count else { throw error(.trailing) }
        return value
    }

    private mutating func value() throws(JSONError) -> JSON {
        switch try current() {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw error(.unexpected(expected: "a value"))
        }
    }

    private mutating func object() throws(JSONError) -> JSON {
        try descend()
        var members = JSONObject()
        skipSpace()
        if try current() == UInt8(ascii: "}") {
            at += 1
        } else {
            while true {
                guard try current() == UInt8(ascii: "\"") else {
                    throw error(.unexpected(expected: "a name in quotes"))
                }
                let start = at
                let name = try string()
                skipSpace()
                guard try current() == UInt8(ascii: ":") else { throw error(.unexpected(expected: "':'")) }
                at += 1
                skipSpace()
                guard members.insert(name, try value()) else { throw error(.duplicate(name), at: start) }
                guard try more(until: UInt8(ascii: "}"), "',' or '}'") else { break }
            }
        }
        depth -= 1
        return .object(members)
    }

    private mutating func array() throws(JSONError) -> JSON {
        try descend()
        var elements: [JSON] = []
        skipSpace()
        if try current() == UInt8(ascii: "]") {
            at += 1
        } else {
            while true {
                elements.append(try value())
                guard try more(until: UInt8(ascii: "]"), "',' or ']'") else { break }
            }
        }
        depth -= 1
        return .array(elements)
    }

    private mutating func descend() throws(JSONError) {
        depth += 1
        guard depth <= depthLimit else { throw error(.tooDeep(limit: depthLimit)) }
        at += 1
    }

    /// Steps over what follows an element: true after a comma, false after the closing bracket.
    private mutating func more(until closing: UInt8, _ expected: String) throws(JSONError) -> Bool {
        skipSpace()
        switch try current() {
        case UInt8(ascii: ","):
            at += 1
            skipSpace()
            return true
        case closing:
            at += 1
            return false
        default:
            throw error(.unexpected(expected: expected))
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        for byte in expected {
            guard try current() == byte else { throw error(.unexpected(expected: "\(text)")) }
            at += 1
        }
        return value
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = at
        let negative = bytes[at] == UInt8(ascii: "-")
        if negative { at += 1 }
        guard at < bytes.count, isDigit(bytes[at]) else { throw error(.number, at: start) }
        var magnitude: UInt64 = 0
        var whole = true
        if bytes[at] == UInt8(ascii: "0") {
            at += 1
            guard at == bytes.count || !isDigit(bytes[at]) else { throw error(.number, at: start) }
        }
        while at < bytes.count, isDigit(bytes[at]) {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(bytes[at] - UInt8(ascii: "0")))
            whole = whole && !overflow && !carry
            magnitude = sum
            at += 1
        }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            whole = false
            try digits(of: start)
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            whole = false
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            try digits(of: start)
        }
        if whole, let integer = signed(magnitude, negative) { return .integer(integer) }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        guard let value = Double(text), value.isFinite else { throw error(.numberOutOfRange, at: start) }
        return .number(value)
    }

    private func signed(_ magnitude: UInt64, _ negative: Bool) -> Int64? {
        if !negative { return Int64(exactly: magnitude) }
        if magnitude == 0 { return nil }
        return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }

    private mutating func digits(of start: Int) throws(JSONError) {
        guard at < bytes.count, isDigit(bytes[at]) else { throw error(.number, at: start) }
        while at < bytes.count, isDigit(bytes[at]) { at += 1 }
    }

    private mutating func string() throws(JSONError) -> String {
        at += 1
        let start = at
        while true {
            let byte = try current()
            if byte == UInt8(ascii: "\"") {
                let text = try text(start..<at)
                at += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw error(.controlCharacter) }
            at += 1
        }
    }

    /// The rest of a string in which the first escape has been met.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var result = try text(start..<at)
        while true {
            let byte = try current()
            if byte == UInt8(ascii: "\"") {
                at += 1
                return result
            }
            if byte == UInt8(ascii: "\\") {
                result.unicodeScalars.append(try escape())
                continue
            }
            let run = at
            while true {
                let byte = try current()
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
                if byte < 0x20 { throw error(.controlCharacter) }
                at += 1
            }
            result += try text(run..<at)
        }
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = at
        at += 1
        let letter = try current()
        at += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw error(.escape, at: start)
        }
        let unit = try hexadecimal(of: start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(UInt16(unit)), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
            bytes[at + 1] == UInt8(ascii: "u")
        else { throw error(.surrogate, at: start) }
        at += 2
        let trail = try hexadecimal(of: start)
        guard UTF16.isTrailSurrogate(UInt16(trail)),
            let scalar = Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + trail & 0x3FF)
        else { throw error(.surrogate, at: start) }
        return scalar
    }

    private mutating func hexadecimal(of start: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit = try current()
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(digit - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(digit - 87)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(digit - 55)
            default: throw error(.escape, at: start)
            }
            at += 1
        }
        return value
    }

    private func text(_ range: Range<Int>) throws(JSONError) -> String {
        guard let text = String(validating: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self) else {
            throw error(.encoding, at: range.lowerBound + validPrefix(range))
        }
        return text
    }

    /// How many bytes of the range are valid UTF-8 before the first that is not.
    private func validPrefix(_ range: Range<Int>) -> Int {
        var decoder = UTF8()
        var iterator = bytes[range].makeIterator()
        var valid = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { valid += UTF8.width(scalar) }
        return valid
    }

    private func current() throws(JSONError) -> UInt8 {
        guard at < bytes.count else { throw error(.unexpectedEnd) }
        return bytes[at]
    }

    private mutating func skipSpace() {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x0A, 0x0D, 0x09: at += 1
            default: return
            }
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        let offset = offset ?? at
        let before = bytes[..<offset]
        let line = before.count { $0 == 0x0A } + 1
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return JSONError(reason: reason, offset: offset, line: line, column: offset - lineStart + 1)
    }
}
