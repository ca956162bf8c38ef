import Glibc
import Threads

/// A file's bytes, piece by piece, read on a thread of their own.
struct FileContent: AsyncSequence, Sendable {
    let path: String
    let pieceSize: Int
    let call: StorageCall

    static let thread = ThreadExecutor(name: "storage-files")

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let content: FileContent
        private var file: OpenedFile?
        private var offset = 0

        fileprivate init(_ content: FileContent) { self.content = content }

        /// - Throws: ``ObjectStorageError/Kind/invalidRequest`` for a file that cannot be read.
        mutating func next() async throws -> [UInt8]? {
            let (content, opened, offset) = (content, file, offset)
            let (file, bytes) = try await FileContent.thread.run {
                let file = try opened ?? OpenedFile(content.path, content.call)
                return (file, try file.read(at: offset, upTo: content.pieceSize))
            }
            self.file = file
            self.offset += bytes.count
            return bytes.isEmpty ? nil : bytes
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
