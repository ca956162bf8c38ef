package import FoundationEssentials

extension UUID {
    /// A new UUID version 7 (RFC 9562, section 5.7): milliseconds since 1970, then 74 random bits. Ids made later sort later,
    /// which keeps indexes dense and makes them cursors.
    package static func version7(at time: Date = Date()) -> UUID {
        let milliseconds = UInt64(max(0, time.timeIntervalSince1970 * 1000))
        let high = UInt64.random(in: .min ... .max)
        let low = UInt64.random(in: .min ... .max)
        func stamp(_ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: milliseconds >> shift) }
        func random(_ word: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (index * 8)) }
        return UUID(
            uuid: (
                stamp(40), stamp(32), stamp(24), stamp(16), stamp(8), stamp(0),
                0x70 | (random(high, 0) & 0x0F), random(high, 1),
                0x80 | (random(low, 0) & 0x3F), random(low, 1), random(low, 2), random(low, 3),
                random(low, 4), random(low, 5), random(low, 6), random(low, 7)
            ))
    }

    /// The canonical text form, in lower case (RFC 9562, section 4: lower case on output).
    package var text: String { uuidString.lowercased() }
}
