import FunctionRuntime
import Glibc
import Hosting

/// Finds the functions that a person named, or those in a folder.
struct FunctionFinder: Sendable {
    /// The folder to search; nil: none.
    let folder: String?
    /// Further executables.
    let paths: [String]
    /// What an executable gets while it describes itself.
    private let environment: [String: String]

    /// - Parameter environment: the whole environment; executables that describe themselves get what finds their interpreter.
    init(_ options: FunctionOptions, environment: [String: String] = FunctionEnvironment.inherited) {
        folder = options.folder.map(Self.absolute)
        paths = options.paths.map(Self.absolute)
        self.environment = environment.filter { ["PATH", "HOME", "LANG"].contains($0.key) }
    }

    /// The folders in which functions lie.
    var folders: Set<String> {
        let named = paths.map { String($0[..<($0.lastIndex(of: "/") ?? $0.startIndex)]) }
        return Set(named + [folder].compactMap(\.self))
    }

    /// Looks whether the folder and the named functions are there at all: that is soon said.
    ///
    /// - Throws: ``EmulatorError`` when a named function is not there or the folder cannot be read.
    func check() throws {
        for path in paths where access(path, X_OK) != 0 {
            throw EmulatorError("--function \(path): \(SystemMessage.last)")
        }
        _ = try candidates()
    }

    /// Every function there is now; what could not be used is among the problems.
    ///
    /// - Throws: ``EmulatorError`` when a named function is not there or the folder cannot be read.
    func find() async throws -> FunctionCatalog.Contents {
        try check()
        return await FunctionCatalog(environment: environment).load(paths: try candidates() + paths)
    }

    /// What one file says about itself now.
    func describe(_ path: String) async -> FunctionCatalog.Contents {
        await FunctionCatalog(environment: environment).load(paths: [path])
    }

    /// The files of the folder that may be functions, sorted: programs, but neither this one nor what a build leaves beside it
    /// (`host`, `migrate`, test bundles, build tools). Where a package with a `Functions` folder was built into the folder, only
    /// those whose sources lie there (`Functions/<Area>/<Name>/<Name>.swift`): a package has other programs too.
    ///
    /// - Throws: ``EmulatorError`` when the folder cannot be read.
    func candidates() throws -> [String] {
        guard let folder else { return [] }
        let sources = SwiftPackage.root(of: folder).map { $0 + "/Functions" }
        let areas = sources.flatMap { Self.entries(of: $0) }
        guard let names = Self.entries(of: folder) else {
            throw EmulatorError("the functions' folder \(folder) cannot be read: \(SystemMessage.last)")
        }
        return names.filter { name in
            let path = folder + "/" + name
            return !name.contains(".") && !["emulator", "host", "migrate"].contains(name) && !name.hasSuffix("-tool")
                && FileStamp(of: path) != nil && access(path, X_OK) == 0 && path != ExecutablePath.own
                && areas?.contains { access("\(sources ?? "")/\($0)/\(name)/\(name).swift", R_OK) == 0 } != false
        }.map { folder + "/" + $0 }.sorted()
    }

    /// The names in a folder; nil when it cannot be read.
    private static func entries(of folder: String) -> [String]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }

    /// The names of some functions, for messages.
    static func names(_ functions: [LocatedFunction]) -> String {
        functions.isEmpty ? "none" : functions.map(\.description.name).joined(separator: ", ")
    }

    private static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

extension FunctionCatalog.Contents {
    /// Says on standard error which programs cannot be used and why; whether there are any.
    @discardableResult
    func report() -> Bool {
        for problem in problems { StandardStream.write("emulator: not used: \(problem)\n", to: 2) }
        return !problems.isEmpty
    }
}
