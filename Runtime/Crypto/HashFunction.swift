/// A hash computed piece by piece, or at once.
///
///     var hash = SHA256()
///     for try await chunk in body { hash.update(chunk) }
///     let digest = Hex.encode(hash.finalize())
///
/// A copy goes on independently of its original.
package protocol HashFunction: Sendable {
    /// How many bytes the digest has.
    static var byteCount: Int { get }

    init()

    /// Adds the bytes in `buffer`.
    mutating func update(raw buffer: UnsafeRawBufferPointer)

    /// The digest of everything added so far. More may be added afterwards.
    func finalize() -> [UInt8]
}

extension HashFunction {
    /// Adds `bytes`; without copying them when they are contiguous (`[UInt8]`, slices of it, `ByteBufferView`).
    package mutating func update(_ bytes: some Sequence<UInt8>) {
        let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { update(raw: UnsafeRawBufferPointer($0)) }
        if isContiguous == nil { Array(bytes).withUnsafeBytes { update(raw: $0) } }
    }

    /// The digest of `bytes`.
    package static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var hash = Self()
        hash.update(bytes)
        return hash.finalize()
    }
}
