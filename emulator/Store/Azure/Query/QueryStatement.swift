/// `SELECT … FROM BlobStorage [WHERE …] [LIMIT …]`
/// (https://learn.microsoft.com/azure/storage/blobs/query-acceleration-sql-reference).
struct QueryStatement: Sendable {
    struct Column: Sendable {
        let expression: QueryExpression
        /// Nil: it is known by its place.
        let name: String?
    }

    /// An aggregate before it has seen anything.
    struct Aggregate: Sendable {
        let name: String
        let argument: QueryExpression?
    }

    /// Nil: all columns, as they stand.
    let columns: [Column]?
    let aggregates: [Aggregate]
    /// What of each JSON record is the record: `BlobStorage[*].pictures[*]`.
    let source: [SourceStep]
    let condition: QueryExpression?
    let limit: Int64?
    /// What the table is called, in lower case: its name before a column's says nothing more.
    let tables: Set<String>

    enum SourceStep: Sendable, Equatable {
        case name(String)
        case all
        case index(Int)
    }

    init(_ text: String) throws(QueryProblem) {
        var parser = QueryParser(tokens: try QueryTokens(text))
        try parser.tokens.expect(word: "SELECT")
        columns = try parser.columns()
        try parser.tokens.expect(word: "FROM")
        source = try parser.source()
        condition = parser.tokens.take(word: "WHERE") ? try parser.expression() : nil
        if parser.tokens.take(word: "LIMIT") {
            guard case .integer(let count)? = parser.tokens.take() else { throw .syntax("LIMIT wants a number.") }
            limit = count
        } else {
            limit = nil
        }
        _ = parser.tokens.take(sign: ";")
        guard parser.tokens.next == nil else { throw .syntax("\(parser.tokens.described) is not expected here.") }
        aggregates = parser.aggregates
        tables = Set([parser.alias ?? "blobstorage", "blobstorage"])
        if condition != nil, parser.hasAggregateInCondition { throw .syntax("WHERE knows no aggregates.") }
    }
}

/// Reads expressions, the loosest operator first.
struct QueryParser {
    var tokens: QueryTokens
    private(set) var aggregates: [QueryStatement.Aggregate] = []
    private(set) var hasAggregateInCondition = false
    /// Another name of the table.
    private(set) var alias: String?
    private var depth = 0
    private var isPastColumns = false

    init(tokens: QueryTokens) { self.tokens = tokens }

    // MARK: Clauses

    mutating func columns() throws(QueryProblem) -> [QueryStatement.Column]? {
        defer { isPastColumns = true }
        if tokens.take(sign: "*") { return nil }
        var columns: [QueryStatement.Column] = []
        repeat {
            let expression = try expression()
            var name: String?
            if case .column(let path) = expression { name = path.name }
            if tokens.take(word: "AS") { name = try identifier() }
            columns.append(QueryStatement.Column(expression: expression, name: name))
        } while tokens.take(sign: ",")
        return columns
    }

    mutating func source() throws(QueryProblem) -> [QueryStatement.SourceStep] {
        let table = try identifier()
        guard table.lowercased() == "blobstorage" else { throw .syntax("The table is BlobStorage, not \(table).") }
        var steps: [QueryStatement.SourceStep] = []
        while true {
            if tokens.take(sign: ".") {
                steps.append(.name(try identifier()))
            } else if tokens.take(sign: "[") {
                if tokens.take(sign: "*") {
                    steps.append(.all)
                } else {
                    guard case .integer(let index)? = tokens.take() else { throw .syntax("An index is a number.") }
                    steps.append(.index(Int(index)))
                }
                try tokens.expect(sign: "]")
            } else {
                break
            }
        }
        _ = tokens.take(word: "AS")
        if !tokens.isNext(word: "WHERE"), !tokens.isNext(word: "LIMIT"), case .word? = tokens.next {
            alias = try identifier().lowercased()
        }
        return steps
    }

