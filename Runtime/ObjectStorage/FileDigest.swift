import Cryptography
import Threads

/// Hashes files, on the thread that reads them.
enum FileDigest {
    private static let pieceSize = 1 << 20

    /// - Throws: ``ObjectStorageError/Kind/invalidRequest`` for a file that cannot be read.
    static func compute(_ empty: any HashFunction, _ path: String, _ call: StorageCall) async throws -> [UInt8] {
        try await FileContent.thread.run {
            var hash = empty
            let file = try OpenedFile(path, call)
            var offset = 0
            while true {
                let piece = try file.read(at: offset, upTo: pieceSize)
                if piece.isEmpty { return hash.finalize() }
                hash.update(piece)
                offset += piece.count
            }
        }
    }
}
