import ArgumentParser

/// `emulator`: the whole cloud on a laptop.
@main
struct EmulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulator",
        abstract: "Runs functions on this machine, with everything they need around them.",
        discussion: """
            Without a verb it starts: an HTTP gateway, queue, object-storage and timer triggers, an S3- and Azure-compatible \
            object store, Postgres, Redis, stand-ins for the AI providers, and a dashboard. No account, no container engine \
            and no network are needed.

            Exit codes: 0 it worked, 1 it did not (the sentence is on standard error), 64 the command line was wrong.
            """,
        subcommands: [
            StartCommand.self, ListCommand.self, DescribeCommand.self, InvokeCommand.self, LogsCommand.self,
            ConformCommand.self, MigrateCommand.self, StorageCommand.self,
        ],
        defaultSubcommand: StartCommand.self)
}
