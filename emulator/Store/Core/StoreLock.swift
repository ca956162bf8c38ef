import Glibc

/// Keeps a second process out of the store's folder for as long as this object lives (flock(2)): the kernel drops the
/// lock when the process ends, however it ends.
final class StoreLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``StoreError/inUse(directory:by:)`` when somebody else holds it.
    init(directory: String) throws(StoreError) {
        let path = directory + "/lock"
        descriptor = try SystemCall.open(path, O_RDWR | O_CREAT)
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            let owner = Self.owner(descriptor)
            close(descriptor)
            if code == EWOULDBLOCK { throw .inUse(directory: directory, by: owner) }
            throw .system(call: "flock", path: path, code: code)
        }
        // Who holds it, for the message the next one prints; the lock itself does not depend on it.
        let text = "process \(getpid())"
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.utf8.count, 0) }
    }

    deinit {
        // Not by closing alone: a child that is just being started may still have a copy of the descriptor.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private static func owner(_ descriptor: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 64)
        let count = text.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return count > 0 ? String(decoding: text.prefix(count), as: UTF8.self) : "another process"
    }
}
