import ArgumentParser
import Testing

@testable import emulator

@Suite struct OptionsTests {
    @Test func `start is the default verb`() throws {
        #expect(try EmulatorCommand.parseAsRoot([]) is StartCommand)
        #expect(try EmulatorCommand.parseAsRoot(["--port", "8080"]) is StartCommand)
        #expect(
            try EmulatorCommand.parseAsRoot(["start", "--json", "--data", "/tmp/x", "--port", "0"]) is StartCommand)
    }

    @Test func `port 0 asks for any free port for every server that was not given one`() throws {
        let options = try StartOptions.parse(["--port", "0", "--s3-port", "9100"])
        #expect(options.wanted(options.redisPort, default: 63_790) == 0)
        #expect(options.wanted(options.s3Port, default: 9000) == 9100)
        let usual = try StartOptions.parse([])
        #expect(usual.wanted(usual.redisPort, default: 63_790) == 63_790)
    }

    @Test(arguments: [["--port", "70000"], ["--redis-port", "-1"], ["--storage", "gcs"], ["--unknown"]])
    func `refuses what makes no sense`(arguments: [String]) {
        #expect(throws: (any Error).self) { try StartOptions.parse(arguments) }
    }

    @Test func `searches its own folder unless functions are named one by one`() throws {
        #expect(try FunctionOptions.parse([]).folder == ExecutablePath.folder)
        #expect(try FunctionOptions.parse(["--function", "/tmp/a"]).folder == nil)
        #expect(try FunctionOptions.parse(["--function", "/tmp/a", "--functions", "/tmp"]).folder == "/tmp")
    }

    @Test(arguments: ["start", "list", "describe", "invoke", "logs", "conform", "migrate"])
    func `every verb has a help text`(verb: String) {
        let help = EmulatorCommand.helpMessage(
            for: EmulatorCommand.configuration.subcommands.first {
                $0.configuration.commandName == verb
            }!)
        #expect(help.contains("OVERVIEW: "))
        #expect(help.contains("USAGE: emulator \(verb)"))
    }
}
