import Synchronization

/// Names for requests: 16 upper-case hexadecimal digits, no two alike in one process.
enum RequestID {
    private static let counter = Atomic<UInt64>(UInt64(Clock.milliseconds()) << 20)

    static func next() -> String {
        let text = String(counter.wrappingAdd(1, ordering: .relaxed).oldValue, radix: 16, uppercase: true)
        return text.count < 16 ? String(repeating: "0", count: 16 - text.count) + text : text
    }
}
