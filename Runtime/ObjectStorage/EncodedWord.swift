import Cryptography

/// Text in a header that allows only ASCII, as an encoded word (RFC 2047): what S3 returns non-ASCII metadata as, and a
/// form of the base64 that Azure asks for. Plain ASCII stays plain.
enum EncodedWord {
    static func encode(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        let isUnchanged = isPlain && text.first != " " && text.last != " " && !text.contains("=?")
        return isUnchanged ? text : "=?UTF-8?B?\(Base64.encode(Array(text.utf8)))?="
    }

    /// Decodes every encoded word in UTF-8 and leaves the rest as it is.
    static func decode(_ text: String) -> String {
        guard text.contains("=?") else { return text }
        return text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let parts = word.split(separator: "?", omittingEmptySubsequences: false)
            guard parts.count == 5, parts[0] == "=", parts[4] == "=", parts[1].lowercased() == "utf-8" else {
                return String(word)
            }
            let bytes = parts[2].lowercased() == "b" ? Base64.decode(String(parts[3])) : quoted(parts[3])
            return bytes.map { String(decoding: $0, as: UTF8.self) } ?? String(word)
        }.joined(separator: " ")
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
