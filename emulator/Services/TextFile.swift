import FoundationEssentials
import Glibc

/// Small text files: read whole, written whole, never half.
enum TextFile {
    /// The content, or nil when there is no such readable file.
    static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Everything on standard input, also when that is a pipe.
    static func standardInput() -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(0, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// Replaces the file in one step (write beside it, rename): a reader sees the old or the new content.
    ///
    /// - Parameter mode: permission bits; 0o600 for what holds keys.
    /// - Throws: ``EmulatorError`` with the system's reason.
    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw EmulatorError("cannot write \(path): \(SystemMessage.last)") }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let reason = SystemMessage.last
                close(descriptor)
                throw EmulatorError("cannot write \(path): \(reason)")
            }
            bytes = bytes.dropFirst(count)
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else {
            throw EmulatorError("cannot write \(path): \(SystemMessage.last)")
        }
    }

    /// The last lines of a text file, however long it is.
    ///
    /// - Parameter count: how many lines at most, out of its last 4,096 bytes.
    static func lastLines(of path: String, count: Int) -> [String]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        lseek(descriptor, max(0, size - 4096), SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let length = Glibc.read(descriptor, &bytes, bytes.count)
        guard length >= 0 else { return nil }
        let text = String(decoding: bytes.prefix(length), as: UTF8.self)
        return text.split(separator: "\n").suffix(count).map(String.init)
    }
}
