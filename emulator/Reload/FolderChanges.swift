import Dispatch
import Glibc

/// Tells which files of some folders were written: at the moment their writer is done, as the kernel says it (inotify(7)).
///
/// What happens in a folder that is made later, or on a file system that tells nothing (some network and container mounts), is not
/// told: it has to be looked for as well.
struct FolderChanges: Sendable {
    /// Calls `written` with the paths of files that are whole now, until the task is canceled.
    static func watch(_ folders: Set<String>, written: @escaping @Sendable (Set<String>) -> Void) async {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { return }
        var names: [Int32: String] = [:]
        for folder in folders {
            let number = inotify_add_watch(descriptor, folder, UInt32(IN_CLOSE_WRITE | IN_MOVED_TO))
            if number >= 0 { names[number] = folder }
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
        source.setEventHandler { [names] in
            let paths = read(descriptor, names)
            if !paths.isEmpty { written(paths) }
        }
        source.setCancelHandler { close(descriptor) }
        source.resume()
        let (ended, end) = AsyncStream<Never>.makeStream()
        await withTaskCancellationHandler {
            for await _ in ended {}
        } onCancel: {
            end.finish()
        }
        source.cancel()
    }

    /// Everything that has happened since the last time.
    private static func read(_ descriptor: Int32, _ folders: [Int32: String]) -> Set<String> {
        var paths: Set<String> = []
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: MemoryLayout<inotify_event>.alignment) { buffer in
            while case let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count), count > 0 {
                var offset = 0
                while offset < count {
                    let event = buffer.load(fromByteOffset: offset, as: inotify_event.self)
                    let start = offset + MemoryLayout<inotify_event>.size
                    let name = String(
                        decoding: buffer[start..<start + Int(event.len)].prefix { $0 != 0 }, as: UTF8.self)
                    if let folder = folders[event.wd], !name.isEmpty { paths.insert(folder + "/" + name) }
                    offset = start + Int(event.len)
                }
            }
        }
        return paths
    }
}
