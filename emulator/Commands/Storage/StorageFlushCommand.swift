import ArgumentParser
import JSON

/// `emulator storage flush`: waits for the events of earlier writes.
struct StorageFlushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush",
        abstract: "Wait until every function and target has dealt with the events of all earlier writes.",
        discussion:
            "The same as POST /api/storage/flush?timeout=60 on the dashboard's port. Exit code 1 when it takes longer.")

    @Option(help: ArgumentHelp("How long to wait at most.", valueName: "seconds"))
    var timeout = 60.0

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            let answer = try await RunningEmulator(in: data.data).post("/api/storage/flush?timeout=\(timeout)", [:])
            StandardStream.write(data.json ? answer.text + "\n" : "all object events were delivered\n", to: 1)
        }
    }
}
