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

    /// Every model, in the order of kind and name.
    ///
    /// - Throws: `Failure.unavailable` when the folder cannot be read.
    package func files() async throws -> [File] {
        try await thread.run { [path] in
            let manager = FileManager.default
            guard let kinds = try? manager.contentsOfDirectory(atPath: path) else {
                throw Failure.unavailable("the folder of ComfyUI's models cannot be read; see COMFYUI_MODELS_DIR")
            }
            var files: [File] = []
            for kind in kinds.sorted() where !kind.hasPrefix(".") {
                Self.collect("", below: "\(path)/\(kind)", kind: kind, depth: Self.depth, manager, &files)
            }
            return files
        }
    }

    /// A folder that cannot be read, inside one that can, has nothing to list.
    private static func collect(
        _ prefix: String, below folder: String, kind: String, depth: Int, _ manager: FileManager, _ files: inout [File]
    ) {
        guard depth > 0, let names = try? manager.contentsOfDirectory(atPath: folder) else { return }
        for name in names.sorted() where !name.hasPrefix(".") && files.count < most {
            var info = stat()
            guard stat("\(folder)/\(name)", &info) == 0 else { continue }
            if info.st_mode & S_IFMT == S_IFDIR {
                collect("\(prefix)\(name)/", below: "\(folder)/\(name)", kind: kind, depth: depth - 1, manager, &files)
            } else if info.st_mode & S_IFMT == S_IFREG,
                let ending = name.split(separator: ".").last, endings.contains(ending.lowercased())
            {
                files.append(File(kind: kind, name: prefix + name, size: Int64(info.st_size)))
            }
        }
    }
}
