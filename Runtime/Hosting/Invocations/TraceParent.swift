/// A W3C trace context header (https://www.w3.org/TR/trace-context/#traceparent-header).
package struct TraceParent: Sendable, Hashable {
    /// 32 hexadecimal digits in lower case, not all zero.
    package let traceId: String
    /// 16 hexadecimal digits in lower case, not all zero.
    package let spanId: String
    /// The caller records this trace.
    package let isSampled: Bool

    /// The header's value.
    package var text: String { "00-\(traceId)-\(spanId)-\(isSampled ? "01" : "00")" }

    /// Reads a header. Nil when it is malformed: then a new trace begins, as the specification wants it.
    package init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, let version = Self.hexadecimal(parts[0], 2), version != "ff",
            version != "00" || parts.count == 4, let trace = Self.hexadecimal(parts[1], 32),
            let span = Self.hexadecimal(parts[2], 16), let flags = Self.hexadecimal(parts[3], 2),
            trace.contains(where: { $0 != "0" }), span.contains(where: { $0 != "0" })
        else { return nil }
        traceId = trace
        spanId = span
        isSampled = UInt8(flags, radix: 16)! & 1 == 1
    }

    private init(traceId: String, spanId: String, isSampled: Bool) {
        self.traceId = traceId
        self.spanId = spanId
        self.isSampled = isSampled
    }

    /// The root of a new trace.
    package static func make() -> TraceParent {
        TraceParent(
            traceId: digits(.random(in: 1 ... .max)) + digits(.random(in: .min ... .max)), spanId: span(),
            isSampled: true)
    }

    /// The same trace, one span further.
    package func child() -> TraceParent { TraceParent(traceId: traceId, spanId: Self.span(), isSampled: isSampled) }

    private static func span() -> String { digits(.random(in: 1 ... .max)) }

    private static func digits(_ value: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { buffer in
            for position in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * position)) & 15
                buffer[position] = digit < 10 ? 48 + digit : 87 + digit
            }
            return 16
        }
    }

    private static func hexadecimal(_ text: Substring, _ count: Int) -> String? {
        let isRight =
            text.utf8.count == count && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return isRight ? String(text) : nil
    }
}
