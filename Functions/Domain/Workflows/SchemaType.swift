import JSON

/// The types of JSON Schema.
enum SchemaType: String, Sendable, CaseIterable {
    case null, boolean, integer, number, string, array, object

    var phrase: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }

    func admits(_ value: JSON) -> Bool {
        switch self {
        case .null: value.isNull
        case .boolean: value.bool != nil
        // Whole numbers beyond 64 bits are still whole (section 6.1.1).
        case .integer: value.double.map { $0.isFinite && $0 == $0.rounded() } ?? false
        case .number: value.double != nil
        case .string: value.string != nil
        case .array: value.array != nil
        case .object: value.object != nil
        }
    }
}
