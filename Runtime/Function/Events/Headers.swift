/// The fields of an HTTP message, in their order; names are found whatever their case (RFC 9110, section 5.1) and kept
/// in lower case.
public struct Headers: Sendable, Hashable {
    /// One field.
    public struct Field: Sendable, Hashable {
        /// The name in lower case.
        public let name: String
        /// The value as it came.
        public let value: String
    }

    private var fields: [Field] = []

    /// No fields.
    public init() {}

    /// Adds a field and keeps others of that name.
    public mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name.lowercased(), value: value))
    }

    /// The first field of that name. Setting replaces all of them; nil removes them.
    public subscript(name: String) -> String? {
        get {
            let name = name.lowercased()
            return fields.first { $0.name == name }?.value
        }
        set {
            let name = name.lowercased()
            fields.removeAll { $0.name == name }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }

    /// Every field of that name, in their order.
    public func values(_ name: String) -> [String] {
        let name = name.lowercased()
        return fields.lazy.filter { $0.name == name }.map(\.value)
    }
}

extension Headers: RandomAccessCollection {
    /// Position of the first field.
    public var startIndex: Int { fields.startIndex }
    /// Position after the last field.
    public var endIndex: Int { fields.endIndex }
    /// The field at that position.
    public subscript(position: Int) -> Field { fields[position] }
}

extension Headers: ExpressibleByDictionaryLiteral {
    /// Fields in the order in which they are written.
    public init(dictionaryLiteral fields: (String, String)...) {
        for (name, value) in fields { append(name, value) }
    }
}
