import Glibc

/// Standard output and standard error, written at once and without a buffer that a crash could lose.
enum StandardStream {
    /// Writes a whole text. A reader that has gone is no error: nobody wants the text then.
    ///
    /// - Parameter descriptor: 1 for standard output, 2 for standard error.
    static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8), to: descriptor)
    }

    /// Writes bytes as they are.
    static func write(_ content: [UInt8], to descriptor: Int32) {
        var bytes = content[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
