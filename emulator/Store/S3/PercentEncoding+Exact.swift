extension PercentEncoding {
    /// Decodes `%XX`; nil where a percent sign stands before anything else, or when the result is not UTF-8.
    static func exactlyDecode(_ text: Substring) -> String? {
        for piece in text.split(separator: "%", omittingEmptySubsequences: false).dropFirst() {
            guard piece.utf8.prefix(2).count(where: isHexDigit) == 2 else { return nil }
        }
        return strictlyDecode(text)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool { Character(UnicodeScalar(byte)).isHexDigit }
}
