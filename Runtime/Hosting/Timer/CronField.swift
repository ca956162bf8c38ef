/// One field of a cron schedule: the values it allows, as bits.
struct CronField: Sendable, Hashable {
    private let values: UInt64
    /// Whether the field is restricted. One that begins with `*` is not, as crontab(5) has it for the rule about days.
    let isRestricted: Bool

    /// - Parameters:
    ///   - text: `*`, a value, a range `a-b`, a list of them, each with an optional step `/n`.
    ///   - range: the values there are.
    ///   - names: stand for the values from the beginning of `range`, in any case.
    ///   - isCyclic: whether the last value of `range` is another word for the first, as Sunday is 0 and 7.
    /// - Throws: a sentence that names the part that is wrong.
    init(
        _ text: Substring, _ name: String, _ range: ClosedRange<Int>, names: [String] = [], isCyclic: Bool = false
    ) throws(Problem) {
        var values: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = halves.first, !first.isEmpty else { throw Problem(text: "the \(name) has an empty part") }
            let step = halves.count > 1 ? Int(halves[1]) ?? 0 : 1
            guard step > 0 else {
                throw Problem(text: "the step \"\(halves[1])\" of the \(name) is not a number above 0")
            }
            let bounds = try Self.bounds(first, name, range, names: names, isOpen: halves.count > 1)
            for value in stride(from: bounds.lowerBound, through: bounds.upperBound, by: step) {
                values |= 1 << UInt64(isCyclic && value == range.upperBound ? range.lowerBound : value)
            }
        }
        self.values = values
        isRestricted = !text.hasPrefix("*")
    }

    struct Problem: Error {
        let text: String
    }

    /// - Parameter isOpen: whether a single value means "from there on", as it does before a step.
    private static func bounds(
        _ text: Substring, _ name: String, _ range: ClosedRange<Int>, names: [String], isOpen: Bool
    ) throws(Problem) -> ClosedRange<Int> {
        if text == "*" { return range }
        func value(_ text: Substring) throws(Problem) -> Int {
            let named = names.firstIndex(of: text.uppercased()).map { $0 + range.lowerBound }
            guard let value = named ?? (text.allSatisfy(\.isNumber) ? Int(text) : nil), range.contains(value) else {
                throw Problem(text: "\"\(text)\" is no \(name) (\(range.lowerBound)–\(range.upperBound))")
            }
            return value
        }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let lower = try value(ends[0])
        let upper = ends.count > 1 ? try value(ends[1]) : isOpen ? range.upperBound : lower
        guard lower <= upper else { throw Problem(text: "the range \"\(text)\" of the \(name) runs backwards") }
        return lower...upper
    }

    func contains(_ value: Int) -> Bool {
        values & (1 << UInt64(value)) != 0
    }

    /// The first allowed value from `value` on; nil when there is none.
    func next(from value: Int) -> Int? {
        let rest = value < 64 ? (values >> UInt64(value)) << UInt64(value) : 0
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }
}
