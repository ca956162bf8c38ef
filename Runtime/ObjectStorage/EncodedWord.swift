import Cryptography

/// Text in a header that allows only ASCII, as an encoded word (RFC 2047): what S3 returns non-ASCII metadata as, and a
/// form of the base64 that Azure asks for. Plain ASCII stays plain.
package enum EncodedWord {
    static func encode(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        let isUnchanged = isPlain && text.first != " " && text.last != " " && !text.contains("=?")
        return isUnchanged ? text : "=?UTF-8?B?\(Base64.encode(Array(text.utf8)))?="
    }

    /// Decodes every encoded word and leaves the rest as it is: words that are wrong, too. Space between two encoded words belongs
    /// to the folding and goes (RFC 2047, section 6.2).
    package static func decode(_ text: String) -> String {
        guard text.contains("=?") else { return text }
        var decoded = ""
        var isBehindWord = false
        var rest = text[...]
        while !rest.isEmpty {
            let space = rest.prefix { $0 == " " || $0 == "\t" }
            rest = rest[space.endIndex...]
            let token = rest.prefix { $0 != " " && $0 != "\t" }
            rest = rest[token.endIndex...]
            let word = word(token)
            if word == nil || !isBehindWord { decoded += space }
            decoded += word ?? String(token)
            isBehindWord = word != nil
        }
        return decoded
    }

    /// What `=?charset?encoding?text?=` stands for; nil where the token is no encoded word, or a wrong one.
    private static func word(_ token: Substring) -> String? {
        let parts = token.split(separator: "?", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "=", parts[4] == "=" else { return nil }
        let bytes: [UInt8]? =
            switch parts[2].lowercased() {
            case "b": Base64.decode(String(parts[3]))
            case "q": quoted(parts[3])
            default: nil
            }
        guard let bytes else { return nil }
        // A language may follow the character set (RFC 2231, section 5).
        switch parts[1].prefix(while: { $0 != "*" }).lowercased() {
        case "utf-8", "us-ascii": return String(validating: bytes, as: UTF8.self)
        case "iso-8859-1": return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: return nil
        }
    }

    private static func quoted(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "=") {
                guard let value = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self)), value.count == 1 else {
                    return nil
                }
                rest.removeFirst(2)
                bytes += value
            } else {
                bytes.append(byte == UInt8(ascii: "_") ? UInt8(ascii: " ") : byte)
            }
        }
        return bytes
    }
}
