import JSON

/// An expression of a query, as it was written.
indirect enum QueryExpression: Sendable {
    case literal(QueryValue)
    case column(QueryPath)
    case not(QueryExpression)
    case negative(QueryExpression)
    /// `AND`, `OR`, a comparison, arithmetic, `||`.
    case operation(String, QueryExpression, QueryExpression)
    case isMissing(QueryExpression)
    case like(QueryExpression, QueryExpression, escape: QueryExpression?)
    case among(QueryExpression, [QueryExpression])
    case cast(QueryExpression, String)
    case function(String, [QueryExpression])
    case choice([(condition: QueryExpression, value: QueryExpression)], otherwise: QueryExpression)
    /// The result so far of an aggregate, by its place among those of the query.
    case aggregate(Int)

    func value(_ context: QueryContext) throws(QueryProblem) -> QueryValue {
        switch self {
        case .literal(let value): return value
        case .column(let path): return try context.record.value(path.within(context.tables))
        case .not(let inner):
            guard let value = try inner.truth(context) else { return .missing }
            return .bool(!value)
        case .negative(let inner): return try Self.arithmetic("-", .integer(0), inner.value(context))
        case .operation("AND", let left, let right):
            let first = try left.truth(context)
            if first == false { return .bool(false) }
            guard let second = try right.truth(context) else { return .missing }
            return second ? first.map { .bool($0) } ?? .missing : .bool(false)
        case .operation("OR", let left, let right):
            let first = try left.truth(context)
            if first == true { return .bool(true) }
            guard let second = try right.truth(context) else { return .missing }
            return second ? .bool(true) : first.map { .bool($0) } ?? .missing
        case .operation(let sign, let left, let right):
            return try Self.operate(sign, left.value(context), right.value(context))
        case .isMissing(let inner): return .bool(try inner.value(context) == .missing)
        case .like(let inner, let pattern, let escape):
            let (text, wanted) = (try inner.value(context), try pattern.value(context))
            if text == .missing || wanted == .missing { return .missing }
            return .bool(LikePattern(wanted.text, escape: try escape?.value(context).text.first).matches(text.text))
        case .among(let inner, let candidates):
            let value = try inner.value(context)
            for candidate in candidates where try value.compare(candidate.value(context)) == 0 { return .bool(true) }
            return value == .missing ? .missing : .bool(false)
        case .cast(let inner, let type): return try inner.value(context).cast(to: type)
        case .function(let name, let arguments):
            var values: [QueryValue] = []
            for argument in arguments { values.append(try argument.value(context)) }
            return try QueryFunction.call(name, values)
        case .choice(let branches, let otherwise):
            for branch in branches where try branch.condition.truth(context) == true {
                return try branch.value.value(context)
            }
            return try otherwise.value(context)
        case .aggregate(let index): return try context.aggregates[index].result()
        }
    }

    /// Whether a condition holds; nil where that is not known.
    func truth(_ context: QueryContext) throws(QueryProblem) -> Bool? {
        switch try value(context) {
        case .missing: return nil
        case .bool(let value): return value
        case let value: return try value.cast(to: "BOOL") == .bool(true)
        }
    }

    private static func operate(
        _ sign: String, _ left: QueryValue, _ right: QueryValue
    ) throws(QueryProblem) -> QueryValue {
        if left == .missing || right == .missing { return .missing }
        if sign == "||" { return .string(left.text + right.text) }
        guard ["=", "<>", "!=", "<", "<=", ">", ">="].contains(sign) else {
            return try arithmetic(sign, left, right)
        }
        guard let order = try left.compare(right) else { return .missing }
        return switch sign {
        case "=": .bool(order == 0)
        case "<": .bool(order < 0)
        case "<=": .bool(order <= 0)
        case ">": .bool(order > 0)
        case ">=": .bool(order >= 0)
        default: .bool(order != 0)
        }
    }

    static func arithmetic(
        _ sign: String, _ left: QueryValue, _ right: QueryValue
    ) throws(QueryProblem) -> QueryValue {
        if left == .missing || right == .missing { return .missing }
        if case .integer(let first) = try left.number(), case .integer(let second) = try right.number() {
            let (result, failed) =
                switch sign {
                case "+": first.addingReportingOverflow(second)
                case "-": first.subtractingReportingOverflow(second)
                case "*": first.multipliedReportingOverflow(by: second)
                case "/": first.dividedReportingOverflow(by: second)
                default: first.remainderReportingOverflow(dividingBy: second)
                }
            if failed { throw .conversion("\(first) \(sign) \(second)", "a 64-bit integer") }
            return .integer(result)
        }
        let (first, second) = (try left.double(), try right.double())
        return switch sign {
        case "+": .float(first + second)
        case "-": .float(first - second)
        case "*": .float(first * second)
        case "/": .float(first / second)
        default: .float(first.truncatingRemainder(dividingBy: second))
        }
    }
}

/// What an expression is computed from.
struct QueryContext {
    var record: QueryRecord
    /// See ``QueryStatement/tables``.
    var tables: Set<String> = []
    var aggregates: [QueryAggregate] = []
}

/// A name, and what it leads to inside: `a`, `a.b`, `a[0].b`.
struct QueryPath: Sendable {
    enum Step: Sendable {
        case name(String)
        case index(Int)
    }

    var steps: [Step]

    /// The name of the column it makes: its last one.
    var name: String? {
        for step in steps.reversed() { if case .name(let name) = step { return name } }
        return nil
    }

    /// Without the name of the table.
    func within(_ tables: Set<String>) -> QueryPath {
        guard steps.count > 1, case .name(let first) = steps[0], tables.contains(first.lowercased()) else {
            return self
        }
        return QueryPath(steps: Array(steps.dropFirst()))
    }

    /// Follows the steps into a JSON value.
    func value(in json: JSON) -> JSON? {
        var json: JSON? = json
        for step in steps {
            switch step {
            case .name(let name): json = json?[name]
            case .index(let index):
                guard let array = json?.array, array.indices.contains(index) else { return nil }
                json = array[index]
            }
        }
        return json
    }
}

/// A record that a query looks at.
enum QueryRecord {
    /// Fields, and the columns' names where there are any.
    case delimited([String], names: [String: Int])
    case json(JSON)

    func value(_ path: QueryPath) throws(QueryProblem) -> QueryValue {
        switch self {
        case .json(let json):
            if let value = path.value(in: json) { return QueryValue(value) }
            // The members of an object can also be named by their place.
            guard path.steps.count == 1, let place = path.name.flatMap(Self.ordinal),
                let members = json.object, place < members.count
            else { return .missing }
            return QueryValue(Array(members)[place].value)
        case .delimited(let fields, let names):
            guard let name = path.name else { throw .columnMissing }
            guard let place = names[name.lowercased()] ?? Self.ordinal(name) else {
                throw QueryProblem(
                    isFatal: true, name: "InvalidColumnName", description: "There is no column \(name).")
            }
            guard fields.indices.contains(place) else { throw .columnMissing }
            return .string(fields[place])
        }
    }

    /// The place that `_1` names.
    private static func ordinal(_ name: String) -> Int? {
        guard name.hasPrefix("_"), let number = Int(name.dropFirst()), number > 0 else { return nil }
        return number - 1
    }
}
