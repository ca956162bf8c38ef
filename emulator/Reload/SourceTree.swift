import Glibc

/// The files below some folders, as they are at one moment.
struct SourceTree: Sendable, Equatable {
    /// Path to stamp.
    private(set) var files: [String: FileStamp] = [:]

    /// Looks at every file below the folders; hidden files and folders are passed over.
    init(folders: Set<String>, files extra: [String] = []) {
        for folder in folders { add(folder: folder, depth: 0) }
        for path in extra { files[path] = FileStamp(of: path) }
    }

    /// The paths that were added, removed or changed since an earlier look, sorted.
    func changes(since earlier: SourceTree) -> [String] {
        let changed = files.filter { earlier.files[$0.key] != $0.value }.map(\.key)
        let removed = earlier.files.keys.filter { files[$0] == nil }
        return (changed + removed).sorted()
    }

    private mutating func add(folder: String, depth: Int) {
        guard depth < 16, let directory = opendir(folder) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let path = folder + "/" + name
            if let stamp = FileStamp(of: path) {
                files[path] = stamp
            } else {
                add(folder: path, depth: depth + 1)
            }
        }
    }
}
