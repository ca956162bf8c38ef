import Glibc
import NIOCore

/// Reads one piece of an object into memory, at most 1 MiB at a time.
final class PieceReader {
    private static let step = 1 << 20

    private var piece: ContentReader.Piece?

    init(_ piece: ContentReader.Piece) { self.piece = piece }

    deinit {
        if case .file(let descriptor, _, _) = piece { close(descriptor) }
    }

    /// Nil at the piece's end.
    func next() throws -> ByteBuffer? {
        switch piece {
        case nil: return nil
        case .bytes(let bytes):
            piece = nil
            return bytes
        case .zeros(let count):
            let taken = min(count, Int64(Self.step))
            piece = taken == count ? nil : .zeros(count - taken)
            return ByteBuffer(repeating: 0, count: Int(taken))
        case .file(let descriptor, let offset, let length):
            let wanted = min(length, Self.step)
            var bytes = ByteBuffer()
            let count = try bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { buffer in
                try SystemCall.read(
                    descriptor, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: Int64(offset),
                    path: "content")
            }
            guard count == wanted else { throw StoreError.contentMissing(path: "content") }
            if wanted == length {
                close(descriptor)
                piece = nil
            } else {
                piece = .file(descriptor: descriptor, offset: offset + wanted, length: length - wanted)
            }
            return bytes
        }
    }
}
