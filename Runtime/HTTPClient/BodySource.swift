import Glibc

/// Where the bytes of a request body come from, as the transfer thread reads them.
final class BodySource {
    private let source: HTTPClient.RequestBody.Source
    private let upload: UploadChannel?
    private var position = 0
    private var descriptor: Int32 = -1
    /// Bytes in all; nil when unknown.
    let length: Int?

    /// - Throws: ``HTTPClientError/Kind/bodyUnavailable`` for a file that cannot be opened.
    init(_ transfer: Transfer) throws(HTTPClientError) {
        source = transfer.request.body.source
        upload = transfer.upload
        switch source {
        case .none: length = 0
        case .bytes(let bytes): length = bytes.count
        case .stream(let announced, _): length = announced
        case .file(let path):
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            var status = stat()
            guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                let reason = descriptor < 0 ? String(cString: strerror(errno)) : "not a regular file"
                if descriptor >= 0 { close(descriptor) }
                throw HTTPClientError(
                    .bodyUnavailable, transfer.url.text, "the file \(path) cannot be sent: \(reason)")
            }
            length = Int(status.st_size)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    var isNone: Bool { if case .none = source { true } else { false } }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> UploadChannel.Read {
        switch source {
        case .none: return .end
        case .stream: return upload?.read(into: buffer) ?? .failed
        case .bytes(let bytes):
            let part = bytes[position...].prefix(buffer.count)
            buffer.copyBytes(from: part)
            position += part.count
            return part.isEmpty ? .end : .bytes(part.count)
        case .file:
            let count = pread(descriptor, buffer.baseAddress, buffer.count, position)
            position += max(count, 0)
            return count < 0 ? .failed : count == 0 ? .end : .bytes(count)
        }
    }

    /// Goes back to `position`, for a request that libcurl must send again on another connection.
    func seek(to position: Int) -> Bool {
        if case .stream = source { return false }
        self.position = position
        return true
    }
}
