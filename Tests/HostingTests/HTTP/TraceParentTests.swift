import Testing

@testable import Hosting

@Suite struct TraceParentTests {
    private static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func `continues a trace in a new span`() throws {
        let parent = try #require(TraceParent(Self.valid))
        let child = parent.child()
        #expect(child.traceId == "0af7651916cd43dd8448eb211c80319c")
        #expect(child.spanId != parent.spanId)
        #expect(child.isSampled)
        #expect(TraceParent(child.text) == child)
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
    ])
    func `a malformed header begins a new trace`(_ header: String) {
        #expect(TraceParent(header) == nil)
    }

    @Test func `a later version may say more`() {
        #expect(TraceParent("01" + Self.valid.dropFirst(2) + "-what") != nil)
    }

    @Test func `new traces are valid and differ`() {
        let made = (0..<100).map { _ in TraceParent.make() }
        #expect(Set(made).count == 100)
        #expect(made.allSatisfy { TraceParent($0.text) == $0 })
    }

    @Test func `invocation identifiers are 26 characters and in the order of their making`() {
        let early = InvocationIdentifier.make(milliseconds: 1_000, random: (.max, .max))
        let late = InvocationIdentifier.make(milliseconds: 1_001, random: (0, 0))
        #expect(early.count == 26)
        #expect(early < late)
    }
}
