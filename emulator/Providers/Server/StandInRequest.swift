import HTTPTypes
import JSON

/// One call of a provider's client, its body read whole.
struct StandInRequest: Sendable {
    let provider: String
    let method: HTTPRequest.Method
    /// The path below the provider's own base URL, split at `/` and percent-decoded: `["v1", "predictions"]`.
    let path: [String]
    let query: [String: String]
    let headers: HTTPFields
    let body: [UInt8]
    /// The provider's base URL as the client reached it, for the addresses inside answers.
    let base: String
    /// The provider's knobs, with those over them that the request brings in its `X-Stand-In` header.
    let knobs: Knobs

    /// The body as JSON.
    ///
    /// - Throws: `JSONError` when it is not.
    func json() throws -> JSON {
        try JSON(parsing: body)
    }
}

extension HTTPField.Name {
    /// Settings for one request, as JSON (see ``Knobs``).
    static let standIn = Self("X-Stand-In")!
}

extension String {
    /// Decodes percent-encoded text (RFC 3986, section 2.1); a `%` without two digits stays as it is.
    init(percentEncoded text: Substring) {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            if byte == UInt8(ascii: "%"), digits.count == 2 {
                bytes.append(UInt8(digits[0] << 4 | digits[1]))
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        self.init(decoding: bytes, as: UTF8.self)
    }
}
