import FoundationEssentials
import JSON
import ObjectStore

/// A folder with the contents of a store: each folder in it is a bucket, each file in that an object.
///
/// `export` writes a file `<bucket>.jsonl` beside each bucket's folder: the bucket's settings in its first line, an object
/// with its headers, metadata and tags in each further one. Without it, as in a folder that a person made, a key is the
/// file's path and the content type follows from its ending.
struct StoreFolder: Sendable {
    let path: String

    /// - Throws: ``EmulatorError`` when it is no folder.
    init(_ path: String) throws {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder else {
            throw EmulatorError("\(path) is no folder: name one with a folder for each bucket")
        }
        self.path = path
    }

    /// How much went one way.
    struct Outcome: Sendable, Equatable {
        var buckets = 0
        var objects = 0
        /// Objects that stayed behind, with the reason.
        var skipped: [String] = []

        var json: JSON {
            [
                "buckets": .integer(Int64(buckets)), "objects": .integer(Int64(objects)),
                "skipped": .array(skipped.map(JSON.string)),
            ]
        }
    }

    // MARK: Into the store

    /// Puts into the store what is not there yet.
    /// - Returns: how many objects came.
    func seed(_ store: ObjectStore, emits: Bool) async throws -> Int {
        try await fill(store, emits: emits, replaces: false).objects
    }

    /// Puts everything into the store.
    /// - Parameters:
    ///   - emits: whether functions and targets hear of it.
    ///   - replaces: whether it takes the place of what is there.
    func fill(_ store: ObjectStore, emits: Bool, replaces: Bool) async throws -> Outcome {
        var outcome = Outcome()
        for name in try buckets() {
            let list = try Manifest(path: "\(path)/\(name).jsonl")
            try await store.put(list?.bucket ?? CarriedBucket(name: name), replaces: replaces && list != nil)
            outcome.buckets += 1
            let files =
                try list?.objects
                ?? FolderFiles.all(in: "\(path)/\(name)").map {
                    Manifest.Entry(object: CarriedObject(key: $0, fields: ContentType.fields(for: $0)), file: $0)
                }
            for entry in files {
                let isNew = try await store.put(
                    entry.object, in: name, from: "\(path)/\(name)/\(entry.file)", emits: emits, replaces: replaces)
                if isNew {
                    outcome.objects += 1
                } else {
                    outcome.skipped.append("\(name)/\(entry.object.key): it is there already")
                }
            }
        }
        return outcome
    }

    private func buckets() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { name in
            var isFolder = false
            return !name.hasPrefix(".")
                && FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder) && isFolder
        }.sorted()
    }

    // MARK: Out of the store

    /// Writes every bucket, or one, into the folder.
    func write(_ store: ObjectStore, bucket only: String? = nil) async throws -> Outcome {
        var outcome = Outcome()
        let buckets = try store.carriedBuckets().filter { only == nil || $0.name == only }
        if let only, buckets.isEmpty { throw EmulatorError("there is no bucket \(only)") }
        for bucket in buckets {
            let folder = "\(path)/\(bucket.name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var lines = [Manifest.line(bucket)]
            var last = ""
            while true {
                let page = try store.carriedObjects(in: bucket.name, after: last, limit: 200)
                guard let end = page.last else { break }
                for object in page {
                    if object.isSealed {
                        outcome.skipped.append("\(bucket.name)/\(object.key): it is encrypted with its client's key")
                        continue
                    }
                    guard let file = try await write(object.key, of: bucket.name, into: folder, store) else { continue }
                    lines.append(Manifest.line(Manifest.Entry(object: object, file: file)))
                    outcome.objects += 1
                }
                last = end.key
            }
            try TextFile.write(lines.map { $0 + "\n" }.joined(), to: folder + ".jsonl")
            outcome.buckets += 1
        }
        return outcome
    }

    /// - Returns: the file's path in the bucket's folder: the key itself where the file system can have it; nil when the
    ///   object is gone.
    private func write(
        _ key: String, of bucket: String, into folder: String, _ store: ObjectStore
    ) async throws -> String? {
        for file in [key, ".objects/" + ObjectFileName.hashed(key)] where file != key || ObjectFileName.isSafe(key) {
            let target = "\(folder)/\(file)"
            let parent = String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)])
            do {
                try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
                return try await store.write(key, of: bucket, to: target) ? file : nil
            } catch  where file == key {
                // A key that is a folder of another one's path, or a name too long for this file system.
                continue
            }
        }
        return nil
    }
}
