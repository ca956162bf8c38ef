/// MD5 (RFC 1321); for entity tags and `Content-MD5`, never where an adversary matters.
package struct MD5: HashFunction {
    package static let byteCount = 16

    private var context = DigestContext(.md5)

    package init() {}

    package mutating func update(raw buffer: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&context) { context = context.copy() }
        context.update(buffer)
    }

    package func finalize() -> [UInt8] { context.digest(byteCount: Self.byteCount) }
}
