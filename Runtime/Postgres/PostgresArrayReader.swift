/// Reads the binary format of an array: a header, then a length and bytes for each element.
struct PostgresArrayReader {
    struct Header {
        let dimensions: Int
        let type: PostgresType
        let count: Int
    }

    /// One element; nil bytes are NULL.
    struct Element {
        let bytes: UnsafeRawBufferPointer?
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Nil when the cell cannot be an array.
    mutating func header() -> Header? {
        guard let dimensions = integer(), let flags = integer(), let type = integer() else { return nil }
        guard (0...6).contains(dimensions), flags == 0 || flags == 1 else { return nil }
        var count = dimensions == 0 ? 0 : 1
        for _ in 0..<dimensions {
            guard let length = integer(), integer() != nil, length >= 0, length <= bytes.count else { return nil }
            count *= Int(length)
        }
        guard count <= bytes.count / 4 else { return nil }
        return Header(
            dimensions: Int(dimensions), type: PostgresType(rawValue: UInt32(bitPattern: type)), count: count)
    }

    /// Nil when the array ends too early.
    mutating func element() -> Element? {
        guard let length = integer() else { return nil }
        guard length >= 0 else { return Element(bytes: nil) }
        guard position + Int(length) <= bytes.count else { return nil }
        defer { position += Int(length) }
        return Element(bytes: UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)]))
    }

    private mutating func integer() -> Int32? {
        guard position + 4 <= bytes.count else { return nil }
        defer { position += 4 }
        return Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
    }
}
