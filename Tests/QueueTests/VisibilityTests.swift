import FunctionTesting
import JSON
import Redis
import Testing

@testable import Queue

/// Messages that clients hide instead of leasing them, side by side with functions that lease.
@Suite(.timeLimit(.minutes(1)))
struct VisibilityTests {
    @Test func `what is taken is hidden from everybody until its time is over`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.put("{}", id: "m")
        let taken = try await queue.take(max: 5, hiddenFor: .seconds(30))
        #expect(taken.map(\.id) == ["m"])
        #expect(taken[0].attempts == 1)
        #expect(try await queue.take(max: 5, hiddenFor: .seconds(30)) == [])
        #expect(try await queue.receive(max: 5, block: .zero).isEmpty)
        #expect(try await queue.depth().total == 1)
        fixture.advance(by: .seconds(30))
        #expect(try await queue.peek(max: 5).map(\.attempts) == [1])
        #expect(try await queue.take(max: 5, hiddenFor: .seconds(30)).map(\.attempts) == [2])
    }

    @Test func `a function takes what was hidden and not deleted, as a further attempt`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.put(#"{"a":1}"#, id: "m")
        let taken = try await queue.take(max: 1, hiddenFor: .seconds(1))
        fixture.advance(by: .seconds(1))
        _ = try await queue.promoteDue()
        let message = try #require(try await queue.receive(max: 1, block: .zero).first)
        #expect(message.id == "m")
        #expect(message.attempt == 2)
        #expect(message.body == ["a": 1])
        let receipt = try #require(taken[0].receipt)
        await #expect(throws: ReceiptError.otherReceipt) { try await queue.delete("m", receipt) }
        #expect(try await queue.retry(message, after: .zero))
        await #expect(throws: ReceiptError.otherReceipt, "a retry is not the old receipt's") {
            try await queue.delete("m", receipt)
        }
    }

    @Test func `what a function holds or published is seen, taken and deleted like any other`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(.numbered(1, .low))
        try await queue.publish(.numbered(2, .high))
        #expect(try await queue.peek(max: 5).map(\.id) == ["2", "1"])
        let held = try #require(try await queue.receive(max: 1, block: .zero).first)
        #expect(try await queue.peek(max: 5).map(\.id) == ["1"])
        #expect(try await queue.release(held))
        #expect(try await queue.peek(max: 5).map(\.id) == ["2", "1"])
        let taken = try await queue.take(max: 5, hiddenFor: .seconds(1))
        #expect(taken.map(\.id) == ["2", "1"])
        for message in taken { try await queue.delete(message.id, try #require(message.receipt)) }
        #expect(try await queue.depth().total == 0)
    }

    @Test func `a receipt counts until somebody else takes the message`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let put = try await queue.put("1", id: "m")
        let first = try await queue.update("m", try #require(put.receipt), text: "2", hiddenFor: .seconds(5))
        await #expect(throws: ReceiptError.otherReceipt) {
            try await queue.update("m", try #require(put.receipt), text: nil, hiddenFor: .zero)
        }
        fixture.advance(by: .seconds(5))
        #expect(try await queue.peek(max: 1).map(\.text) == ["2"], "it is shown again, and moved by that")
        let second = try await queue.update("m", first.receipt, text: nil, hiddenFor: .zero)
        #expect(try await queue.peek(max: 1).map(\.text) == ["2"])
        await #expect(throws: ReceiptError.noSuchMessage) { try await queue.delete("n", second.receipt) }
        try await queue.delete("m", second.receipt)
        await #expect(throws: ReceiptError.noSuchMessage) { try await queue.delete("m", second.receipt) }
    }

    @Test(arguments: ["", "d:", "d:x", "9:1-1", "2:1", "2:1-1) error(", "d:1 2"])
    func `a receipt that nobody made does not count`(_ place: String) async throws {
        let queue = try await Fixture().queue()
        try await queue.put("1", id: "m")
        await #expect(throws: ReceiptError.otherReceipt) {
            try await queue.delete("m", MessageReceipt(place: place, nonce: "n"))
        }
    }

    @Test func `an expired message is nobody's`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        for id in ["peeked", "received"] {
            let now = fixture.now
            try await queue.put("{}", id: id, expiresAt: now + 1000)
            try await queue.put("{}", id: "hidden", hiddenFor: .milliseconds(500), expiresAt: now + 1000)
            try await queue.put("{}", id: "stays")
            fixture.advance(by: .seconds(1))
            if id == "peeked" {
                #expect(try await queue.peek(max: 5).map(\.id) == ["stays"])
            } else {
                _ = try await queue.promoteDue()
                #expect(try await queue.receive(max: 5, block: .zero).map(\.id) == ["stays"])
            }
            try await queue.clear()
        }
    }

    @Test func `an expiry outlives a retry`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.put("{}", id: "m", expiresAt: fixture.now + 1000)
        let message = try #require(try await queue.receive(max: 1, block: .zero).first)
        #expect(try await queue.retry(message, after: .milliseconds(500)))
        fixture.advance(by: .seconds(2))
        _ = try await queue.promoteDue()
        #expect(try await queue.receive(max: 1, block: .zero).isEmpty)
        #expect(try await queue.depth().total == 0)
    }

    @Test func `a body in base64 is a body`() async throws {
        let queue = try await Fixture().queue()
        try await queue.put("eyJhIjoxfQ==", id: "wrapped")
        try await queue.put("eyJhIjox", id: "wrapped badly")
        let messages = try await queue.receive(max: 5, block: .zero)
        #expect(messages.map(\.body) == [["a": 1]])
        #expect(try await queue.peek(max: 1).isEmpty)
        #expect(try await queue.deadLetters().map(\.id) == ["wrapped badly"])
    }

    @Test func `a queue that was cleared serves on`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(.numbered(1))
        let held = try #require(try await queue.receive(max: 1, block: .zero).first)
        try await queue.put("{}", id: "hidden", hiddenFor: .seconds(1))
        try await queue.clear()
        #expect(try await queue.depth().total == 0)
        #expect(try await !queue.exists())
        #expect(try await !queue.acknowledge(held))
        try await queue.publish(.numbered(2))
        #expect(try await queue.receive(max: 1, block: .zero).map(\.id) == ["2"])
    }
}
