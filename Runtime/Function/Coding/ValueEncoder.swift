internal import FoundationEssentials
internal import JSON

/// A value that is being encoded: containers fill it in place.
final class EncodedNode {
    private enum Content {
        case value(JSON)
        case members([(name: String, node: EncodedNode)])
        case elements([EncodedNode])
    }

    private var content = Content.value(.object([:]))

    func set(_ json: JSON) { content = .value(json) }

    func becomeObject() {
        if case .members = content { return }
        content = .members([])
    }

    func becomeArray() {
        if case .elements = content { return }
        content = .elements([])
    }

    func member(_ name: String) -> EncodedNode {
        let node = EncodedNode()
        if case .members(var members) = content {
            content = .value(.null)
            members.append((name, node))
            content = .members(members)
        }
        return node
    }

    func element() -> EncodedNode {
        let node = EncodedNode()
        if case .elements(var elements) = content {
            content = .value(.null)
            elements.append(node)
            content = .elements(elements)
        }
        return node
    }

    var count: Int { if case .elements(let elements) = content { elements.count } else { 0 } }

    var json: JSON {
        switch content {
        case .value(let json): json
        case .members(let members): .object(JSONObject(members.lazy.map { ($0.name, $0.node.json) }))
        case .elements(let elements): .array(elements.map(\.json))
        }
    }
}

/// Encodes an `Encodable` value as JSON; see ``TypedJSON`` for its conventions.
struct ValueEncoder: Encoder {
    let node: EncodedNode
    let codingPath: [any CodingKey]

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.becomeObject()
        return KeyedEncodingContainer(EncodedMembers(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.becomeArray()
        return EncodedElements(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { EncodedSingle(encoder: self) }

    func encode(_ value: some Encodable) throws {
        switch value {
        case let value as String: node.set(.string(value))
        case let value as Bool: node.set(.bool(value))
        case let value as Double: node.set(.number(try finite(value)))
        case let value as Float: node.set(.number(try finite(Double(value))))
        case let value as any FixedWidthInteger: try encode(integer: value)
        case let value as JSON: node.set(value)
        case let value as UUID: node.set(.string(value.uuidString.lowercased()))
        case let value as Date: node.set(.string(RFC3339.string(from: value)))
        case let value as Data: node.set(.string(value.base64EncodedString()))
        case let value as URL: node.set(.string(value.absoluteString))
        default: try value.encode(to: self)
        }
    }

    private func finite(_ value: Double) throws -> Double {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "JSON has no number \(value)"))
        }
        return value
    }

    private func encode(integer value: some FixedWidthInteger) throws {
        guard let fitting = Int64(exactly: value) else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "\(value) does not fit in 64 bits"))
        }
        node.set(.integer(fitting))
    }

    fileprivate func member(_ key: any CodingKey) -> ValueEncoder {
        ValueEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
    }

    fileprivate func element() -> ValueEncoder {
        ValueEncoder(node: node.element(), codingPath: codingPath + [PathKey(node.count - 1)])
    }
}

private struct EncodedMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil(forKey key: Key) throws { encoder.member(key).node.set(.null) }
    func encode(_ value: some Encodable, forKey key: Key) throws { try encoder.member(key).encode(value) }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        encoder.member(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder.member(key).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { encoder.member(PathKey(stringValue: "super")) }
    func superEncoder(forKey key: Key) -> any Encoder { encoder.member(key) }
}

private struct EncodedElements: UnkeyedEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.node.count }

    func encodeNil() throws { encoder.element().node.set(.null) }
    func encode(_ value: some Encodable) throws { try encoder.element().encode(value) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        encoder.element().container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder.element().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder.element() }
}

private struct EncodedSingle: SingleValueEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() throws { encoder.node.set(.null) }
    func encode(_ value: some Encodable) throws { try encoder.encode(value) }
}
