import Glibc

extension StorageRequest.Content {
    /// Bytes in all; nil for a request without a body.
    /// - Throws: ``ObjectStorageError/Kind/invalidRequest`` for a file that is not there.
    func length(_ call: StorageCall) throws(ObjectStorageError) -> Int? {
        switch self {
        case .none: return nil
        case .bytes(let bytes): return bytes.count
        case .chunks(let file): return file.length
        case .file(let path):
            var status = stat()
            guard stat(path, &status) == 0 else {
                let reason = String(cString: strerror(errno))
                throw ObjectStorageError(
                    .invalidRequest, "the file \(path) cannot be stored: \(reason)", operation: call.operation,
                    key: call.key)
            }
            return Int(status.st_size)
        }
    }
}
