import FunctionRuntime
import JSON
import Testing

@testable import emulator

@Suite(.timeLimit(.minutes(1))) struct JournalTests {
    @Test func `keeps the newest elements in order`() {
        var ring = Ring<Int>(capacity: 3)
        #expect(ring.elements == [])
        for number in 1...5 { ring.append(number) }
        #expect(ring.elements == [3, 4, 5])
        #expect(ring.count == 3)
    }

    @Test func `replays what is kept to a listener and goes on with what is new`() async {
        let journal = Journal()
        journal.info("first")
        let lines = journal.follow(replay: true)
        journal.warning("second")
        journal.finish()
        var seen: [String] = []
        for await line in lines { seen.append("\(line.sequence) \(line.level.rawValue) \(line.message)") }
        #expect(seen == ["1 info first", "2 warning second"])
    }

    @Test func `reads a line of the API back`() {
        let line = LogLine(
            sequence: 7, level: .error, function: "F", instance: "F-1", invocation: "x", message: "no", fields: ["a": 1]
        )
        let copy = LogLine(line.json)
        #expect(copy.json == line.json)
    }

    @Test func `shows a line without colours where there is no terminal`() {
        let line = LogLine(level: .warning, function: "F", message: "careful", fields: ["job": "7"])
        #expect(Console.text(line, colored: false).hasSuffix(" F warning careful job=7\n"))
        #expect(Console.text(line, colored: true).contains("\u{1B}[33m"))
    }
}
