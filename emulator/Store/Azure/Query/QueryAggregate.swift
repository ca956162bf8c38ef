/// One aggregate of a query, with what it has seen.
struct QueryAggregate {
    let name: String
    /// Nil: `COUNT(*)`.
    let argument: QueryExpression?
    private var count: Int64 = 0
    private var sum = QueryValue.integer(0)
    private var extreme = QueryValue.missing

    static let names: Set<String> = ["COUNT", "SUM", "AVG", "MIN", "MAX"]

    init(_ name: String, _ argument: QueryExpression?) { (self.name, self.argument) = (name, argument) }

    mutating func add(_ context: QueryContext) throws(QueryProblem) {
        guard let argument else {
            count += 1
            return
        }
        let value = try argument.value(context)
        if value == .missing { return }
        switch name {
        case "SUM", "AVG": sum = try QueryExpression.arithmetic("+", sum, value.number())
        case "MIN", "MAX":
            // Numbers in delimited text are compared as such.
            var candidate = value
            if let number = try? value.number() { candidate = number }
            if let order = try candidate.compare(extreme) {
                if name == "MIN" ? order < 0 : order > 0 { extreme = candidate }
            } else {
                extreme = candidate
            }
        default: break
        }
        count += 1
    }

    func result() throws(QueryProblem) -> QueryValue {
        switch name {
        case "COUNT": .integer(count)
        case "SUM": count == 0 ? .missing : sum
        case "AVG": count == 0 ? .missing : .float(try sum.double() / Double(count))
        default: extreme
        }
    }
}
