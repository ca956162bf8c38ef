import FoundationEssentials

/// What is in a folder.
enum FolderFiles {
    /// The files below a folder by their paths relative to it, in their order.
    static func all(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().flatMap { name -> [String] in
            var isFolder = false
            guard FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder) else { return [] }
            return isFolder ? try all(in: "\(folder)/\(name)").map { "\(name)/\($0)" } : [name]
        }
    }
}
