import Glibc
import NIOPosix
import ObjectStorage

/// The bytes of a file, a megabyte at a time, read beside the cooperative pool.
struct FileChunks: AsyncSequence, Sendable {
    let path: String

    struct AsyncIterator: AsyncIteratorProtocol {
        let file: OpenFile

        mutating func next() async throws -> [UInt8]? { try await file.read() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: OpenFile(path)) }

    /// Writes a download into a file, in place of what was there.
    static func write(_ body: ObjectContent, to path: String) async throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw EmulatorError("cannot write \(path): \(SystemMessage.last)") }
        defer { close(descriptor) }
        for try await chunk in body {
            try await NIOThreadPool.singleton.runIfActive {
                var rest = chunk[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                    guard count >= 0 else { throw EmulatorError("cannot write \(path): \(SystemMessage.last)") }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }

    /// Opened by its first read; closed with its owner.
    actor OpenFile {
        private let path: String
        private var descriptor: Int32 = -1

        init(_ path: String) { self.path = path }

        deinit { if descriptor >= 0 { close(descriptor) } }

        func read() async throws -> [UInt8]? {
            if descriptor < 0 { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
            guard descriptor >= 0 else { throw EmulatorError("cannot read \(path): \(SystemMessage.last)") }
            let (file, path) = (descriptor, path)
            let bytes = try await NIOThreadPool.singleton.runIfActive {
                var buffer = [UInt8](repeating: 0, count: 1 << 20)
                let count = Glibc.read(file, &buffer, buffer.count)
                guard count >= 0 else { throw EmulatorError("cannot read \(path): \(SystemMessage.last)") }
                return Array(buffer.prefix(count))
            }
            return bytes.isEmpty ? nil : bytes
        }
    }
}
