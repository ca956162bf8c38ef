import ArgumentParser
import FoundationEssentials
import FunctionRuntime
import Glibc
import Hosting
import JSON

/// `emulator invoke NAME`: one call of one function, by hand.
struct InvokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke",
        abstract: "Call a function by hand, with any trigger it has.",
        discussion: """
            Through the emulator that runs on the data folder; when none runs, the function is started for this one call, with \
            the variables of the .env file. The event names its trigger; what a real one would add is filled in:

              {"http": {"method": "POST", "path": "/api/v1/jobs", "body": {"prompt": "a cat"}}}
              {"queue": {"data": {"jobId": "…"}}}
              {"object": {"subject": "uploads/a.png"}}
              {"timer": {}}

            Without an event the simplest one of the function's first trigger is used. Exit code 1 when the function fails.
            """)

    @Argument(help: "The function.")
    var name: String

    @Option(help: ArgumentHelp("A file with the event as JSON; - for standard input.", valueName: "file"))
    var event: String?

    @Option(help: ArgumentHelp("Variables for the function when no emulator runs (default: .env).", valueName: "file"))
    var envFile: String?

    @OptionGroup var functions: FunctionOptions
    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            let event = try readEvent()
            let status: Int32
            if let running = try RuntimeFile.find(in: data.data) {
                status = try await invoke(through: RunningEmulator(running), event)
            } else {
                try await invokeOnce(event)
            }
            if status != 0 { throw ExitCode(status) }
        }
    }

    private func readEvent() throws -> JSON? {
        guard let event else { return nil }
        let text = event == "-" ? TextFile.standardInput() : TextFile.read(event)
        guard let text else { throw EmulatorError("the event file \(event) cannot be read") }
        do {
            return try JSON(parsing: Array(text.utf8))
        } catch {
            throw EmulatorError("the event in \(event) is not JSON: \(error)")
        }
    }

    private func invoke(through emulator: RunningEmulator, _ event: JSON?) async throws -> Int32 {
        let answer = try await emulator.post("/api/functions/\(name)/invoke", event ?? .null)
        if data.json {
            StandardStream.write(answer.text + "\n", to: 1)
        } else if let failure = answer["failure"]?.string {
            StandardStream.write("emulator: \(name) failed: \(failure)\n", to: 2)
        } else {
            if let status = answer["status"]?.int {
                StandardStream.write("\(status) from \(answer["instance"]?.string ?? name)\n", to: 2)
            }
            let encoded = answer["bodyBase64"]?.string.flatMap { Data(base64Encoded: $0) }
            StandardStream.write(encoded.map { Array($0) } ?? Array((answer["body"]?.string ?? "").utf8), to: 1)
        }
        return answer["failure"] != nil || (answer["status"]?.int ?? 200) >= 500 ? 1 : 0
    }

    private func invokeOnce(_ event: JSON?) async throws -> Never {
        let contents = try await FunctionFinder(functions).find()
        let found = contents.functions
        guard let function = found.first(where: { $0.description.name == name }) else {
            contents.report()
            throw EmulatorError("there is no function \(name) (there are: \(FunctionFinder.names(found)))")
        }
        let manual = try ManualEvent(event, function: name, triggers: function.description.triggers)
        let environment = try FunctionEnvironment(file: envFile, inherited: FunctionEnvironment.inherited)
        try OneShot.replaceProcess(function.path, event: manual.oneShot, environment: environment.given)
    }
}
