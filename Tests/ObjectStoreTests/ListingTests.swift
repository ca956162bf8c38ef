import Testing

@testable import ObjectStore

struct ListingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var keys = ["a", "b/1", "b/2", "b/c/3", "b/c/4", "c", "d/", "d/x", "é", "z"]
        var prefix = ""
        var delimiter = ""
        var after = ""
        var expected: [String]

        var testDescription: String { "prefix '\(prefix)', delimiter '\(delimiter)', after '\(after)'" }
    }

    @Test(arguments: [
        Case(expected: ["a", "b/1", "b/2", "b/c/3", "b/c/4", "c", "d/", "d/x", "z", "é"]),
        Case(delimiter: "/", expected: ["a", "b/", "c", "d/", "z", "é"]),
        Case(prefix: "b/", delimiter: "/", expected: ["b/1", "b/2", "b/c/"]),
        Case(prefix: "b", delimiter: "/", expected: ["b/"]),
        Case(prefix: "d/", delimiter: "/", expected: ["d/", "d/x"]),
        Case(prefix: "none", expected: []),
        Case(after: "b/2", expected: ["b/c/3", "b/c/4", "c", "d/", "d/x", "z", "é"]),
        Case(delimiter: "/", after: "b/", expected: ["c", "d/", "z", "é"]),
        Case(delimiter: "/", after: "b/1", expected: ["b/", "c", "d/", "z", "é"]),
        Case(delimiter: "/c", expected: ["a", "b/1", "b/2", "b/c", "c", "d/", "d/x", "z", "é"]),
        Case(prefix: "c", after: "a", expected: ["c"]),
        Case(prefix: "b/", after: "c", expected: []),
        Case(keys: ["x\u{10FFFF}y", "x\u{10FFFF}z", "y"], delimiter: "\u{10FFFF}", expected: ["x\u{10FFFF}", "y"]),
    ])
    func `lists in the order of bytes, whatever the page size`(_ test: Case) async throws {
        let temporary = try TemporaryStore()
        try await temporary.store.createBucketIfMissing("b")
        for key in test.keys { try await temporary.put(key) }
        let bucket = try temporary.store.read { try $0.bucket("b")!.id }
        for limit in [1, 2, 3, 100] {
            var names: [String] = []
            var after = test.after
            while true {
                let page = try temporary.store.read {
                    try $0.list(
                        ListQuery(
                            bucket: bucket, prefix: test.prefix, delimiter: test.delimiter, after: after, limit: limit))
                }
                names += page.entries.map(\.name)
                #expect(page.entries.count <= limit)
                guard page.isTruncated, let last = page.entries.last else { break }
                after = last.name
            }
            #expect(names == test.expected)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a page takes as long among many keys as among few`() async throws {
        let temporary = try TemporaryStore()
        try await temporary.store.createBucketIfMissing("b")
        try await temporary.store.write { transaction in
            let bucket = try transaction.bucket("b")!.id
            for folder in 0..<20 {
                for number in 0..<2000 {
                    try transaction.put(
                        ObjectRecord(
                            bucket: bucket, key: "folder\(folder)/\(number)", version: transaction.draw(),
                            versionName: nil, size: 0, etag: "", modified: 0, revision: 0, segments: [],
                            fields: FieldList()), replacing: nil)
                }
            }
        }
        let bucket = try temporary.store.read { try $0.bucket("b")!.id }
        let clock = ContinuousClock()
        var best = Duration.seconds(1)
        for _ in 0..<20 {
            best = try min(
                best,
                clock.measure {
                    let page = try temporary.store.read {
                        try $0.list(ListQuery(bucket: bucket, delimiter: "/", limit: 1000))
                    }
                    #expect(page.entries.count == 20)
                })
        }
        // A walk along all 40,000 keys takes some 50 ms even in a release build.
        #expect(best < .milliseconds(15))
    }

    @Test(arguments: [("a", "b"), ("a/", "a0"), ("a\u{10FFFF}", "b"), ("\u{D7FF}", "\u{E000}")])
    func `the successor is the least text after everything with the prefix`(_ text: String, _ expected: String) {
        #expect(text.scalarSuccessor == expected)
        #expect("\u{10FFFF}".scalarSuccessor == nil)
    }
}
