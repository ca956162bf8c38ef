import JSON
import NIOCore

/// A query on its way through a blob.
struct QueryRun {
    private let statement: QueryStatement
    private var splitter: RecordSplitter
    private var output: QueryOutput
    private var context: QueryContext
    private var taken: Int64 = 0
    private var bytes = ByteBuffer()
    /// Records that could not be looked at, in place of the whole query's end.
    private(set) var problems: [QueryProblem] = []

    init(_ statement: QueryStatement, _ input: QueryFormat, _ output: QueryFormat) {
        self.statement = statement
        splitter = RecordSplitter(input)
        self.output = QueryOutput(output)
        context = QueryContext(
            record: .json(.null), tables: statement.tables,
            aggregates: statement.aggregates.map { QueryAggregate($0.name, $0.argument) })
    }

    /// Whether no further record changes the answer.
    var isSatisfied: Bool { statement.aggregates.isEmpty && statement.limit.map { taken >= $0 } ?? false }

    /// What is to be told so far; nothing of it comes again.
    mutating func takeAnswer() -> (ByteBuffer, [QueryProblem]) {
        defer { (bytes, problems) = (ByteBuffer(), []) }
        return (bytes, problems)
    }

    /// Looks at the next bytes of the blob; nil: at its end.
    ///
    /// - Throws: a problem that ends the query.
    mutating func scan(_ piece: ByteBuffer?) throws(QueryProblem) {
        for whole in try splitter.split(piece) {
            for record in Self.parts(whole, statement.source[...]) {
                if isSatisfied { return }
                do { try take(record) } catch {
                    if error.isFatal { throw error }
                    problems.append(error)
                }
            }
        }
        if piece == nil, !statement.aggregates.isEmpty { try project() }
    }

    private mutating func take(_ record: QueryRecord) throws(QueryProblem) {
        context.record = record
        if let condition = statement.condition, try condition.truth(context) != true { return }
        if statement.aggregates.isEmpty {
            try project()
            taken += 1
            return
        }
        if let limit = statement.limit, taken >= limit { return }
        taken += 1
        for index in context.aggregates.indices { try context.aggregates[index].add(context) }
    }

    /// Writes one record of the answer.
    private mutating func project() throws(QueryProblem) {
        guard let columns = statement.columns else { return writeWhole() }
        var values: [QueryValue] = []
        for column in columns { values.append(try column.expression.value(context)) }
        output.write(values, columns.map(\.name), into: &bytes)
    }

    private mutating func writeWhole() {
        switch context.record {
        case .delimited(let fields, _):
            let names = splitter.header.map(Optional.some)
            let missing = [String?](repeating: nil, count: max(0, fields.count - names.count))
            output.write(fields.map { .string($0) }, names + missing, into: &bytes)
        case .json(let json):
            if output.write(whole: json, into: &bytes) { return }
            let members = json.object.map { Array($0) } ?? []
            output.write(members.map { QueryValue($0.value) }, members.map(\.name), into: &bytes)
        }
    }

    /// What of a record the statement's source means.
    private static func parts(_ record: QueryRecord, _ steps: ArraySlice<QueryStatement.SourceStep>) -> [QueryRecord] {
        guard case .json(let json) = record, !steps.isEmpty else { return [record] }
        // The first step walks along the records themselves.
        var values = [json]
        for step in steps.first == .all ? steps.dropFirst() : steps {
            values = values.flatMap { value -> [JSON] in
                switch step {
                case .name(let name): value[name].map { [$0] } ?? []
                case .all: value.array ?? []
                case .index(let index): value.array.flatMap { $0.indices.contains(index) ? [$0[index]] : nil } ?? []
                }
            }
        }
        return values.map { .json($0) }
    }
}
