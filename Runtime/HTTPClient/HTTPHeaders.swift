/// Header fields in the order they were added; names compare without regard to case.
package struct HTTPHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral, Sequence {
    /// One field.
    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        func isNamed(_ other: String) -> Bool { name.lowercased() == other.lowercased() }
    }

    private var fields: [Field] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field($0, $1) }
    }

    /// The first value of `name`; setting replaces every value, and nil removes them.
    package subscript(_ name: String) -> String? {
        get { fields.first { $0.isNamed(name) }?.value }
        set {
            fields.removeAll { $0.isNamed(name) }
            if let newValue { fields.append(Field(name, newValue)) }
        }
    }

    /// Every value of `name`, in order.
    package func all(_ name: String) -> [String] { fields.filter { $0.isNamed(name) }.map(\.value) }

    /// Adds a field beside those of the same name.
    package mutating func add(_ name: String, _ value: String) { fields.append(Field(name, value)) }

    /// Keeps the fields that `isIncluded` says yes to.
    package func filter(_ isIncluded: (Field) -> Bool) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.fields = fields.filter(isIncluded)
        return headers
    }

    package func makeIterator() -> IndexingIterator<[Field]> { fields.makeIterator() }

    /// How many fields there are.
    package var count: Int { fields.count }
}
