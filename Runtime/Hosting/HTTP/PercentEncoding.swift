/// Percent-encoding of URLs (RFC 3986, section 2.1).
enum PercentEncoding {
    /// The decoded text, or nil when an escape is cut short, is not hexadecimal, or the bytes are not UTF-8.
    static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        let utf8 = text.utf8
        guard utf8.contains(where: { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        var index = utf8.startIndex
        while index < utf8.endIndex {
            let byte = utf8[index]
            index = utf8.index(after: index)
            guard byte == UInt8(ascii: "%") else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            guard let end = utf8.index(index, offsetBy: 2, limitedBy: utf8.endIndex),
                let value = hexadecimal(utf8[index..<end])
            else { return nil }
            bytes.append(value)
            index = end
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ digits: Substring.UTF8View.SubSequence) -> UInt8? {
        var value: UInt8 = 0
        for digit in digits {
            switch digit {
            case 48...57: value = value << 4 | (digit - 48)
            case 65...70: value = value << 4 | (digit - 55)
            case 97...102: value = value << 4 | (digit - 87)
            default: return nil
            }
        }
        return value
    }
}
