import Glibc
import NIOCore
import Synchronization

/// Hands out the bytes of an object piece by piece, as files where they are files, so that the server can send them
/// without touching them.
final class ContentReader: Sendable {
    enum Piece: Sendable {
        case bytes(ByteBuffer)
        /// Open for reading; whoever takes the piece closes it.
        case file(descriptor: Int32, offset: Int, length: Int)
        case zeros(Int64)
    }

    private let folder: ContentFolder
    private let segments: [Segment]
    private let loadInline: @Sendable (Segment) throws -> ByteBuffer
    private let next = Mutex(0)
    /// The piece that is being read into memory, if any is.
    private let rest = Mutex<PieceReader?>(nil)

    /// `segments` are pinned already; this reader lets go of them when it goes away.
    init(folder: ContentFolder, segments: [Segment], loadInline: @escaping @Sendable (Segment) throws -> ByteBuffer) {
        self.folder = folder
        self.segments = segments
        self.loadInline = loadInline
    }

    deinit { folder.unpin(segments) }

    var byteCount: Int64 { segments.byteCount }

    func nextPiece() throws -> Piece? {
        let index = next.withLock { next in
            defer { next += 1 }
            return next
        }
        guard index < segments.count else { return nil }
        let segment = segments[index]
        if segment.isHole { return .zeros(segment.length) }
        if !segment.isFile { return .bytes(try loadInline(segment)) }
        let path = folder.path(of: segment.content)
        let descriptor = try SystemCall.open(path, O_RDONLY)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size >= segment.offset + segment.length else {
            close(descriptor)
            throw StoreError.contentMissing(path: path)
        }
        return .file(descriptor: descriptor, offset: Int(segment.offset), length: Int(segment.length))
    }

    /// The next bytes of the object in memory, at most 1 MiB of them; nil at the end.
    func nextBuffer() async throws -> ByteBuffer? {
        if let bytes = try rest.withLock({ rest in try rest?.next() }) { return bytes }
        guard let piece = try nextPiece() else { return nil }
        rest.withLock { $0 = PieceReader(piece) }
        return try await nextBuffer()
    }

    /// The rest, in buffers of at most 1 MiB.
    func forEachBuffer(_ body: (ByteBuffer) async throws -> Void) async throws {
        while let bytes = try await nextBuffer() { try await body(bytes) }
    }
}
