import FoundationEssentials

/// Texts of a form that has a name.
enum SchemaFormat: String, Sendable, CaseIterable {
    case uri, uuid

    var phrase: String {
        switch self {
        case .uri: "an address such as https://example.com/picture.png"
        case .uuid: "a UUID"
        }
    }

    func admits(_ text: String) -> Bool {
        switch self {
        case .uri:
            // RFC 3986, section 3.1: a scheme, a colon, something without spaces.
            guard let colon = text.firstIndex(of: ":"), let first = text.utf8.first else { return false }
            let scheme = text[..<colon].utf8
            let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= first | 0x20
            return isLetter && text.index(after: colon) < text.endIndex
                && scheme.allSatisfy { byte in
                    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                        || "+-.".utf8.contains(byte)
                } && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        case .uuid: return UUID(uuidString: text) != nil
        }
    }
}
