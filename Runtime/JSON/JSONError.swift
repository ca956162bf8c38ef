/// Why a text is not JSON, and exactly where.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was wrong.
    package enum Reason: Sendable, Hashable {
        case empty
        case unexpectedEnd
        case unexpected(expected: String)
        case trailing
        case tooDeep(limit: Int)
        case number
        case numberOutOfRange
        case escape
        case surrogate
        case controlCharacter
        case encoding
        case duplicate(String)
    }

    package let reason: Reason
    /// Bytes before the mistake.
    package let offset: Int
    /// Line of the mistake, from 1.
    package let line: Int
    /// Byte of the mistake within its line, from 1.
    package let column: Int

    package var description: String {
        "not JSON at line \(line), column \(column): \(explanation)"
    }

    private var explanation: String {
        switch reason {
        case .empty: "there is no value"
        case .unexpectedEnd: "the text ends in the middle of a value"
        case .unexpected(let expected): "expected \(expected)"
        case .trailing: "there is more after the value"
        case .tooDeep(let limit): "nested more than \(limit) levels deep"
        case .number: "not a number (want 0, -1, 2.5 or 1e9)"
        case .numberOutOfRange: "the number is too large"
        case .escape: "not an escape sequence"
        case .surrogate: "half of a surrogate pair"
        case .controlCharacter: "a control character within a string must be escaped"
        case .encoding: "not UTF-8"
        case .duplicate(let name): "the name \"\(name)\" occurs twice in one object"
        }
    }
}
