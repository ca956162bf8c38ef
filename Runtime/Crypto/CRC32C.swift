/// Castagnoli's CRC-32, highest byte first; against accidents, not against people.
package struct CRC32C: HashFunction {
    package static let byteCount = 4

    private var crc = CRC(.crc32c)

    package init() {}

    package mutating func update(raw buffer: UnsafeRawBufferPointer) { crc.update(buffer) }

    package func finalize() -> [UInt8] { crc.bytes }
}
