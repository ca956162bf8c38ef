/// The one range of a `Range` header (RFC 9110, section 14).
enum ByteRange: Equatable {
    case from(Int64)
    case between(Int64, Int64)
    case last(Int64)

    /// Nil for what is no single range of bytes: such a header is ignored.
    init?(_ text: String) {
        guard text.lowercased().hasPrefix("bytes=") else { return nil }
        let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let (first, last) = (Self.number(parts[0]), Self.number(parts[1]))
        switch (first, last) {
        case (let first?, let last?) where first <= last: self = .between(first, last)
        case (let first?, nil) where parts[1].isEmpty: self = .from(first)
        case (nil, let last?) where parts[0].isEmpty: self = .last(last)
        default: return nil
        }
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }

    /// The bytes it means of `size`; nil when there are none.
    func resolve(_ size: Int64) -> Range<Int64>? {
        switch self {
        case .from(let first): first < size ? first..<size : nil
        case .between(let first, let last): first < size ? first..<min(last + 1, size) : nil
        case .last(let count): count > 0 && size > 0 ? max(0, size - count)..<size : nil
        }
    }
}