    private mutating func identifier() throws(QueryProblem) -> String {
        switch tokens.take() {
        case .word(let name)?, .name(let name)?: return name
        default: throw .syntax("A name is expected, not \(tokens.described).")
        }
    }

    // MARK: Operators

    mutating func expression() throws(QueryProblem) -> QueryExpression {
        // A query is as deep as a client likes; the stack is not.
        depth += 1
        defer { depth -= 1 }
        if depth > 50 { throw .syntax("The expression is nested too deeply.") }
        var left = try conjunction()
        while tokens.take(word: "OR") { left = .operation("OR", left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(QueryProblem) -> QueryExpression {
        var left = try negation()
        while tokens.take(word: "AND") { left = .operation("AND", left, try negation()) }
        return left
    }

    private mutating func negation() throws(QueryProblem) -> QueryExpression {
        var isNegated = false
        while tokens.take(word: "NOT") { isNegated.toggle() }
        let inner = try comparison()
        return isNegated ? .not(inner) : inner
    }

    private mutating func comparison() throws(QueryProblem) -> QueryExpression {
        let left = try sum()
        for sign in ["=", "<>", "!=", "<=", ">=", "<", ">"] where tokens.take(sign: sign) {
            return .operation(sign, left, try sum())
        }
        if tokens.take(word: "IS") {
            let isNegated = tokens.take(word: "NOT")
            guard tokens.take(word: "NULL") || tokens.take(word: "MISSING") else {
                throw .syntax("NULL or MISSING is expected, not \(tokens.described).")
            }
            return isNegated ? .not(.isMissing(left)) : .isMissing(left)
        }
        let isNegated = tokens.take(word: "NOT")
        let test: QueryExpression
        if tokens.take(word: "BETWEEN") {
            let low = try sum()
            try tokens.expect(word: "AND")
            test = .operation("AND", .operation(">=", left, low), .operation("<=", left, try sum()))
        } else if tokens.take(word: "IN") {
            try tokens.expect(sign: "(")
            test = .among(left, try arguments())
        } else if tokens.take(word: "LIKE") {
            let pattern = try sum()
            test = .like(left, pattern, escape: tokens.take(word: "ESCAPE") ? try sum() : nil)
        } else if isNegated {
            throw .syntax("BETWEEN, IN or LIKE is expected, not \(tokens.described).")
        } else {
            return left
        }
        return isNegated ? .not(test) : test
    }

    private mutating func sum() throws(QueryProblem) -> QueryExpression {
        var left = try product()
        while case .sign(let sign)? = tokens.next, ["+", "-", "||"].contains(sign) {
            _ = tokens.take()
            left = .operation(sign, left, try product())
        }
        return left
    }

    private mutating func product() throws(QueryProblem) -> QueryExpression {
        var left = try unary()
        while case .sign(let sign)? = tokens.next, ["*", "/", "%"].contains(sign) {
            _ = tokens.take()
            left = .operation(sign, left, try unary())
        }
        return left
    }

    private mutating func unary() throws(QueryProblem) -> QueryExpression {
        var isNegative = false
        while true {
            if tokens.take(sign: "-") { isNegative.toggle() } else if !tokens.take(sign: "+") { break }
        }
        let inner = try primary()
        return isNegative ? .negative(inner) : inner
    }

    // MARK: Operands

    private mutating func primary() throws(QueryProblem) -> QueryExpression {
        switch tokens.next {
        case .integer(let value)?:
            _ = tokens.take()
            return .literal(.integer(value))
        case .float(let value)?:
            _ = tokens.take()
            return .literal(.float(value))
        case .text(let value)?:
            _ = tokens.take()
            return .literal(.string(value))
        case .sign("(")?:
            _ = tokens.take()
            let inner = try expression()
            try tokens.expect(sign: ")")
            return inner
        case .name?: return .column(try path())
        case .word(let word)?:
            switch word.uppercased() {
            case "TRUE", "FALSE":
                _ = tokens.take()
                return .literal(.bool(word.uppercased() == "TRUE"))
            case "NULL", "MISSING":
                _ = tokens.take()
                return .literal(.missing)
            case "CASE": return try choice()
            default: return tokens.isCall ? try call() : .column(try path())
            }
        default: throw .syntax("An expression is expected, not \(tokens.described).")
        }
    }

    private mutating func path() throws(QueryProblem) -> QueryPath {
        var steps: [QueryPath.Step] = [.name(try identifier())]
        while true {
            if tokens.take(sign: ".") {
                steps.append(.name(try identifier()))
            } else if tokens.take(sign: "[") {
                guard case .integer(let index)? = tokens.take() else { throw .syntax("An index is a number.") }
                steps.append(.index(Int(index)))
                try tokens.expect(sign: "]")
            } else {
                break
            }
        }
        return QueryPath(steps: steps)
    }

    private mutating func call() throws(QueryProblem) -> QueryExpression {
        let name = try identifier().uppercased()
        try tokens.expect(sign: "(")
        if QueryAggregate.names.contains(name) {
            if isPastColumns { hasAggregateInCondition = true }
            let argument = tokens.take(sign: "*") ? nil : try expression()
            try tokens.expect(sign: ")")
            aggregates.append(QueryStatement.Aggregate(name: name, argument: argument))
            return .aggregate(aggregates.count - 1)
        }
        if name == "CAST" {
            let inner = try expression()
            try tokens.expect(word: "AS")
            let type = try identifier().uppercased()
            if tokens.take(sign: "(") {
                // The length of a VARCHAR, which nothing here depends on.
                while let token = tokens.take(), token != .sign(")") {}
            }
            try tokens.expect(sign: ")")
            return .cast(inner, type)
        }
        guard QueryFunction.names.contains(name) else { throw .syntax("There is no function \(name).") }
        if name == "TRIM" { return try trim() }
        if ["EXTRACT", "DATE_ADD", "DATE_DIFF"].contains(name), case .word(let part)? = tokens.next {
            _ = tokens.take()
            guard tokens.take(sign: ",") || tokens.take(word: "FROM") else {
                throw .syntax("A comma is expected, not \(tokens.described).")
            }
            return .function(name, [.literal(.string(part))] + (try arguments()))
        }
        return .function(name, try arguments())
    }

    /// What stands up to the closing parenthesis; `SUBSTRING` may say FROM and FOR in place of commas.
    private mutating func arguments() throws(QueryProblem) -> [QueryExpression] {
        if tokens.take(sign: ")") { return [] }
        var arguments = [try expression()]
        while tokens.take(sign: ",") || tokens.take(word: "FROM") || tokens.take(word: "FOR") {
            arguments.append(try expression())
        }
        try tokens.expect(sign: ")")
        return arguments
    }

    /// `TRIM([[LEADING | TRAILING | BOTH] [characters] FROM] text)`
    private mutating func trim() throws(QueryProblem) -> QueryExpression {
        let name =
            tokens.take(word: "LEADING") ? "LTRIM" : tokens.take(word: "TRAILING") ? "RTRIM" : "TRIM"
        _ = tokens.take(word: "BOTH")
        if tokens.take(word: "FROM") { return .function(name, try arguments()) }
        let first = try expression()
        guard tokens.take(word: "FROM") else {
            try tokens.expect(sign: ")")
            return .function(name, [first])
        }
        return .function(name, try arguments() + [first])
    }

    private mutating func choice() throws(QueryProblem) -> QueryExpression {
        try tokens.expect(word: "CASE")
        let subject = tokens.isNext(word: "WHEN") ? nil : try expression()
        var branches: [(condition: QueryExpression, value: QueryExpression)] = []
        while tokens.take(word: "WHEN") {
            let condition = try expression()
            try tokens.expect(word: "THEN")
            branches.append((subject.map { .operation("=", $0, condition) } ?? condition, try expression()))
        }
        let otherwise = tokens.take(word: "ELSE") ? try expression() : .literal(.missing)
        try tokens.expect(word: "END")
        return .choice(branches, otherwise: otherwise)
    }
}
