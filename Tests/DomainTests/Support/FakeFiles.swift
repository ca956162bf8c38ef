import Domain
import Synchronization

/// The bytes of pictures, in memory.
final class FakeFiles: PictureFiles {
    private let files = Mutex<[String: [UInt8]]>([:])
    private let onRead: @Sendable () async throws -> Void

    init(onRead: @escaping @Sendable () async throws -> Void = {}) {
        self.onRead = onRead
    }

    struct Missing: Error {}

    var keys: [String] { files.withLock { $0.keys.sorted() } }

    func read(_ key: String, upTo limit: Int) async throws -> [UInt8] {
        try await onRead()
        guard let bytes = files.withLock({ $0[key] }) else { throw Missing() }
        return bytes
    }

    func remove(_ key: String) async throws {
        files.withLock { $0[key] = nil }
    }

    func write(_ key: String, _ bytes: [UInt8], format: ImageFormat) async throws {
        files.withLock { $0[key] = bytes }
    }
}
