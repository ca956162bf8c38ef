import ArgumentParser
import Conformance
import JSON

/// `emulator conform`: whether a program keeps to the invocation protocol.
struct ConformCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conform",
        abstract: "Check that a program keeps to the invocation protocol.",
        discussion:
            "Any program in any language; the protocol is in Runtime/Function/PROTOCOL.md. Exit code 1 when a check fails."
    )

    @Argument(help: ArgumentHelp("The program.", valueName: "path"))
    var path: String

    @Flag(help: "Print JSON for programs instead of text for people.")
    var json = false

    func run() async throws {
        try await Failing.withSentence {
            let json = json
            let checks = await Conformance.run(path: path) { check in
                if !json { StandardStream.write(Self.line(check), to: 1) }
            }
            if json { StandardStream.write(JSON.array(checks.map(Self.json)).text + "\n", to: 1) }
            if checks.contains(where: { $0.outcome == .failed }) { throw ExitCode.failure }
        }
    }

    /// One outcome on one line.
    private static func line(_ check: ConformanceCheck) -> String {
        "\(check.outcome.rawValue)  \(check.name)" + (check.detail.isEmpty ? "" : " (\(check.detail))") + "\n"
    }

    private static func json(_ check: ConformanceCheck) -> JSON {
        ["name": .string(check.name), "outcome": .string(check.outcome.rawValue), "detail": .string(check.detail)]
    }
}
