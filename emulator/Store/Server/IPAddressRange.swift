import Glibc

/// A range of addresses: one address, a network in CIDR notation (`10.0.0.0/8`, `fd00::/8`), or two ends
/// (`10.0.0.1-10.0.0.9`).
struct IPAddressRange {
    private let first: [UInt8]
    private let last: [UInt8]

    init?(_ text: String) {
        if let dash = text.firstIndex(of: "-") {
            guard let first = Self.parse(String(text[..<dash])),
                let last = Self.parse(String(text[text.index(after: dash)...])), first.count == last.count
            else { return nil }
            self.first = first
            self.last = last
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = Self.parse(String(parts[0])) else { return nil }
        let bits = parts.count == 2 ? Int(parts[1]) ?? -1 : address.count * 8
        guard (0...address.count * 8).contains(bits) else { return nil }
        let mask = (0..<address.count).map { UInt8(truncatingIfNeeded: 0xFF00 >> max(0, min(8, bits - $0 * 8))) }
        first = zip(address, mask).map { $0 & $1 }
        last = zip(first, mask).map { $0 | ~$1 }
    }

    func contains(_ text: String) -> Bool {
        guard let address = Self.parse(text), address.count == first.count else { return false }
        return !address.lexicographicallyPrecedes(first) && !last.lexicographicallyPrecedes(address)
    }

    private static func parse(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var six = in6_addr()
        if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
        return nil
    }
}
