import ArgumentParser

/// `emulator start`: everything, until Ctrl-C.
struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start everything, and stop it in order on Ctrl-C (twice: at once).",
        discussion: """
            DATABASE_URL and REDIS_URL in the environment or the .env file replace the private Postgres and Redis. Everything \
            in the .env file and in the environment reaches the functions and wins over what the emulator sets.

            With --json exactly one line appears on standard output, once everything is ready; the log is on standard error.
            """)

    @OptionGroup var options: StartOptions
    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            try await Emulator.run(options, data: data.data, json: data.json)
        }
    }
}
