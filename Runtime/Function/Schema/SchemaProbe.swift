internal import FoundationEssentials
internal import JSON

/// Learns the schema of a type by decoding it from nothing: it notes what the type asks for and hands out stand-ins.
final class SchemaProbe: Decoder {
    private(set) var schema: JSON = [:]
    /// The types around this one; a type within itself is not looked into again.
    fileprivate let enclosing: [Any.Type]

    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    private init(enclosing: [Any.Type]) {
        self.enclosing = enclosing
    }

    /// The schema of a type; of what a type's own `init(from:)` rejects, as much as was learned until then.
    static func schema(of type: any Decodable.Type, within enclosing: [Any.Type]) -> JSON {
        visit(type, within: enclosing).schema
    }

    /// The schema of a type, and a value of it when one could be made.
    fileprivate static func visit(
        _ type: any Decodable.Type, within enclosing: [Any.Type]
    ) -> (schema: JSON, value: Any?) {
        if let known = known(type) { return (known, StandIn.make(type)) }
        if let texts = StandIn.allowedTexts(type) {
            return (["type": "string", "enum": .array(texts.map(JSON.string))], StandIn.make(type))
        }
        if let type = type as? any ProbedCollection.Type { return type.probe(within: enclosing) }
        if enclosing.contains(where: { $0 == type }) { return ([:], nil) }
        let probe = SchemaProbe(enclosing: enclosing + [type])
        let value = try? type.init(from: probe)
        return (probe.schema, value)
    }

    private static func known(_ type: Any.Type) -> JSON? {
        switch type {
        case is String.Type: ["type": "string"]
        case is Bool.Type: ["type": "boolean"]
        case is Double.Type, is Float.Type: ["type": "number"]
        case is UUID.Type: ["type": "string", "format": "uuid"]
        case is Date.Type: ["type": "string", "format": "date-time"]
        case is URL.Type: ["type": "string", "format": "uri"]
        case is Data.Type: ["type": "string", "contentEncoding": "base64"]
        case is JSON.Type: [:]
        case is any FixedWidthInteger.Type: ["type": "integer"]
        default: nil
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        if schema["type"] == nil { schema = ["type": "object"] }
        return KeyedDecodingContainer(ProbedMembers(probe: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        schema = ["type": "array"]
        throw Unprobeable()
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { ProbedSingle(probe: self) }

    fileprivate func note(_ name: String, _ property: JSON, required: Bool) {
        guard case .object(var object) = schema else { return }
        var properties = object["properties"]?.object ?? [:]
        properties[name] = property
        object["properties"] = .object(properties)
        if required { object["required"] = .array((object["required"]?.array ?? []) + [.string(name)]) }
        schema = .object(object)
    }

    fileprivate func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let visited = Self.visit(type, within: enclosing)
        schema = visited.schema
        guard let value = visited.value as? Value else { throw Unprobeable() }
        return value
    }

    /// The type cannot be made from nothing.
    fileprivate struct Unprobeable: Error {}
}

private struct ProbedMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: SchemaProbe
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) throws -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let visited = SchemaProbe.visit(type, within: probe.enclosing)
        probe.note(key.stringValue, visited.schema, required: true)
        guard let value = visited.value as? Value else { throw SchemaProbe.Unprobeable() }
        return value
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        probe.note(key.stringValue, SchemaProbe.schema(of: type, within: probe.enclosing), required: false)
        return nil
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { optional(type, key) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { optional(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { optional(type, key) }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? { optional(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { optional(type, key) }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? { optional(type, key) }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? { optional(type, key) }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { optional(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { optional(type, key) }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? { optional(type, key) }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? { optional(type, key) }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? { optional(type, key) }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? { optional(type, key) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { optional(type, key) }

    private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) -> Value? {
        probe.note(key.stringValue, SchemaProbe.schema(of: type, within: probe.enclosing), required: false)
        return nil
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw SchemaProbe.Unprobeable() }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw SchemaProbe.Unprobeable()
    }
    func superDecoder() throws -> any Decoder { probe }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw SchemaProbe.Unprobeable() }
}

private struct ProbedSingle: SingleValueDecodingContainer {
    let probe: SchemaProbe
    let codingPath: [any CodingKey] = []

    func decodeNil() -> Bool { false }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try probe.value(type) }
}

/// Collections whose elements are probed instead of decoded.
private protocol ProbedCollection {
    static func probe(within enclosing: [Any.Type]) -> (schema: JSON, value: Any?)
}

extension Array: ProbedCollection where Element: Decodable {
    fileprivate static func probe(within enclosing: [Any.Type]) -> (schema: JSON, value: Any?) {
        (["type": "array", "items": SchemaProbe.schema(of: Element.self, within: enclosing)], [] as Self)
    }
}

extension Set: ProbedCollection where Element: Decodable {
    fileprivate static func probe(within enclosing: [Any.Type]) -> (schema: JSON, value: Any?) {
        let items = SchemaProbe.schema(of: Element.self, within: enclosing)
        return (["type": "array", "items": items, "uniqueItems": true], [] as Self)
    }
}

extension Dictionary: ProbedCollection where Key == String, Value: Decodable {
    fileprivate static func probe(within enclosing: [Any.Type]) -> (schema: JSON, value: Any?) {
        let values = SchemaProbe.schema(of: Value.self, within: enclosing)
        return (["type": "object", "additionalProperties": values], [:] as Self)
    }
}

extension Optional: ProbedCollection where Wrapped: Decodable {
    fileprivate static func probe(within enclosing: [Any.Type]) -> (schema: JSON, value: Any?) {
        let some = SchemaProbe.schema(of: Wrapped.self, within: enclosing)
        return (["anyOf": [some, ["type": "null"]]], Self.none as Any)
    }
}
