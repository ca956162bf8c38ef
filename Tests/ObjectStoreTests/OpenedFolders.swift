import Glibc

@testable import ObjectStore

/// Which of some folders are opened from now on: nothing does that but what syncs or lists them.
struct OpenedFolders: ~Copyable {
    private let descriptor: Int32
    private var folders: [Int32: String] = [:]

    init(_ paths: [String]) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        for path in paths {
            let watch = inotify_add_watch(descriptor, path, UInt32(IN_OPEN))
            guard watch >= 0 else { throw StoreError.system(call: "inotify_add_watch", path: path, code: errno) }
            folders[watch] = path
        }
    }

    deinit { close(descriptor) }

    /// Those that were opened themselves, not a file or folder within.
    func opened() -> Set<String> {
        var opened: Set<String> = []
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 8) { buffer in
            let count = read(descriptor, buffer.baseAddress!, buffer.count)
            var offset = 0
            while offset < count {
                let event = buffer.load(fromByteOffset: offset, as: inotify_event.self)
                if event.len == 0, let folder = folders[event.wd] { opened.insert(folder) }
                offset += MemoryLayout<inotify_event>.size + Int(event.len)
            }
        }
        return opened
    }
}
