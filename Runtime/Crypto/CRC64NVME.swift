/// NVM Express' CRC-64, highest byte first; against accidents, not against people.
package struct CRC64NVME: HashFunction {
    package static let byteCount = 8

    private var crc = CRC(.crc64nvme)

    package init() {}

    package mutating func update(raw buffer: UnsafeRawBufferPointer) { crc.update(buffer) }

    package func finalize() -> [UInt8] { crc.bytes }
}
