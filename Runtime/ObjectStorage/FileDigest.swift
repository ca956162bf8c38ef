import Cryptography
import Glibc
import Threads

/// Hashes files, on a thread of its own.
enum FileDigest {
    private static let thread = ThreadExecutor(name: "file-digest")
    private static let bufferSize = 1 << 20

    /// - Throws: ``ObjectStorageError/Kind/invalidRequest`` for a file that cannot be read.
    static func compute(_ empty: any HashFunction, _ path: String, _ call: StorageCall) async throws -> [UInt8] {
        try await thread.run {
            var hash = empty
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw unreadable(path, call) }
            defer { close(file) }
            var buffer = [UInt8](repeating: 0, count: bufferSize)
            while true {
                let count = read(file, &buffer, bufferSize)
                guard count >= 0 else { throw unreadable(path, call) }
                if count == 0 { return hash.finalize() }
                hash.update(buffer[..<count])
            }
        }
    }

    private static func unreadable(_ path: String, _ call: StorageCall) -> ObjectStorageError {
        let reason = String(cString: strerror(errno))
        return ObjectStorageError(
            .invalidRequest, "the file \(path) cannot be stored: \(reason)", operation: call.operation, key: call.key)
    }
}
