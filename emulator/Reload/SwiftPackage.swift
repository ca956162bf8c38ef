import FoundationEssentials
import Glibc

/// The Swift package that the functions were built from, and how to build them again in the same way.
struct SwiftPackage: Sendable {
    /// The folder with Package.swift.
    let root: String
    /// The folder that `swift build` writes to.
    let scratch: String
    /// `debug` or `release`.
    let configuration: String
    /// The `swift` command.
    let swift: String
    /// Where the compiler's words go.
    let log: String

    /// The package whose build folder `folder` is: `<root>/.build/<triple>/<configuration>`; nil when it is none, or there is
    /// no `swift` on the search path.
    init?(builtInto folder: String, log: String, environment: [String: String]) {
        guard let resolved = realpath(folder, nil), let root = Self.root(of: folder) else { return nil }
        defer { free(resolved) }
        let parts = String(cString: resolved).split(separator: "/", omittingEmptySubsequences: false)
        let configuration = String(parts[parts.count - 1])
        let scratch = parts.dropLast(2).joined(separator: "/")
        let found = (environment["PATH"] ?? "").split(separator: ":").lazy.map { "\($0)/swift" }
        guard let swift = found.first(where: { access($0, X_OK) == 0 }) else { return nil }
        self.root = root
        self.scratch = scratch
        self.configuration = configuration
        self.swift = swift
        self.log = log
    }

    /// The folder of the package that was built into a folder; nil when it was none.
    static func root(of folder: String) -> String? {
        guard let resolved = realpath(folder, nil) else { return nil }
        defer { free(resolved) }
        let parts = String(cString: resolved).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 3, ["debug", "release"].contains(parts[parts.count - 1]) else { return nil }
        let root = parts.dropLast(3).joined(separator: "/")
        return access(root + "/Package.swift", R_OK) == 0 ? root : nil
    }

    /// Asks the package what its products are made of.
    ///
    /// - Throws: ``EmulatorError`` with what `swift` said when the manifest is broken.
    func map(environment: [String: String]) async throws -> PackageMap {
        let arguments = ["package", "--package-path", root, "--scratch-path", scratch, "describe", "--type", "json"]
        let (status, output) = try await run(arguments, environment: environment)
        guard status == 0, let start = output.firstIndex(of: UInt8(ascii: "{")) else {
            throw EmulatorError(Self.complaint(output, fallback: "the package \(root) cannot be described"))
        }
        return try PackageMap(describing: Array(output[start...]), root: root)
    }

    /// Builds products.
    ///
    /// - Throws: ``EmulatorError`` with the compiler's errors.
    func build(_ products: [String], environment: [String: String]) async throws {
        // The planning of each run takes longer than a handful of products that are up to date.
        let selections = products.count > 4 ? [[]] : products.map { ["--product", $0] }
        for selection in selections {
            let arguments =
                ["build", "--package-path", root, "--scratch-path", scratch, "-c", configuration] + selection
            let (status, output) = try await run(arguments, environment: environment)
            guard status == 0 else {
                throw EmulatorError(
                    Self.complaint(output, fallback: "`swift build` ended with exit code \(status): see \(log)"))
            }
        }
    }

    private func run(_ arguments: [String], environment: [String: String]) async throws -> (Int32, [UInt8]) {
        unlink(log)
        let process = try await ServerProcess.start(
            ServerCommand(
                name: "swift", executable: swift, arguments: arguments, environment: environment, directory: root,
                log: log, account: nil, stopSignal: SIGTERM, killSignal: SIGKILL))
        let status = await withTaskCancellationHandler {
            await process.ended()
        } onCancel: {
            process.signal(SIGTERM)
        }
        try Task.checkCancellation()
        return (status, Array(FileManager.default.contents(atPath: log) ?? Data()))
    }

    /// The compiler's errors, each with the line it quotes; at most forty lines.
    static func complaint(_ output: [UInt8], fallback: String) -> String {
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        var told: Set<String> = []
        var kept: [String] = []
        for (position, line) in lines.enumerated() where line.contains("error:") && told.insert(line).inserted {
            kept.append(line)
            kept += lines[(position + 1)...].prefix(6).prefix { $0.hasPrefix(" ") || $0.first?.isNumber == true }
        }
        return kept.isEmpty ? fallback : kept.prefix(40).joined(separator: "\n")
    }
}
