import FoundationEssentials
import Glibc
import Postgres

/// Brings the database in `DATABASE_URL` to the newest schema: `migrate FOLDER`, with the numbered SQL files in the folder.
/// Safe to run again and from several places at once, as a step before the hosts of a new version start.
@main
struct Migrate {
    static func main() async {
        guard CommandLine.arguments.count == 2 else {
            fail("usage: DATABASE_URL=postgres://… migrate FOLDER", code: EX_USAGE)
        }
        guard let url = ProcessInfo.processInfo.environment["DATABASE_URL"], !url.isEmpty else {
            fail("DATABASE_URL is missing: set it to the Postgres database to migrate.", code: EX_CONFIG)
        }
        do {
            let postgres = Postgres(try PostgresConfiguration(url: url, poolSize: 1))
            let applied = try await Migrations.apply(directory: CommandLine.arguments[1], to: postgres)
            postgres.close()
            for name in applied { print("applied \(name)") }
            if applied.isEmpty { print("the database is up to date") }
        } catch {
            fail("the database cannot be migrated: \(error)", code: EXIT_FAILURE)
        }
    }

    private static func fail(_ sentence: String, code: Int32) -> Never {
        let line = Array((sentence + "\n").utf8)
        write(STDERR_FILENO, line, line.count)
        exit(code)
    }
}
