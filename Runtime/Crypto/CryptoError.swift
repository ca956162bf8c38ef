/// What can go wrong in this module because of what was passed in.
package enum CryptoError: Error, Hashable, CustomStringConvertible {
    /// OpenSSL refused; `reason` is its own text.
    case openSSL(call: String, reason: String)
    /// A key or a signature has the wrong number of bytes.
    case wrongLength(what: String, expected: Int, actual: Int)
    /// A stored password hash is not of the form ``PasswordHash`` writes. The hash itself is not repeated here.
    case malformedPasswordHash(String)

    package var description: String {
        switch self {
        case .openSSL(let call, let reason): "OpenSSL: \(call) failed: \(reason)"
        case .wrongLength(let what, let expected, let actual): "\(what) has \(actual) bytes; \(expected) are needed"
        case .malformedPasswordHash(let reason): "stored password hash is malformed: \(reason)"
        }
    }
}
