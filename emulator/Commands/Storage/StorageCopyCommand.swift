import ArgumentParser
import JSON

/// `emulator storage cp`: to the store, from it, and within it.
struct StorageCopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy files into the store, objects out of it, or objects within it.",
        discussion: """
            emulator storage cp photo.png s3://darkroom/uploads/photo.png
            emulator storage cp -r s3://darkroom/results ./results
            """)

    @Argument(help: ArgumentHelp("A file, a folder, or s3://bucket/key.", valueName: "from"))
    var source: StoreLocation

    @Argument(help: ArgumentHelp("s3://bucket/key, a file, or a folder.", valueName: "to"))
    var target: StoreLocation

    @Flag(name: .shortAndLong, help: "Everything below.")
    var recursive = false

    @Option(help: ArgumentHelp("What files are (default: by their ending).", valueName: "type"))
    var contentType: String?

    @Option(help: ArgumentHelp("User metadata for files, name=value; can be given again.", valueName: "pair"))
    var metadata: [String] = []

    @OptionGroup var data: DataOptions

    func validate() throws {
        if let pair = metadata.first(where: { !$0.contains("=") || $0.hasPrefix("=") }) {
            throw ValidationError("--metadata \(pair) is not of the form name=value")
        }
    }

    func run() async throws {
        let pairs = metadata.map { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) }
        let metadata = Dictionary(pairs.map { (String($0[0]), String($0[1])) }) { $1 }
        let (source, target, recursive, contentType) = (source, target, recursive, contentType)
        try await Failing.withSentence {
            let steps = try await StoreSession.with(data.data) { session in
                try await StoreCopy(
                    session: session, recursive: recursive, contentType: contentType, metadata: metadata
                ).run(from: source, to: target)
            }
            StandardStream.write(
                data.json
                    ? JSON.array(steps.map(\.json)).text + "\n"
                    : steps.map { "\($0.source) -> \($0.target)\n" }.joined(),
                to: 1)
        }
    }
}
