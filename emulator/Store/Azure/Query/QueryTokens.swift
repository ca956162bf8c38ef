/// The words of a query.
struct QueryTokens {
    enum Token: Equatable {
        /// A name or a keyword, as it was written.
        case word(String)
        /// A name in double quotes or brackets: never a keyword.
        case name(String)
        case text(String)
        case integer(Int64)
        case float(Double)
        case sign(String)
    }

    private var tokens: ArraySlice<Token>

    init(_ query: String) throws(QueryProblem) {
        var tokens: [Token] = []
        var rest = Substring(query)
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if first == "'" || first == "\"" {
                let body = try Self.quoted(&rest, first)
                tokens.append(first == "'" ? .text(body) : .name(body))
            } else if first.isNumber || first == "." && rest.dropFirst().first?.isNumber == true {
                tokens.append(try Self.number(&rest))
            } else if first.isLetter || first == "_" {
                let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            } else {
                let pair = String(rest.prefix(2))
                let sign = ["<=", ">=", "<>", "!=", "||"].contains(pair) ? pair : String(first)
                guard "<>=!|+-*/%(),.[];".contains(first) else { throw .syntax("\(first) is not expected here.") }
                tokens.append(.sign(sign))
                rest = rest.dropFirst(sign.count)
            }
        }
        self.tokens = tokens[...]
    }

    /// A quoted text; a doubled quote stands for one.
    private static func quoted(_ rest: inout Substring, _ quote: Character) throws(QueryProblem) -> String {
        var text = ""
        rest.removeFirst()
        while let character = rest.popFirst() {
            guard character == quote else {
                text.append(character)
                continue
            }
            guard rest.first == quote else { return text }
            rest.removeFirst()
            text.append(quote)
        }
        throw .syntax("A quote is not closed.")
    }

    private static func number(_ rest: inout Substring) throws(QueryProblem) -> Token {
        let digits = rest.prefix { $0.isNumber || $0 == "." }
        rest = rest.dropFirst(digits.count)
        if let value = Int64(digits) { return .integer(value) }
        guard let value = Double(digits) else { throw .syntax("\(digits) is not a number.") }
        return .float(value)
    }

    var next: Token? { tokens.first }

    mutating func take() -> Token? { tokens.popFirst() }

    /// Takes the next word if it is this one, in any case.
    mutating func take(word: String) -> Bool {
        guard isNext(word: word) else { return false }
        tokens.removeFirst()
        return true
    }

    func isNext(word: String) -> Bool {
        if case .word(let next)? = next { next.uppercased() == word } else { false }
    }

    mutating func take(sign: String) -> Bool {
        guard next == .sign(sign) else { return false }
        tokens.removeFirst()
        return true
    }

    /// Whether the word that comes next stands before an opening parenthesis.
    var isCall: Bool { tokens.dropFirst().first == .sign("(") }

    mutating func expect(word: String) throws(QueryProblem) {
        guard take(word: word) else { throw .syntax("\(word) is expected, not \(described).") }
    }

    mutating func expect(sign: String) throws(QueryProblem) {
        guard take(sign: sign) else { throw .syntax("\(sign) is expected, not \(described).") }
    }

    /// The next one, for messages.
    var described: String {
        switch next {
        case .word(let text), .name(let text), .text(let text), .sign(let text): text
        case .integer(let value): String(value)
        case .float(let value): String(value)
        case nil: "the end"
        }
    }
}
