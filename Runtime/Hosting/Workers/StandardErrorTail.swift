/// The last lines a process wrote to standard error.
struct StandardErrorTail {
    /// Enough for a Swift backtrace.
    static let lineLimit = 120
    static let lineLength = 4096

    private(set) var lines: [String] = []
    private var partial: [UInt8] = []

    /// Takes bytes in and returns the lines they complete.
    mutating func append(_ bytes: some Sequence<UInt8>) -> [String] {
        var complete: [String] = []
        for byte in bytes {
            if byte == 0x0A || partial.count >= Self.lineLength {
                complete.append(String(decoding: partial, as: UTF8.self))
                partial.removeAll(keepingCapacity: true)
            }
            if byte != 0x0A { partial.append(byte) }
        }
        keep(complete)
        return complete
    }

    /// The last line may have no newline.
    mutating func finish() -> [String] {
        guard !partial.isEmpty else { return [] }
        let last = String(decoding: partial, as: UTF8.self)
        partial = []
        keep([last])
        return [last]
    }

    private mutating func keep(_ new: [String]) {
        lines += new
        if lines.count > Self.lineLimit { lines.removeFirst(lines.count - Self.lineLimit) }
    }
}
