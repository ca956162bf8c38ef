import ArgumentParser
import Glibc
import JSON
import Postgres

/// `emulator migrate`: brings a database to the newest schema.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Apply the database migrations that a database does not have yet.",
        discussion: """
            Numbered SQL files, one transaction each, under a lock: safe to run again and from several places at once. \
            A file that was changed after it was applied is an error.
            """)

    @Option(
        help: ArgumentHelp("The database (default: DATABASE_URL, else that of the running emulator).", valueName: "url")
    )
    var database: String?

    @Option(help: ArgumentHelp("The folder with the SQL files.", valueName: "folder"))
    var migrations = "infra/migrations"

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            let applied = try await DatabaseSchema.migrate(try url(), from: migrations)
            if data.json {
                StandardStream.write((["applied": .array(applied.map(JSON.string))] as JSON).text + "\n", to: 1)
            } else if applied.isEmpty {
                StandardStream.write("the database is up to date\n", to: 1)
            } else {
                StandardStream.write(applied.map { "applied \($0)\n" }.joined(), to: 1)
            }
        }
    }

    private func url() throws -> String {
        if let database { return database }
        if let url = FunctionEnvironment.inherited["DATABASE_URL"], !url.isEmpty { return url }
        let file = DataFolder.runtimeFile(in: data.data)
        if try RuntimeFile.find(in: data.data) != nil, let text = TextFile.read(file),
            let url = try JSON(parsing: Array(text.utf8))["postgres"]?.string
        {
            return url
        }
        throw EmulatorError(
            "which database? Name it with --database or DATABASE_URL, or start an emulator on \(data.data)")
    }
}
