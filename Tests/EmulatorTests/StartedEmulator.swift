import FoundationEssentials
import FunctionTesting
import Glibc
import HTTPClient
import JSON
import Synchronization

@testable import emulator

/// The emulator's own executable, started for a test with a Python function, and stopped with it.
final class StartedEmulator: Sendable {
    let folder: TemporaryFolder
    let addresses: JSON
    let client = HTTPClient()
    private let process: ServerProcess

    /// The executable beside the test bundle.
    static var executable: String { ExecutablePath.folder + "/emulator" }

    var data: String { folder.path + "/data" }
    var function: String { folder.path + "/clock" }
    var id: Int32 { process.id }
    var gateway: String { addresses["gateway"]?.string ?? "" }
    var dashboard: String { addresses["dashboard"]?.string ?? "" }

    /// Starts it and waits for its line.
    init(in folder: TemporaryFolder, arguments: [String] = [], environment: [String: String] = [:]) async throws {
        self.folder = folder
        let output = folder.path + "/output"
        if !FileManager.default.fileExists(atPath: folder.path + "/clock") {
            try Self.install(version: "one", at: folder.path + "/clock")
        }
        unlink(output)
        var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "CLOCK_FOLDER": folder.path]
        variables.merge(environment) { $1 }
        let process = try await ServerProcess.start(
            ServerCommand(
                name: "emulator", executable: Self.executable,
                arguments: [
                    "start", "--json", "--port", "0", "--data", folder.path + "/data", "--function",
                    folder.path + "/clock",
                ]
                    + arguments, environment: variables, directory: folder.path, log: output, stopSignal: SIGTERM,
                killSignal: SIGKILL))
        self.process = process
        while true {
            let lines = (TextFile.read(output) ?? "").split(separator: "\n")
            if let line = lines.first(where: { $0.hasPrefix(#"{"gateway""#) }) {
                addresses = try JSON(parsing: Array(line.utf8))
                return
            }
            if process.status != nil { throw EmulatorError("it ended: \(TextFile.read(output) ?? "")") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    deinit {
        process.signal(SIGTERM)
    }

    /// Writes the Python function, as another version of itself.
    static func install(version: String, at path: String) throws {
        let fixture = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        guard let text = TextFile.read("/\(fixture)/Fixtures/clock.py") else {
            throw EmulatorError("there is no clock.py")
        }
        let changed = text.replacing("VERSION = \"one\"", with: "VERSION = \"\(version)\"")
        try TextFile.write(changed, to: path, mode: 0o755)
    }

    /// What GET on the gateway or the dashboard answers.
    func get(_ url: String) async throws -> (status: Int, json: JSON) {
        let response = try await client.execute(HTTPClient.Request(.get, url))
        return (response.status, try JSON(parsing: try await response.body.collect(upTo: 1 << 24)))
    }

    /// Posts JSON.
    func post(_ url: String, _ body: JSON) async throws -> (status: Int, json: JSON) {
        let response = try await client.execute(
            HTTPClient.Request(.post, url, headers: ["content-type": "application/json"], body: .bytes(body.serialized))
        )
        return (response.status, try JSON(parsing: try await response.body.collect(upTo: 1 << 24)))
    }

    /// Ends it and waits; its exit status.
    func end(_ signal: Int32) async -> Int32 {
        process.signal(signal)
        return await process.ended()
    }

    /// What it wrote: its one line, and its log.
    var output: String { TextFile.read(folder.path + "/output") ?? "" }

    /// The processes that work in its data folder or run its function, found by what /proc says.
    var relatives: [Int32] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        return numbers.filter { number in
            let place = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(number)/cwd")) ?? ""
            let command = TextFile.read("/proc/\(number)/cmdline") ?? ""
            return number != getpid()
                && (place.hasPrefix(folder.path + "/data") || command.contains(folder.path + "/clock"))
        }
    }
}
