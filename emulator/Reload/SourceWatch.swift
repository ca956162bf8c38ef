import FoundationEssentials
import FunctionRuntime

/// Builds the functions whose sources changed.
struct SourceWatch: Sendable {
    /// Executables that this package builds and that are no functions.
    private static let tools: Set<String> = ["emulator", "host"]

    let package: SwiftPackage
    let environment: [String: String]
    let journal: Journal

    /// Looks at the sources twice a second until the task is canceled; what goes wrong with a build is in the log.
    ///
    /// - Throws: `CancellationError`, nothing else.
    func run() async throws {
        var built = look()
        var outdated: Set<String> = []
        var ownChange = false
        while true {
            try await Task.sleep(for: .milliseconds(500))
            let now = look()
            guard now != built else { continue }
            try await Task.sleep(for: .milliseconds(100))
            guard look() == now else { continue }  // still being written
            let changes = now.changes(since: built)
            built = now
            do {
                let map = try await package.map(environment: environment)
                outdated.formUnion(affected(by: changes, map))
                if !ownChange, !map.affected(by: changes, among: ["emulator"]).isEmpty {
                    ownChange = true
                    journal.info("sources of the emulator itself changed: it uses them after the next build and start")
                }
                guard !outdated.isEmpty else { continue }
                try await build(outdated.sorted())
                outdated = []
            } catch let error as CancellationError {
                throw error
            } catch {
                journal.add(LogLine(level: .error, message: "the build failed, the old build serves on:\n\(error)"))
            }
        }
    }

    private func build(_ products: [String]) async throws {
        journal.info("building \(products.joined(separator: ", "))")
        let started = ContinuousClock.now
        try await package.build(products, environment: environment)
        journal.info("built in \((ContinuousClock.now - started).milliseconds.rounded()) ms")
    }

    private func affected(by changes: [String], _ map: PackageMap) -> [String] {
        if changes.contains(package.root + "/Package.swift") { return map.products.subtracting(Self.tools).sorted() }
        return map.affected(by: changes, among: map.products.subtracting(Self.tools))
    }

    /// All sources now: the package's folders, except hidden ones and the tests.
    private func look() -> SourceTree {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: package.root)) ?? []
        let folders = names.filter { !$0.hasPrefix(".") && $0 != "Tests" && !$0.contains(".") }
        return SourceTree(
            folders: Set(folders.map { package.root + "/" + $0 }), files: [package.root + "/Package.swift"])
    }
}
