import ArgumentParser
import FunctionRuntime
import Hosting
import JSON

/// `emulator describe`: the descriptions of all functions, the one source of routes, documents and deployment files.
struct DescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Print what each function says about itself.",
        discussion: """
            Routes, queues, storage patterns, timers, limits, needed environment, input and output schema, as the function's own \
            --describe prints them. With --json: {"functions": [...]}.
            """)

    @Argument(help: "Only this function.")
    var name: String?

    @OptionGroup var functions: FunctionOptions

    @Flag(help: "Print one JSON object for programs instead of text for people.")
    var json = false

    func run() async throws {
        try await Failing.withSentence {
            let contents = try await FunctionFinder(functions).find()
            let found = contents.functions
            let chosen = name.map { name in found.filter { $0.description.name == name } } ?? found
            if let name, chosen.isEmpty {
                contents.report()
                throw EmulatorError("there is no function \(name) (there are: \(FunctionFinder.names(found)))")
            }
            if json {
                let list = JSON.array(chosen.map(\.description.json))
                StandardStream.write((["functions": list] as JSON).text + "\n", to: 1)
            } else {
                for function in chosen { StandardStream.write(Self.text(function.description.json), to: 1) }
            }
            if name == nil, contents.report() { throw ExitCode.failure }
        }
    }

    /// A description as a person reads it.
    static func text(_ description: JSON) -> String {
        var lines = [description["name"]?.string ?? ""]
        if let summary = description["summary"]?.string, !summary.isEmpty { lines.append("  " + summary) }
        for trigger in description["triggers"]?.array ?? [] { lines.append("  " + TriggerText.text(trigger)) }
        let limits = ["concurrency", "timeout", "memory"].compactMap { name in
            description[name]?.int.map {
                "\(name) \($0)" + (name == "timeout" ? " ms" : name == "memory" ? " MiB" : "")
            }
        }
        lines.append("  " + (["build \(description["build"]?.string ?? "")"] + limits).joined(separator: ", "))
        for variable in description["environment"]?.array ?? [] {
            let need = variable["required"]?.bool == true ? "required" : "optional"
            lines.append("  \(variable["name"]?.string ?? "") (\(need)): \(variable["summary"]?.string ?? "")")
        }
        return lines.joined(separator: "\n") + "\n\n"
    }
}
