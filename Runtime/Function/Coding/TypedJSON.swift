package import JSON

/// Between JSON values and Swift types, by the conventions of this service's bodies: times are RFC 3339 in UTC with
/// milliseconds, UUIDs lower case, data base64, absent optional members are left out.
package enum TypedJSON {
    /// Makes a value of its JSON.
    ///
    /// - Throws: ``Failure/Code/invalid`` with one ``FieldError`` for every field that is missing or wrong.
    package static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from json: JSON) throws -> Value {
        do {
            return try ValueDecoder(json: json, path: [], problems: nil).decode(type)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure.invalid(allProblems(of: type, in: json, first: error))
        }
    }

    /// Makes a value of JSON text.
    ///
    /// - Throws: ``Failure/Code/invalid`` with the place of the mistake, or as ``decode(_:from:)``.
    package static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws -> Value {
        if bytes.isEmpty { throw Failure.invalid("the body is empty; want JSON") }
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw Failure.invalid("the body is \(error)") }
        return try decode(type, from: json)
    }

    /// The JSON of a value.
    ///
    /// - Throws: `EncodingError` for numbers that are not finite, and what the value's `encode(to:)` throws.
    package static func encode(_ value: some Encodable) throws -> JSON {
        let node = EncodedNode()
        try ValueEncoder(node: node, codingPath: []).encode(value)
        return node.json
    }

    /// Decoding once more, past every mistake, only to learn of all of them.
    private static func allProblems<Value: Decodable>(
        of type: Value.Type, in json: JSON, first: any Error
    ) -> [FieldError] {
        let problems = DecodingProblems()
        do { _ = try ValueDecoder(json: json, path: [], problems: problems).decode(type) } catch {
            problems.add(error)
        }
        if problems.errors.isEmpty { problems.add(first) }
        return problems.errors
    }
}
