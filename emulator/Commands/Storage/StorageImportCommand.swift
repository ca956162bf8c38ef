import ArgumentParser
import FoundationEssentials
import JSON

/// `emulator storage import`: fills the store from a folder.
struct StorageImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Put a folder into the store: each folder in it is a bucket, each file an object.",
        discussion: """
            What `emulator storage export` wrote comes back with its headers, metadata, tags and the buckets' settings. No \
            function and no target hears of it unless --events is given.
            """)

    @Argument(help: "The folder.")
    var folder: String

    @Flag(help: "Leave objects that are there already as they are.")
    var keep = false

    @Flag(help: "Let the objects wake functions, as if they had been uploaded.")
    var events = false

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            let outcome: JSON
            if let running = try RuntimeFile.find(in: data.data) {
                outcome = try await RunningEmulator(running).post(
                    "/api/storage/import",
                    ["folder": .string(AbsolutePath.of(folder)), "keep": .bool(keep), "events": .bool(events)])
            } else {
                let source = try StoreFolder(folder)
                outcome = try await StoreSession.withIdleStore(data.data, making: true) {
                    try await source.fill($0, emits: events, replaces: !keep).json
                }
            }
            StorageExportCommand.show(outcome, data.json, "imported")
        }
    }
}
