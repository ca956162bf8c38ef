import ArgumentParser
import FoundationEssentials
import FunctionRuntime
import Glibc
import JSON

/// `emulator logs`: what a running emulator and its functions said.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show the latest log lines of a running emulator.",
        discussion: "With --json one JSON object on each line.")

    @Argument(help: "Only this function.")
    var name: String?

    @Flag(name: .shortAndLong, help: "Go on with new lines as they come, until Ctrl-C.")
    var follow = false

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            let emulator = try RunningEmulator(in: data.data)
            let selection = name.map { "&function=\($0)" } ?? ""
            let colored = isatty(1) == 1
            let show: (JSON) -> Void = { line in
                let text = data.json ? line.text + "\n" : Console.text(LogLine(line), colored: colored)
                StandardStream.write(text, to: 1)
            }
            if follow {
                try await emulator.lines("/api/logs?follow=true\(selection)", show)
            } else {
                try await emulator.get("/api/logs?follow=false\(selection)").array?.forEach(show)
            }
        }
    }
}

extension LogLine {
    /// A line as the dashboard's API has it.
    init(_ json: JSON) {
        self.init(
            sequence: json["sequence"]?.int ?? 0, time: json["time"]?.string.flatMap(RFC3339.date(from:)) ?? Date(),
            level: json["level"]?.string.flatMap(LogLevel.init) ?? .info, function: json["function"]?.string,
            instance: json["instance"]?.string, invocation: json["invocation"]?.string,
            message: json["message"]?.string ?? "", fields: json["fields"] ?? .null)
    }
}
