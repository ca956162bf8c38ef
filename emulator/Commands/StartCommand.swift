import ArgumentParser

/// `emulator start`: everything, until Ctrl-C.
struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start everything, and stop it in order on Ctrl-C (twice: at once).",
        discussion: """
            DATABASE_URL and REDIS_URL in the environment or the .env file replace the private Postgres and Redis. Everything \
            in the .env file and in the environment reaches the functions and wins over what the emulator sets.

            Each AI provider has a stand-in. A provider's own key there (REPLICATE_API_TOKEN, FAL_KEY, HF_TOKEN, \
            OPENAI_API_KEY, GEMINI_API_KEY), or for a local one its address (COMFYUI_URL, AUTOMATIC1111_URL), makes the \
            functions call the real one instead. How stand-ins behave is set at /_stand-in/knobs on their port, what they \
            were asked is read at /_stand-in/calls.

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
