/// Why a call-back is not believed. The sentences go to whoever sent it: they hold no secret and no part of one.
package enum WebhookRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    case missing(header: String)
    case malformed(header: String, want: String)
    /// It was signed so many seconds ago, or in the future where negative.
    case outOfTime(seconds: Int)
    case wrongSignature
    /// Nothing is configured to verify it with.
    case unverifiable(key: String)

    /// Seconds by which the time of a signature may differ from ours: older ones may be recordings.
    package static let tolerance = 300

    package var description: String {
        switch self {
        case .missing(let header): "the header \(header) is missing"
        case .malformed(let header, let want): "the header \(header) cannot be read (want \(want))"
        case .outOfTime(let seconds) where seconds < 0:
            "the signature's time lies \(-seconds) s ahead (at most \(Self.tolerance) s are tolerated)"
        case .outOfTime(let seconds):
            "the signature is \(seconds) s old (at most \(Self.tolerance) s are tolerated)"
        case .wrongSignature: "the signature does not belong to these bytes"
        case .unverifiable(let key): "nothing is there to verify the signature with; see \(key)"
        }
    }
}
