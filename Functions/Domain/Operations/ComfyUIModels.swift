/// The models a ComfyUI server has.
package struct ComfyUIModels: Codable, Sendable, Hashable {
    /// One model.
    package struct Model: Codable, Sendable, Hashable {
        /// As graphs name it.
        package var name: String
        /// Bytes; absent where the folder is not mounted or has no such file.
        package var size: Int64?
        /// Whether ComfyUI lists it; absent while it cannot be asked.
        package var isListed: Bool?
    }

    /// The models of one kind.
    package struct Kind: Codable, Sendable, Hashable {
        /// `checkpoints`, `loras`, …
        package var name: String
        package var models: [Model]
    }

    package var kinds: [Kind]
    /// Why ComfyUI itself could not be asked.
    package var problem: String?
    /// Folders below the mounted one that could not be read, so that their files are missing here; absent where there are none.
    package var unreadableFolders: [String]?

    /// - Parameters:
    ///   - listed: what ComfyUI lists, by kind; nil when it could not be asked.
    ///   - files: what is in the mounted folder.
    init(listed: [String: [String]]?, files: ModelFolder.Listing, problem: String?) {
        self.problem = problem
        unreadableFolders = files.unreadable.isEmpty ? nil : files.unreadable
        var found: [String: [String: Model]] = [:]
        for file in files.files {
            found[file.kind, default: [:]][file.name] = Model(
                name: file.name, size: file.size, isListed: listed == nil ? nil : false)
        }
        for (kind, names) in listed ?? [:] {
            found[kind] = found[kind] ?? [:]
            for name in names {
                found[kind, default: [:]][name] = Model(
                    name: name, size: found[kind]?[name]?.size, isListed: true)
            }
        }
        kinds = found.sorted { $0.key < $1.key }.map { name, models in
            Kind(name: name, models: models.values.sorted { $0.name < $1.name })
        }
    }
}
