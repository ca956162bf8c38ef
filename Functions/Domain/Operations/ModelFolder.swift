internal import FoundationEssentials
package import FunctionRuntime
internal import Glibc
internal import Threads

/// The folder that ComfyUI loads its models from, where it is mounted here: tells what the API does not, such as sizes.
package struct ModelFolder: Sendable {
    package static let path = ConfigurationKey<String>(
        "COMFYUI_MODELS_DIR", summary: "ComfyUI's folder of models, where it is mounted", kind: "an absolute path",
        want: "/srv/comfyui/models"
    ) { $0.hasPrefix("/") ? $0 : nil }.optional

    /// One file.
    package struct File: Sendable, Hashable {
        /// The folder directly below the models': `checkpoints`.
        package var kind: String
        /// The path below that, as graphs name it.
        package var name: String
        /// Bytes.
        package var size: Int64
    }

    /// What is in the folder.
    package struct Listing: Sendable, Hashable {
        /// Every model, in the order of kind and name.
        package var files: [File] = []
        /// Folders inside it that could not be read, by their paths below it.
        package var unreadable: [String] = []
    }

    private let path: String
    /// A mounted folder may hang: it is read on a thread of its own.
    private let thread = ThreadExecutor(name: "models")

    private static let endings: Set = ["safetensors", "sft", "ckpt", "pt", "pth", "bin", "gguf", "onnx"]
    /// Folders inside one another that are looked into: links may lead in circles.
    private static let depth = 6
    /// Files that are listed.
    private static let most = 10_000

    /// - Returns: nil when no folder is configured.
    /// - Throws: `ConfigurationProblem`.
    package init?(_ configuration: Configuration) throws {
        guard let path = try configuration[Self.path] else { return nil }
        self.path = path
    }

    /// - Throws: `Failure.unavailable` when the folder itself cannot be read.
    package func files() async throws -> Listing {
        try await thread.run { [path] in
            let manager = FileManager.default
            let kinds: [String]
            do {
                kinds = try manager.contentsOfDirectory(atPath: path)
            } catch {
                throw Failure.unavailable(
                    "the folder of ComfyUI's models cannot be read; see COMFYUI_MODELS_DIR (\(error))")
            }
            var listing = Listing()
            for kind in kinds.sorted() where !kind.hasPrefix(".") && Self.file("\(path)/\(kind)")?.isFolder == true {
                Self.collect("", of: kind, in: path, depth: Self.depth, manager, &listing)
            }
            return listing
        }
    }

    /// Adds what is in one folder and in those inside it.
    private static func collect(
        _ prefix: String, of kind: String, in root: String, depth: Int, _ manager: FileManager, _ listing: inout Listing
    ) {
        guard depth > 0 else { return }
        let folder = "\(kind)/\(prefix)"
        let names: [String]
        do {
            names = try manager.contentsOfDirectory(atPath: "\(root)/\(folder)")
        } catch {
            listing.unreadable.append(folder)
            return
        }
        for name in names.sorted() where !name.hasPrefix(".") && listing.files.count < most {
            // A link to nothing is no model.
            guard let (isFolder, size) = file("\(root)/\(folder)\(name)") else { continue }
            if isFolder {
                collect("\(prefix)\(name)/", of: kind, in: root, depth: depth - 1, manager, &listing)
            } else if let size, let ending = name.split(separator: ".").last, endings.contains(ending.lowercased()) {
                listing.files.append(File(kind: kind, name: prefix + name, size: size))
            }
        }
    }

    /// - Returns: whether it is a folder, and the bytes of a file; nil where there is nothing.
    private static func file(_ path: String) -> (isFolder: Bool, size: Int64?)? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        let kind = info.st_mode & S_IFMT
        return (kind == S_IFDIR, kind == S_IFREG ? Int64(info.st_size) : nil)
    }
}
