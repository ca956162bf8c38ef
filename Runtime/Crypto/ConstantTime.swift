import COpenSSL

/// Comparison that takes as long for a wrong secret as for the right one.
package enum ConstantTime {
    /// Whether both sequences hold the same bytes. Only their lengths can be learnt from the time it takes.
    package static func equal(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
        let left = Array(left)
        let right = Array(right)
        return left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// Whether both texts have the same UTF-8 bytes.
    package static func equal(_ left: String, _ right: String) -> Bool { equal(left.utf8, right.utf8) }
}
