/// A statement whose interpolated values are parameters, never text: there is nothing to escape.
///
///     let sql: SQL = "select * from jobs where owner = \(userID) and state = any(\(states))"
///
/// Another `SQL` is inserted with its own parameters, `\(raw: "…")` inserts trusted text as it is, and `\(identifier: name)` a
/// quoted name of a table or column. A `String` does not become `SQL` by itself.
package struct SQL: Sendable, Hashable {
    /// The text around the parameters: always one more than there are parameters.
    private(set) var fragments: [String]
    private(set) var parameters: [PostgresParameter]

    /// A statement without parameters from trusted text, such as the contents of a file of the program.
    package init(raw text: String) {
        fragments = [text]
        parameters = []
    }

    /// The text as the server sees it, with `$1`, `$2` … for the parameters.
    package var text: String {
        var text = fragments[0]
        for index in parameters.indices {
            text += "$\(index + 1)"
            text += fragments[index + 1]
        }
        return text
    }

    private mutating func append(_ text: String) {
        fragments[fragments.count - 1] += text
    }

    private mutating func append(_ parameter: PostgresParameter) {
        parameters.append(parameter)
        fragments.append("")
    }

    private mutating func append(_ other: SQL) {
        append(other.fragments[0])
        parameters += other.parameters
        fragments += other.fragments.dropFirst()
    }

    package static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.append(right)
        return sum
    }

    package static func += (left: inout SQL, right: SQL) {
        left.append(right)
    }
}

extension SQL: ExpressibleByStringInterpolation {
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var sql = SQL(raw: "")

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) {
            sql.append(literal)
        }

        /// A typed parameter.
        package mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value) {
            sql.append(value.parameter)
        }

        /// A typed parameter that is NULL for nil.
        package mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            sql.append(value.parameter)
        }

        /// A part of a statement, with its parameters.
        package mutating func appendInterpolation(_ other: SQL) {
            sql.append(other)
        }

        /// Trusted text, inserted as it is.
        package mutating func appendInterpolation(raw text: String) {
            sql.append(text)
        }

        /// The name of a table, column or role, quoted.
        package mutating func appendInterpolation(identifier name: String) {
            sql.append(
                "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"")
        }
    }

    package init(stringLiteral text: String) {
        self.init(raw: text)
    }

    package init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }
}

extension Sequence<SQL> {
    /// The parts with `separator` between them, as in `conditions.joined(separator: " and ")`.
    package func joined(separator: SQL) -> SQL {
        var result: SQL?
        for part in self {
            result = result.map { $0 + separator + part } ?? part
        }
        return result ?? ""
    }
}
