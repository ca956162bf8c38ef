/// A `traceparent` for an invocation that came without one (W3C Trace Context, section 3.2).
package enum TraceParent {
    /// A new trace: version 00, random ids, sampled.
    package static func make() -> String {
        "00-\(hexadecimal())\(hexadecimal())-\(hexadecimal())-01"
    }

    /// The trace id within a `traceparent`; nil when it is not one.
    package static func traceID(of traceparent: String) -> String? {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[1].utf8.count == 32, parts[1].contains(where: { $0 != "0" }) else { return nil }
        return String(parts[1])
    }

    private static func hexadecimal() -> String {
        let digits = String(UInt64.random(in: 1 ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
