import FunctionRuntime
import Glibc
import Testing

@testable import Hosting

@Suite(.timeLimit(.minutes(1))) struct FunctionCatalogTests {
    /// A folder with scripts, gone at the end.
    private final class Folder: Sendable {
        let path: String

        init() {
            var template = Array("/tmp/catalog-XXXXXX".utf8CString)
            path = String(cString: mkdtemp(&template))
        }

        deinit {
            for name in ["one", "two", "broken", "slow", "noisy", "plain.txt", "count"] { unlink(path + "/" + name) }
            rmdir(path)
        }

        func write(_ name: String, _ script: String, mode: mode_t = 0o755) {
            let file = fopen(path + "/" + name, "w")!
            fputs("#!/bin/sh\n" + script + "\n", file)
            fclose(file)
            chmod(path + "/" + name, mode)
        }

        func describes(_ name: String, as function: String) {
            write(name, "echo . >> \(path)/count\necho '{\"name\":\"\(function)\",\"triggers\":[]}'")
        }

        var runs: Int { contents(of: path + "/count").split(separator: "\n").count }
    }

    private let environment = ["PATH": "/usr/bin:/bin"]

    @Test func `finds the executables of a directory and sorts them by name`() async throws {
        let folder = Folder()
        folder.describes("one", as: "Zebra")
        folder.describes("two", as: "Ant")
        folder.write("plain.txt", "not executable", mode: 0o644)
        let contents = try await FunctionCatalog(environment: environment).load(directory: folder.path)
        #expect(contents.functions.map(\.description.name) == ["Ant", "Zebra"])
        #expect(contents.problems.isEmpty)
    }

    @Test func `a broken one is a problem with a sentence, and the others are there`() async throws {
        let folder = Folder()
        folder.describes("one", as: "One")
        folder.write("broken", "echo 'cannot open the thing' >&2; exit 3")
        folder.write("noisy", "echo hello")
        folder.write("slow", "exec sleep 60")
        let contents = try await FunctionCatalog(timeout: .seconds(1), environment: environment).load(
            directory: folder.path)
        #expect(contents.functions.map(\.description.name) == ["One"])
        let messages = Dictionary(
            uniqueKeysWithValues: contents.problems.map { ($0.path.split(separator: "/").last!, $0.message) })
        #expect(messages["broken"] == "--describe exited(3): cannot open the thing")
        #expect(messages["noisy"]?.hasPrefix("--describe printed no description") == true)
        #expect(messages["slow"] == "--describe did not end within 1.0 seconds. Is it a function?")
    }

    @Test func `asks again only when the file has changed`() async throws {
        let folder = Folder()
        folder.describes("one", as: "One")
        let catalog = FunctionCatalog(environment: environment)
        let path = folder.path + "/one"
        _ = await catalog.load(paths: [path])
        _ = await catalog.load(paths: [path])
        #expect(folder.runs == 1)
        folder.describes("one", as: "Renamed")
        let changed = await catalog.load(paths: [path])
        #expect(changed.functions.map(\.description.name) == ["Renamed"])
        #expect(folder.runs == 2)
    }

    @Test func `two functions with one name are a problem`() async throws {
        let folder = Folder()
        folder.describes("one", as: "Same")
        folder.describes("two", as: "Same")
        let contents = try await FunctionCatalog(environment: environment).load(directory: folder.path)
        #expect(contents.functions.count == 1)
        #expect(contents.problems.first?.message.contains("Names must be unique") == true)
    }

    @Test func `a directory that is not there is a sentence`() async {
        let problem = await #expect(throws: CatalogProblem.self) {
            try await FunctionCatalog().load(directory: "/tmp/no-such-directory")
        }
        #expect(
            problem?.description == "/tmp/no-such-directory: The directory cannot be read: No such file or directory.")
    }
}
