import FoundationEssentials

/// Names for invocations: 26 characters, unique, and in the order of their making.
package enum InvocationIdentifier {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// A new identifier: 48 bits of milliseconds since 1970 and 80 random bits, in Crockford's base 32, as ULIDs are
    /// (https://github.com/ulid/spec) but in lower case.
    package static func make() -> String {
        make(
            milliseconds: UInt64(Date().timeIntervalSince1970 * 1000),
            random: (.random(in: .min ... .max), .random(in: .min ... .max)))
    }

    static func make(milliseconds: UInt64, random: (UInt64, UInt64)) -> String {
        String(unsafeUninitializedCapacity: 26) { buffer in
            for position in 0..<10 {
                buffer[position] = alphabet[Int(milliseconds >> UInt64(45 - 5 * position)) & 31]
            }
            for position in 0..<8 {
                buffer[10 + position] = alphabet[Int(truncatingIfNeeded: random.0 >> UInt64(5 * position)) & 31]
                buffer[18 + position] = alphabet[Int(truncatingIfNeeded: random.1 >> UInt64(5 * position)) & 31]
            }
            return 26
        }
    }
}
