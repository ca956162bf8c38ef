/// Reads numbers at offsets of an untrusted file: beyond its end there is nil, never a trap.
struct HeaderReader {
    let bytes: [UInt8]

    var count: Int { bytes.count }

    func byte(_ offset: Int) -> UInt8? { bytes.indices.contains(offset) ? bytes[offset] : nil }

    func has(_ expected: some Collection<UInt8>, at offset: Int) -> Bool {
        offset + expected.count <= count && bytes[offset..<offset + expected.count].elementsEqual(expected)
    }

    func starts(with expected: some Collection<UInt8>) -> Bool { has(expected, at: 0) }

    func big16(_ offset: Int) -> Int? { number(offset, 2, bigEndian: true) }
    func big32(_ offset: Int) -> Int? { number(offset, 4, bigEndian: true) }
    func little16(_ offset: Int) -> Int? { number(offset, 2, bigEndian: false) }
    func little24(_ offset: Int) -> Int? { number(offset, 3, bigEndian: false) }
    func little32(_ offset: Int) -> Int? { number(offset, 4, bigEndian: false) }

    private func number(_ offset: Int, _ width: Int, bigEndian: Bool) -> Int? {
        guard offset + width <= count else { return nil }
        let part = bytes[offset..<offset + width]
        return bigEndian ? part.reduce(0) { $0 << 8 | Int($1) } : part.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
