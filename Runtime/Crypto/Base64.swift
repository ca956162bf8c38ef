/// Bytes as base64 (RFC 4648), both alphabets, read strictly: nothing but the alphabet, the right padding, and no bits
/// set in the unused end of the last character. A text therefore stands for exactly one sequence of bytes, and back.
package enum Base64 {
    /// The letters for the values 62 and 63.
    package enum Alphabet: Sendable {
        /// `+` and `/` (RFC 4648, section 4).
        case standard
        /// `-` and `_` (RFC 4648, section 5).
        case url

        fileprivate var letters: [UInt8] { self == .standard ? standardLetters : urlLetters }
        fileprivate var values: [UInt8] { self == .standard ? standardValues : urlValues }
    }

    /// `bytes` as text, padded with `=` unless told otherwise.
    package static func encode(
        _ bytes: some Collection<UInt8>, alphabet: Alphabet = .standard, padded: Bool = true
    ) -> String {
        let letters = alphabet.letters
        return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { output in
            var count = 0
            var group: UInt32 = 0
            var bits = 0
            for byte in bytes {
                group = group << 8 | UInt32(byte)
                bits += 8
                while bits >= 6 {
                    bits -= 6
                    output[count] = letters[Int(group >> UInt32(bits) & 63)]
                    count += 1
                }
            }
            if bits > 0 {
                output[count] = letters[Int(group << UInt32(6 - bits) & 63)]
                count += 1
            }
            while padded && count % 4 != 0 {
                output[count] = UInt8(ascii: "=")
                count += 1
            }
            return count
        }
    }

    /// The bytes that `text` stands for; nil when it is not exactly what ``encode(_:alphabet:padded:)`` writes.
    package static func decode(_ text: String, alphabet: Alphabet = .standard, padded: Bool = true) -> [UInt8]? {
        var letters = Array(text.utf8)[...]
        if padded {
            guard letters.count.isMultiple(of: 4) else { return nil }
            if letters.last == UInt8(ascii: "=") { letters.removeLast() }
            if letters.last == UInt8(ascii: "=") { letters.removeLast() }
        }
        guard letters.count % 4 != 1 else { return nil }
        let values = alphabet.values
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count * 3 / 4)
        var group: UInt32 = 0
        var bits = 0
        for letter in letters {
            let value = values[Int(letter)]
            if value == notALetter { return nil }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return group & (1 << UInt32(bits) - 1) == 0 ? bytes : nil
    }

    /// `bytes` in the URL alphabet without padding, as tokens are written (RFC 7515).
    package static func encodeURL(_ bytes: some Collection<UInt8>) -> String {
        encode(bytes, alphabet: .url, padded: false)
    }

    /// The bytes of a text in the URL alphabet without padding; nil when it is anything else.
    package static func decodeURL(_ text: String) -> [UInt8]? { decode(text, alphabet: .url, padded: false) }

    private static let standardLetters = letters("+/")
    private static let urlLetters = letters("-_")
    private static let standardValues = values(standardLetters)
    private static let urlValues = values(urlLetters)
    private static let notALetter: UInt8 = 255

    private static func letters(_ last: String) -> [UInt8] {
        Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
    }

    private static func values(_ letters: [UInt8]) -> [UInt8] {
        var values = [UInt8](repeating: notALetter, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }
}
