internal import FoundationEssentials
internal import JSON

/// Decodes a `Decodable` type from a JSON value. With `problems` it goes on past mistakes, putting stand-ins in their
/// place, and notes all of them; what it makes then is thrown away.
struct ValueDecoder: Decoder {
    /// The value; nil stands for something missing.
    let json: JSON?
    let path: [any CodingKey]
    let problems: DecodingProblems?

    var codingPath: [any CodingKey] { path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let json else { return KeyedDecodingContainer(KeyedValues(decoder: self, members: [:])) }
        guard case .object(let members) = json else { throw problem("must be an object") }
        return KeyedDecodingContainer(KeyedValues(decoder: self, members: members))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let json else { return UnkeyedValues(decoder: self, elements: []) }
        guard case .array(let elements) = json else { throw problem("must be an array") }
        return UnkeyedValues(decoder: self, elements: elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        SingleValue(decoder: self)
    }

    func descend(_ json: JSON?, _ key: any CodingKey) -> ValueDecoder {
        ValueDecoder(json: json, path: path + [key], problems: problems)
    }

    func problem(_ message: String) -> DecodingProblem {
        DecodingProblem(path: path, message: message)
    }

    /// Decodes a value; when that fails and mistakes are collected, notes it and returns a stand-in if there is one.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard let problems else { return try strict(type) }
        do { return try strict(type) } catch {
            problems.add(error)
            if let standIn = StandIn.make(type) { return standIn }
            guard json != nil else { throw error }
            return try problems.muting {
                try Value(from: ValueDecoder(json: nil, path: path, problems: problems))
            }
        }
    }

    private func strict<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let direct = try direct(type) { return direct }
        if json == nil, let problems {
            problems.add("is missing", at: path)
            if let standIn = StandIn.make(type) { return standIn }
            return try problems.muting { try Value(from: self) }
        }
        do { return try Value(from: self) } catch DecodingError.dataCorrupted(let context) {
            guard let allowed = StandIn.allowedTexts(type) else { throw DecodingError.dataCorrupted(context) }
            throw problem("must be one of \(allowed.joined(separator: ", "))")
        }
    }

    /// Types that have a JSON form of their own here.
    private func direct<Value: Decodable>(_ type: Value.Type) throws -> Value? {
        switch type {
        case is String.Type: return try text() as? Value
        case is Bool.Type: return try bool() as? Value
        case is Int.Type: return try integer(Int.self) as? Value
        case is Double.Type: return try number() as? Value
        case is JSON.Type: return try present() as? Value
        case is UUID.Type: return try parse("must be a UUID", UUID.init(uuidString:)) as? Value
        case is Date.Type:
            return try parse("must be a time such as 2026-11-20T19:22:31Z", RFC3339.date(from:)) as? Value
        case is Data.Type: return try parse("must be base64") { Data(base64Encoded: $0) } as? Value
        case is URL.Type: return try parse("must be a URL") { URL(string: $0) } as? Value
        default: return nil
        }
    }

    private func present() throws -> JSON {
        guard let json else { throw problem("is missing") }
        return json
    }

    private func parse<Value>(_ message: String, _ read: (String) -> Value?) throws -> Value {
        guard let value = try present().string.flatMap(read) else { throw problem(message) }
        return value
    }

    func text() throws -> String {
        guard let text = try present().string else { throw problem("must be a string") }
        return text
    }

    func bool() throws -> Bool {
        guard let value = try present().bool else { throw problem("must be true or false") }
        return value
    }

    func number() throws -> Double {
        guard let value = try present().double else { throw problem("must be a number") }
        return value
    }

    func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        guard let value = try present().integer else { throw problem("must be a whole number") }
        guard let fitting = Value(exactly: value) else {
            throw problem("must be a whole number from \(Value.min) to \(Value.max)")
        }
        return fitting
    }
}
