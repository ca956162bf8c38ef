/// SHA-256 (FIPS 180-4).
package struct SHA256: HashFunction {
    package static let byteCount = 32

    private var context = DigestContext(.sha256)

    package init() {}

    package mutating func update(raw buffer: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&context) { context = context.copy() }
        context.update(buffer)
    }

    package func finalize() -> [UInt8] { context.digest(byteCount: Self.byteCount) }
}
