package import FoundationEssentials

extension UUID {
    /// A new UUID version 7 (RFC 9562, section 5.7): milliseconds since 1970, the fraction of the millisecond in 12 bits (section
    /// 6.2, method 3), then 62 random bits. Ids made later sort later, which keeps indexes dense and makes them cursors.
    package static func version7(at time: Date = Date()) -> UUID {
        let time = max(0, time.timeIntervalSince1970 * 1000)
        let milliseconds = UInt64(time)
        let fraction = UInt64((time - time.rounded(.down)) * 4096)
        let random = UInt64.random(in: .min ... .max)
        func byte(_ word: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> shift) }
        return UUID(
            uuid: (
                byte(milliseconds, 40), byte(milliseconds, 32), byte(milliseconds, 24), byte(milliseconds, 16),
                byte(milliseconds, 8), byte(milliseconds, 0), 0x70 | byte(fraction, 8), byte(fraction, 0),
                0x80 | (byte(random, 56) & 0x3F), byte(random, 48), byte(random, 40), byte(random, 32),
                byte(random, 24),
                byte(random, 16), byte(random, 8), byte(random, 0)
            ))
    }

    /// The canonical text form, in lower case (RFC 9562, section 4: lower case on output).
    package var text: String { uuidString.lowercased() }
}
