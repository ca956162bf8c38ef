import Glibc

/// A file that is open for reading as long as the value lives. Its calls block.
final class OpenedFile: Sendable {
    private let descriptor: Int32
    private let path: String
    private let call: StorageCall

    /// - Throws: ``ObjectStorageError/Kind/invalidRequest`` for a file that cannot be read.
    init(_ path: String, _ call: StorageCall) throws(ObjectStorageError) {
        (self.path, self.call) = (path, call)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw unreadable }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Up to `limit` bytes; fewer only at the file's end.
    func read(at offset: Int, upTo limit: Int) throws(ObjectStorageError) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
            while filled < limit {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
                if count < 0 { failed = true }
                if count <= 0 { return }
                filled += count
            }
        }
        if failed { throw unreadable }
        return bytes
    }

    private var unreadable: ObjectStorageError {
        let reason = String(cString: strerror(errno))
        return ObjectStorageError(
            .invalidRequest, "the file \(path) cannot be stored: \(reason)", operation: call.operation, key: call.key)
    }
}
