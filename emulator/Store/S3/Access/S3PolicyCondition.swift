/// One line of a policy's `Condition`
/// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
struct S3PolicyCondition {
    private enum Test: String, CaseIterable {
        case stringEquals, stringNotEquals, stringEqualsIgnoreCase, stringNotEqualsIgnoreCase, stringLike, stringNotLike
        case numericEquals, numericNotEquals, numericLessThan, numericLessThanEquals, numericGreaterThan
        case numericGreaterThanEquals
        case dateEquals, dateNotEquals, dateLessThan, dateLessThanEquals, dateGreaterThan, dateGreaterThanEquals
        case bool, binaryEquals, ipAddress, notIpAddress, arnEquals, arnLike, arnNotEquals, arnNotLike, null

        /// Whether it holds where none of its values matches.
        var isNegated: Bool { rawValue.contains("Not") || self == .notIpAddress }
    }

    /// What a test with several values of the request wants of them.
    private enum Quantifier { case any, all }

    private let test: Test
    private let quantifier: Quantifier?
    private let allowsMissing: Bool
    private let key: String
    private let wanted: [String]

    /// - Throws: `MalformedPolicy` for an operator that is none.
    init(operator name: String, key: String, values: [String]) throws(S3Error) {
        var rest = name.lowercased()[...]
        if rest.hasPrefix("forallvalues:") {
            quantifier = .all
            rest = rest.dropFirst(13)
        } else if rest.hasPrefix("foranyvalue:") {
            quantifier = .any
            rest = rest.dropFirst(12)
        } else {
            quantifier = nil
        }
        allowsMissing = rest.hasSuffix("ifexists")
        if allowsMissing { rest = rest.dropLast(8) }
        guard let test = Test.allCases.first(where: { $0.rawValue.lowercased() == rest }) else {
            throw S3Error(400, "MalformedPolicy", "Invalid Condition type : \(name)")
        }
        self.test = test
        self.key = key.lowercased()
        wanted = values
    }

    func holds(_ question: S3PolicyQuestion) -> Bool {
        let actual = question.values(key)
        if test == .null { return wanted.contains((actual == nil ? "true" : "false")) }
        guard let actual, !actual.isEmpty else { return allowsMissing || test.isNegated || quantifier == .all }
        let wanted = wanted.map { S3Policy.substitute($0, question) }
        func holds(_ value: String) -> Bool { wanted.contains { matches($0, value) } != test.isNegated }
        return quantifier == .any ? actual.contains(where: holds) : actual.allSatisfy(holds)
    }

    private func matches(_ wanted: String, _ actual: String) -> Bool {
        switch test {
        case .stringLike, .stringNotLike, .arnEquals, .arnLike, .arnNotEquals, .arnNotLike:
            Wildcard.matches(wanted, actual)
        case .stringEquals, .stringNotEquals, .binaryEquals: wanted.utf8.elementsEqual(actual.utf8)
        case .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase, .bool: wanted.lowercased() == actual.lowercased()
        case .ipAddress, .notIpAddress: IPAddressRange(wanted)?.contains(actual) ?? false
        case .numericEquals, .numericNotEquals: compare(Double(wanted), Double(actual), ==)
        case .numericLessThan: compare(Double(wanted), Double(actual), >)
        case .numericLessThanEquals: compare(Double(wanted), Double(actual), >=)
        case .numericGreaterThan: compare(Double(wanted), Double(actual), <)
        case .numericGreaterThanEquals: compare(Double(wanted), Double(actual), <=)
        case .dateEquals, .dateNotEquals: compare(date(wanted), date(actual), ==)
        case .dateLessThan: compare(date(wanted), date(actual), >)
        case .dateLessThanEquals: compare(date(wanted), date(actual), >=)
        case .dateGreaterThan: compare(date(wanted), date(actual), <)
        case .dateGreaterThanEquals: compare(date(wanted), date(actual), <=)
        case .null: false
        }
    }

    private func compare<Value: Comparable>(_ wanted: Value?, _ actual: Value?, _ isRight: (Value, Value) -> Bool)
        -> Bool
    {
        guard let wanted, let actual else { return false }
        return isRight(wanted, actual)
    }

    /// Milliseconds since 1970, from either way policies write a date.
    private func date(_ text: String) -> Int64? {
        Int64(text).map { $0 * 1000 } ?? HTTPDate.parseISO8601(text)
    }
}
