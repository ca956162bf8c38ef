import Glibc

/// The file-system calls the store needs, each with its error turned into ``StoreError/system(call:path:code:)``.
enum SystemCall {
    /// Makes a folder; false when it was there.
    @discardableResult
    static func makeDirectory(_ path: String) throws(StoreError) -> Bool {
        if mkdir(path, 0o755) == 0 { return true }
        guard errno == EEXIST else { throw .system(call: "mkdir", path: path, code: errno) }
        return false
    }

    /// Makes `path` and the folders above it.
    ///
    /// - Parameter synced: whether the name of each new folder is on disk when this returns.
    static func makeDirectories(_ path: String, synced: Bool) throws(StoreError) {
        var prefix = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            let parent = prefix.isEmpty ? "." : prefix
            prefix += part + "/"
            if try makeDirectory(prefix), synced { try syncDirectory(parent) }
        }
    }

    /// Opens a file; never across an `exec`.
    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o644) throws(StoreError) -> Int32 {
        while true {
            let descriptor = Glibc.open(path, flags | O_CLOEXEC, mode)
            if descriptor >= 0 { return descriptor }
            if errno != EINTR { throw .system(call: "open", path: path, code: errno) }
        }
    }

    static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, path: String) throws(StoreError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw .system(call: "write", path: path, code: errno)
            }
        }
    }

    /// Up to `count` bytes from `offset`; fewer only at the end of the file.
    static func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int64, path: String
    ) throws(StoreError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + done)
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw .system(call: "pread", path: path, code: errno)
            }
        }
        return done
    }

    static func sync(_ descriptor: Int32, path: String) throws(StoreError) {
        if fsync(descriptor) != 0 { throw .system(call: "fsync", path: path, code: errno) }
    }

    static func syncDirectory(_ path: String) throws(StoreError) {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        try sync(descriptor, path: path)
    }

    static func link(_ path: String, to target: String) throws(StoreError) {
        if Glibc.link(path, target) != 0 { throw .system(call: "link", path: target, code: errno) }
    }

    /// Removes a file; one that is already gone is no error.
    static func unlink(_ path: String) throws(StoreError) {
        if Glibc.unlink(path) != 0 && errno != ENOENT { throw .system(call: "unlink", path: path, code: errno) }
    }

    /// The names in a folder, in no order.
    static func names(in path: String) throws(StoreError) -> [String] {
        guard let folder = opendir(path) else { throw .system(call: "opendir", path: path, code: errno) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
