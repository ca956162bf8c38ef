internal import FoundationEssentials
internal import FunctionRuntime

/// The headers of a signed call-back.
extension Headers {
    /// - Throws: `WebhookRefusal.missing`.
    func signed(_ name: String) throws(WebhookRefusal) -> String {
        guard let value = self[name], !value.isEmpty else { throw .missing(header: name) }
        return value
    }

    /// A time in seconds since 1970 that is not far from `now`.
    ///
    /// - Returns: its text, which is what was signed.
    func signedTime(_ name: String, now: Date) throws(WebhookRefusal) -> String {
        let text = try signed(name)
        guard let seconds = Int(text), seconds.magnitude < 1 << 40 else {
            throw .malformed(header: name, want: "seconds since 1970")
        }
        let age = Int(now.timeIntervalSince1970.rounded(.down)) - seconds
        guard abs(age) <= WebhookRefusal.tolerance else { throw .outOfTime(seconds: age) }
        return text
    }
}
