import ArgumentParser
import FunctionRuntime
import Hosting
import JSON

/// `emulator list`: which functions there are, and what starts them.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the functions and their triggers.",
        discussion: """
            Those of the emulator that runs on the data folder; when none runs, or a folder or function is named, those found there.
            """)

    @OptionGroup var functions: FunctionOptions
    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            let (list, isWhole) = try await descriptions()
            if data.json {
                let rows = list.map { description -> JSON in
                    [
                        "name": description["name"] ?? "", "build": description["build"] ?? "",
                        "triggers": description["triggers"] ?? [],
                    ]
                }
                StandardStream.write(JSON.array(rows).text + "\n", to: 1)
            } else {
                StandardStream.write(Self.table(list), to: 1)
            }
            if !isWhole { throw ExitCode.failure }
        }
    }

    /// What the functions say, and whether all that were looked at said something.
    private func descriptions() async throws -> ([JSON], isWhole: Bool) {
        let named = functions.functions != nil || !functions.paths.isEmpty
        if !named, let running = try RuntimeFile.find(in: data.data) {
            return (try await RunningEmulator(running).get("/api/describe")["functions"]?.array ?? [], true)
        }
        let contents = try await FunctionFinder(functions).find()
        return (contents.functions.map(\.description.json), !contents.report())
    }

    /// Names in one column, triggers in the other.
    static func table(_ descriptions: [JSON]) -> String {
        guard !descriptions.isEmpty else { return "no functions\n" }
        let rows = descriptions.map { description in
            (description["name"]?.string ?? "", (description["triggers"]?.array ?? []).map(TriggerText.text))
        }
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, triggers in
            let indent = String(repeating: " ", count: width + 2)
            let first = name + String(repeating: " ", count: width + 2 - name.count)
            return first + (triggers.isEmpty ? "no trigger" : triggers.joined(separator: "\n" + indent)) + "\n"
        }.joined()
    }
}
