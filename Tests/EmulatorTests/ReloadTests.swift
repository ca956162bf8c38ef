import FoundationEssentials
import FunctionTesting
import Testing

@testable import emulator

@Suite struct ReloadTests {
    private static let description = """
        {"name":"P","targets":[
          {"name":"Create","path":"Functions/Create","type":"executable","target_dependencies":["Domain"]},
          {"name":"Read","path":"Functions/Read","type":"executable","target_dependencies":["Runtime"]},
          {"name":"Domain","path":"Functions/Domain","type":"library","target_dependencies":["Runtime"]},
          {"name":"Runtime","path":"Runtime","type":"library"}]}
        """

    @Test func `rebuilds only the products that a change reaches`() throws {
        let map = try PackageMap(describing: Array(Self.description.utf8), root: "/p")
        #expect(map.products == ["Create", "Read"])
        #expect(map.affected(by: ["/p/Functions/Domain/Job.swift"], among: map.products) == ["Create"])
        #expect(map.affected(by: ["/p/Runtime/JSON.swift"], among: map.products) == ["Create", "Read"])
        #expect(map.affected(by: ["/p/Functions/Read/Read.swift"], among: map.products) == ["Read"])
        #expect(map.affected(by: ["/p/README.md"], among: map.products) == [])
    }

    @Test func `sees files that are added, changed and removed, also below folders`() throws {
        let folder = try TemporaryFolder(name: "sources")
        try FileManager.default.createDirectory(atPath: folder.path + "/a/b", withIntermediateDirectories: true)
        try TextFile.write("1", to: folder.path + "/a/b/one.swift")
        try TextFile.write("1", to: folder.path + "/a/two.swift")
        try TextFile.write("1", to: folder.path + "/a/.hidden")
        let before = SourceTree(folders: [folder.path])
        #expect(before.files.count == 2)
        try TextFile.write("22", to: folder.path + "/a/b/one.swift")
        try TextFile.write("1", to: folder.path + "/a/three.swift")
        try FileManager.default.removeItem(atPath: folder.path + "/a/two.swift")
        let names = SourceTree(folders: [folder.path]).changes(since: before).map { $0.split(separator: "/").last! }
        #expect(names == ["one.swift", "three.swift", "two.swift"])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a description of the package that is no JSON is said, and the next change is looked at`() async throws {
        let folder = try TemporaryFolder(name: "sources")
        let products = folder.path + "/.build/any/debug"
        for path in [products, folder.path + "/Sources", folder.path + "/bin"] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try TextFile.write("", to: folder.path + "/Package.swift")
        try TextFile.write("#!/bin/sh\necho '{oops'\n", to: folder.path + "/bin/swift", mode: 0o755)
        let environment = ["PATH": folder.path + "/bin:/usr/bin:/bin"]
        let package = try #require(
            SwiftPackage(builtInto: products, log: folder.path + "/log", environment: environment))
        let journal = Journal()
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await SourceWatch(package: package, environment: environment, journal: journal).run()
            }
            group.addTask {
                var edits = 0
                // Both changes are complained of: the first complaint did not end the watch.
                while journal.lines.count < 2 {
                    if edits == journal.lines.count {
                        edits += 1
                        try await Task.sleep(for: .milliseconds(700))  // the watch has looked at what was before
                        try TextFile.write("\(edits)", to: folder.path + "/Sources/A.swift")
                    }
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(journal.lines.allSatisfy { $0.message.contains("the build failed, the old build serves on") })
            }
            try await group.next()
            group.cancelAll()
        }
    }

    @Test func `shows what the compiler complains of once each, with what it quotes`() {
        let output = """
            [1/3] Compiling Create Create.swift
            /p/Create.swift:3:9: error: cannot find 'x' in scope
            1 | import JSON
              |         `- error: cannot find 'x' in scope
            /p/Create.swift:3:9: error: cannot find 'x' in scope
            warning: something else
            """
        let text = SwiftPackage.complaint(Array(output.utf8), fallback: "none")
        #expect(text.hasPrefix("/p/Create.swift:3:9: error: cannot find 'x' in scope\n1 | import JSON"))
        #expect(!text.contains("something else"))
        #expect(SwiftPackage.complaint([], fallback: "none") == "none")
    }
}
