internal import FoundationEssentials
internal import JSON

/// Values that take the place of what could not be decoded, so that the rest of a type can be looked at.
enum StandIn {
    /// A value of that type when one can be made from nothing.
    static func make<Value>(_ type: Value.Type) -> Value? {
        if let simple = simple(type) { return simple as? Value }
        if let type = type as? any CaseIterable.Type { return first(type) as? Value }
        if let type = type as? any FixedWidthInteger.Type { return zero(type) as? Value }
        return nil
    }

    /// The texts that an enumeration of texts allows.
    static func allowedTexts(_ type: Any.Type) -> [String]? {
        guard let type = type as? any (CaseIterable & RawRepresentable).Type else { return nil }
        let texts = rawValues(type).compactMap { $0 as? String }
        return texts.isEmpty ? nil : texts
    }

    private static func simple(_ type: Any.Type) -> Any? {
        switch type {
        case is String.Type: ""
        case is Bool.Type: false
        case is Double.Type: 0.0
        case is Float.Type: Float(0)
        case is JSON.Type: JSON.null
        case is UUID.Type: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        case is Date.Type: Date(timeIntervalSince1970: 0)
        case is Data.Type: Data()
        case is URL.Type: URL(string: "https://example.com")
        default: nil
        }
    }

    private static func first<Cases: CaseIterable>(_ type: Cases.Type) -> Cases? { type.allCases.first }

    private static func zero<Number: FixedWidthInteger>(_ type: Number.Type) -> Number { .zero }

    private static func rawValues<Cases: CaseIterable & RawRepresentable>(_ type: Cases.Type) -> [Any] {
        type.allCases.map(\.rawValue)
    }
}
