/// SHA-1 (FIPS 180-4); for checksums that a protocol asks for, never for a new signature.
package struct SHA1: HashFunction {
    package static let byteCount = 20

    private var context = DigestContext(.sha1)

    package init() {}

    package mutating func update(raw buffer: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&context) { context = context.copy() }
        context.update(buffer)
    }

    package func finalize() -> [UInt8] { context.digest(byteCount: Self.byteCount) }
}
