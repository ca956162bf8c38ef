import ArgumentParser
import FoundationEssentials
import JSON

/// `emulator storage export`: writes the store into a folder.
struct StorageExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the buckets and their objects into a folder, with all metadata.",
        discussion: """
            Each bucket becomes a folder, and a file <bucket>.jsonl with what is known of its objects. Older versions, \
            snapshots, and objects that are encrypted with their client's key stay behind; the latter are named.
            """)

    @Argument(help: "The folder; it is made when it is not there.")
    var folder: String

    @Option(help: ArgumentHelp("Only this one.", valueName: "name"))
    var bucket: String?

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw EmulatorError("cannot make \(folder): \(SystemMessage.last)")
            }
            let outcome: JSON
            if let running = try RuntimeFile.find(in: data.data) {
                outcome = try await RunningEmulator(running).post(
                    "/api/storage/export",
                    ["folder": .string(AbsolutePath.of(folder)), "bucket": bucket.map(JSON.string) ?? .null])
            } else {
                let target = try StoreFolder(folder)
                outcome = try await StoreSession.withIdleStore(data.data) {
                    try await target.write($0, bucket: bucket).json
                }
            }
            Self.show(outcome, data.json, "exported")
        }
    }

    /// Tells what went one way, and on standard error what did not.
    static func show(_ outcome: JSON, _ isJSON: Bool, _ verb: String) {
        if isJSON { return StandardStream.write(outcome.text + "\n", to: 1) }
        for reason in outcome["skipped"]?.array ?? [] {
            StandardStream.write("left out: \(reason.string ?? "")\n", to: 2)
        }
        let (objects, buckets) = (outcome["objects"]?.int ?? 0, outcome["buckets"]?.int ?? 0)
        StandardStream.write("\(verb) \(objects) objects of \(buckets) buckets\n", to: 1)
    }
}
