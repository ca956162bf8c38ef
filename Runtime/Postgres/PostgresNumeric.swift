/// A `numeric` in its binary format: groups of four decimal digits (`numeric_send` in the server's `numeric.c`).
struct PostgresNumeric {
    private let text: String

    init(_ bytes: UnsafeRawBufferPointer) throws(PostgresMismatch) {
        guard bytes.count >= 8, bytes.count % 2 == 0 else { throw .value("its value is not a whole numeric") }
        func word(_ index: Int) -> UInt16 {
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
        }
        let groups = Int(word(0))
        let weight = Int(Int16(bitPattern: word(1)))
        guard bytes.count == 8 + groups * 2 else { throw .value("its value is not a whole numeric") }
        var digits = ""
        for group in 0..<groups {
            let four = String(word(4 + group))
            digits += String(repeating: "0", count: 4 - four.count) + four
        }
        switch word(2) {
        case 0x0000: text = "0\(digits)e\((weight + 1 - groups) * 4)"
        case 0x4000: text = "-0\(digits)e\((weight + 1 - groups) * 4)"
        case 0xD000: text = "inf"
        case 0xF000: text = "-inf"
        default: text = "nan"
        }
    }

    var doubleValue: Double { Double(text) ?? .nan }
}
