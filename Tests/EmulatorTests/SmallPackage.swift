import FoundationEssentials
import FunctionTesting
import Glibc

@testable import emulator

/// A Swift package without dependencies, with one function that answers GET /small with its version.
struct SmallPackage {
    let root: String
    /// What it takes to run `swift`.
    let environment: [String: String]

    /// The folder that its function is built into.
    var products: String { root + "/.build/debug" }

    init(in folder: TemporaryFolder) throws {
        root = folder.path + "/package"
        let inherited = FunctionEnvironment.inherited
        environment = inherited.filter { ["PATH", "HOME", "LANG"].contains($0.key) }
        try FileManager.default.createDirectory(
            atPath: root + "/Functions/Area/Small", withIntermediateDirectories: true)
        try TextFile.write(
            """
            // swift-tools-version: 6.0
            import PackageDescription
            let package = Package(
                name: "SmallPackage", targets: [.executableTarget(name: "Small", path: "Functions/Area/Small")])

            """, to: root + "/Package.swift")
    }

    /// Writes the function.
    ///
    /// - Parameter expression: what makes its version, in Swift.
    func edit(version expression: String) throws {
        let fixture = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        guard let text = TextFile.read("/\(fixture)/Fixtures/Small.swift") else {
            throw EmulatorError("there is no Small.swift")
        }
        try TextFile.write(
            text.replacing("\"one\"", with: expression), to: root + "/Functions/Area/Small/Small.swift")
    }

    /// Builds it, as a person does before the first start.
    func build() async throws {
        let log = root + "/../first-build"
        let process = try await ServerProcess.start(
            ServerCommand(
                name: "swift", executable: "/usr/bin/env", arguments: ["swift", "build", "--package-path", root],
                environment: environment, directory: root, log: log, stopSignal: SIGTERM, killSignal: SIGKILL))
        guard await process.ended() == 0 else { throw EmulatorError(TextFile.read(log) ?? "no log") }
    }
}
