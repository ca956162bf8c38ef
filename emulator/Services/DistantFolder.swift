import FoundationEssentials
import Glibc

/// Folders under `/var/lib/darkroom` that stand in for a part of a data folder which another account cannot reach.
///
/// Each belongs to one data folder: that names it in its file `distant`, and it names that in its file `owner`. When the
/// two no longer agree (the data folder was removed or made anew), the next start removes it.
enum DistantFolder {
    private static let root = "/var/lib/darkroom"

    /// The distant folder of a data folder, made when it has none.
    ///
    /// - Throws: ``EmulatorError`` when it cannot be made.
    static func folder(for data: DataFolder) throws -> String {
        removeAbandoned()
        let note = data.path + "/distant"
        if let name = TextFile.read(note), isOwned(root + "/" + name, by: name) { return root + "/" + name }
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        let folder = root + "/" + name
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw EmulatorError("cannot make \(folder): \(SystemMessage.last)")
        }
        try TextFile.write(data.path, to: folder + "/owner")
        try TextFile.write(name, to: note)
        return folder
    }

    /// Removes the folders whose data folder is gone.
    private static func removeAbandoned() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
            let folder = root + "/" + name
            if TextFile.read(folder + "/owner") != nil, !isOwned(folder, by: name) {
                try? FileManager.default.removeItem(atPath: folder)  // left for the next start when it cannot be now
            }
        }
    }

    private static func isOwned(_ folder: String, by name: String) -> Bool {
        guard let data = TextFile.read(folder + "/owner") else { return false }
        return TextFile.read(data + "/distant") == name
    }
}
