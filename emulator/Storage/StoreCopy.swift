import FoundationEssentials
import HTTPClient
import JSON
import ObjectStorage

/// Copies objects between the store and this machine, or within the store, each with its content type and metadata.
struct StoreCopy: Sendable {
    let session: StoreSession
    let recursive: Bool
    /// For what comes from this machine.
    var contentType: String?
    var metadata: [String: String] = [:]

    /// One file or object that was copied.
    struct Step: Sendable {
        var source: String
        var target: String

        var json: JSON { ["source": .string(source), "target": .string(target)] }
    }

    /// - Throws: ``EmulatorError`` when there is nothing to copy or no way to; what the store says.
    func run(from source: StoreLocation, to target: StoreLocation) async throws -> [Step] {
        switch (source, target) {
        case (.file, .file): throw EmulatorError("one of the two has to be in the store: s3://bucket/key")
        case (.file(let path), .store(let bucket, let key)): return try await upload(path, bucket, key)
        case (.store(let bucket, let key), .file(let path)): return try await download(bucket, key, path)
        case (.store(let from, let key), .store(let to, let prefix)):
            // One object takes the name it is given; what is put into a folder keeps its own.
            let isName = !recursive && !prefix.isEmpty && !prefix.hasSuffix("/")
            let steps = try await keys(from, key).map { ($0.key, isName ? prefix : Self.joined(prefix, $0.rest)) }
            for (key, target) in steps { try await copy(key, of: from, to: target, in: to) }
            return steps.map { Step(source: "s3://\(from)/\($0)", target: "s3://\(to)/\($1)") }
        }
    }

    // MARK: Into the store

    private func upload(_ path: String, _ bucket: String, _ key: String) async throws -> [Step] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw EmulatorError("there is no file \(path)")
        }
        guard isFolder else {
            let name = String(path.split(separator: "/").last ?? "")
            return [try await upload(path, bucket, key: key.isEmpty || key.hasSuffix("/") ? key + name : key)]
        }
        guard recursive else { throw EmulatorError("\(path) is a folder: --recursive copies what is in it") }
        var steps: [Step] = []
        for file in try FolderFiles.all(in: path) {
            steps.append(try await upload("\(path)/\(file)", bucket, key: Self.joined(key, file)))
        }
        return steps
    }

    private func upload(_ path: String, _ bucket: String, key: String) async throws -> Step {
        let type = contentType ?? ContentType.of(path) ?? "application/octet-stream"
        try await session.bucket(bucket).put(
            key, .stream(FileChunks(path: path)), PutOptions(contentType: type, metadata: metadata))
        return Step(source: path, target: "s3://\(bucket)/\(key)")
    }

    // MARK: Out of the store

    private func download(_ bucket: String, _ key: String, _ path: String) async throws -> [Step] {
        var isFolder = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        var steps: [Step] = []
        for (key, rest) in try await keys(bucket, key) {
            let into = recursive || path.hasSuffix("/") || exists && isFolder
            // A key may be a path that leads anywhere: it may not lead out of the folder it is copied to.
            if into && !ObjectFileName.isSafe(rest) {
                throw EmulatorError("\(key) cannot be the path of a file: copy it by itself, to a name of your own")
            }
            let target = into ? Self.joined(path.hasSuffix("/") ? path : path + "/", rest) : path
            if let slash = target.lastIndex(of: "/"), slash != target.startIndex {
                try FileManager.default.createDirectory(
                    atPath: String(target[..<slash]), withIntermediateDirectories: true)
            }
            let download = try await session.bucket(bucket).get(key)
            try await FileChunks.write(download.body, to: target)
            steps.append(Step(source: "s3://\(bucket)/\(key)", target: target))
        }
        return steps
    }

    // MARK: Within the store

    private func copy(_ key: String, of bucket: String, to target: String, in other: String) async throws {
        if bucket == other { return try await session.bucket(bucket).copy(key, to: target) }
        let download = try await session.bucket(bucket).get(key)
        try await session.bucket(other).put(
            target, .stream(download.body),
            PutOptions(contentType: download.info.contentType, metadata: download.info.metadata))
    }

    /// The objects meant by a key (with what is left of it when it moves): it alone, or everything below it.
    private func keys(_ bucket: String, _ key: String) async throws -> [(key: String, rest: String)] {
        guard recursive else {
            guard !key.isEmpty, !key.hasSuffix("/") else {
                throw EmulatorError("s3://\(bucket)/\(key) is no object: --recursive copies everything below it")
            }
            return [(key, String(key.split(separator: "/").last ?? Substring(key)))]
        }
        let prefix = key.isEmpty || key.hasSuffix("/") ? key : key + "/"
        var keys: [(key: String, rest: String)] = []
        for try await page in try session.bucket(bucket).list(prefix: prefix) {
            keys += page.objects.map { ($0.key, String($0.key.dropFirst(prefix.count))) }
        }
        if keys.isEmpty { throw EmulatorError("there is nothing below s3://\(bucket)/\(prefix)") }
        return keys
    }

    private static func joined(_ prefix: String, _ rest: String) -> String {
        prefix.isEmpty || prefix.hasSuffix("/") ? prefix + rest : "\(prefix)/\(rest)"
    }
}
