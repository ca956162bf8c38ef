import JSON

/// One value of the knobs' document, under the name that errors about it say.
struct KnobValue {
    private let name: String
    private let value: JSON

    init(_ name: String, _ value: JSON) {
        self.name = name
        self.value = value
    }

    func integer(_ range: ClosedRange<Int>) throws -> Int {
        guard let number = value.int, range.contains(number) else {
            throw wrong("\(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func number(_ range: ClosedRange<Double>) throws -> Double {
        guard let number = value.double, range.contains(number) else {
            throw wrong("\(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func bool() throws -> Bool {
        guard let bool = value.bool else { throw wrong("true or false") }
        return bool
    }

    func text() throws -> String {
        guard let text = value.string else { throw wrong("a text") }
        return text
    }

    func choice<Choice: RawRepresentable & CaseIterable>() throws -> Choice where Choice.RawValue == String {
        guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
            throw wrong(Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    private func wrong(_ want: String) -> StandInError {
        StandInError("\(name) is \(String(decoding: value.serialized, as: UTF8.self)) (want \(want))")
    }
}
