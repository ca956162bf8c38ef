import Cryptography
import Glibc
import NIOCore
import NIOPosix

/// Takes one content as it arrives: in memory while it is small, in a file of its own beyond that.
///
/// Used by one task at a time. ``finish()`` or ``discard()`` ends it.
struct ContentWriter: ~Copyable {
    private let folder: ContentFolder
    private let inlineLimit: Int
    private var buffer = ByteBuffer()
    private var file: (content: Int64, descriptor: Int32)?
    private var hash = MD5()
    private(set) var size: Int64 = 0

    init(folder: ContentFolder, inlineLimit: Int) {
        self.folder = folder
        self.inlineLimit = inlineLimit
    }

    deinit {
        // Not finished: the client went away or something failed. Nothing names these bytes.
        guard let file else { return }
        close(file.descriptor)
        Glibc.unlink(folder.incomingPath(of: file.content))
    }

    mutating func write(_ bytes: ByteBuffer) throws(StoreError) {
        if bytes.readableBytes == 0 { return }
        size += Int64(bytes.readableBytes)
        hash.update(bytes.readableBytesView)
        if file == nil {
            if buffer.readableBytes + bytes.readableBytes <= inlineLimit {
                if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeImmutableBuffer(bytes) }
                return
            }
            let content = folder.draw(file: true)
            let path = folder.incomingPath(of: content)
            file = (content, try SystemCall.open(path, O_WRONLY | O_CREAT | O_EXCL))
            try append(buffer)
            buffer = ByteBuffer()
        }
        try append(bytes)
    }

    private func append(_ bytes: ByteBuffer) throws(StoreError) {
        guard let file else { return }
        let path = folder.incomingPath(of: file.content)
        try bytes.withUnsafeReadableBytes { bytes throws(StoreError) in
            try SystemCall.write(file.descriptor, bytes, path: path)
        }
    }

    /// Makes the content durable and puts it in its place.
    consuming func finish() async throws -> PendingContent {
        let md5 = hash.finalize()
        guard let file else {
            return PendingContent(id: folder.draw(file: false), size: size, md5: md5, bytes: buffer)
        }
        let content = PendingContent(id: file.content, size: size, md5: md5, bytes: nil)
        let folder = self.folder
        let descriptor = file.descriptor
        if folder.durability == .synced {
            try await NIOThreadPool.singleton.runIfActive { try Self.place(content.id, descriptor, in: folder) }
        } else {
            try SystemCall.link(folder.incomingPath(of: content.id), to: folder.path(of: content.id))
        }
        close(descriptor)
        self.file = nil
        return content
    }

    private static func place(_ content: Int64, _ descriptor: Int32, in folder: ContentFolder) throws {
        let incoming = folder.incomingPath(of: content)
        try SystemCall.sync(descriptor, path: incoming)
        try SystemCall.link(incoming, to: folder.path(of: content))
        try SystemCall.syncDirectory(folder.directory(of: content))
    }
}
