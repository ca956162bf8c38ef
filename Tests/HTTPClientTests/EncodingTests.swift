import Testing

@testable import HTTPClient

@Suite struct EncodingTests {
    @Test func `writes a multipart form as browsers do`() {
        var form = MultipartForm(boundary: "B")
        form.add("prompt", "a\r\nb")
        form.add("ima\"ge", file: [0x00, 0xFF], name: "x\r\n\"é.png", contentType: "image/png")
        var expected = Array("--B\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na\r\nb\r\n".utf8)
        expected += Array(
            "--B\r\nContent-Disposition: form-data; name=\"ima%22ge\"; filename=\"x%0D%0A%22é.png\"\r\n".utf8)
        expected += Array("Content-Type: image/png\r\n\r\n".utf8) + [0x00, 0xFF] + Array("\r\n--B--\r\n".utf8)
        #expect(form.encoded == expected)
        #expect(form.contentType == "multipart/form-data; boundary=B")
        #expect(MultipartForm().boundary != MultipartForm().boundary)
    }

    /// The examples of WHATWG HTML, section 9.2.6, cut after every byte.
    @Test(arguments: [
        ("data: YHOO\ndata: +2\ndata: 10\n\n", [ServerSentEvent(event: "message", data: "YHOO\n+2\n10", id: "")]),
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
            [
                ServerSentEvent(event: "message", data: "first event", id: "1"),
                ServerSentEvent(event: "message", data: "second event", id: ""),
            ]
        ),
        (
            "data\n\ndata\ndata\n\ndata:",
            [
                ServerSentEvent(event: "message", data: "", id: ""),
                ServerSentEvent(event: "message", data: "\n", id: ""),
            ]
        ),
        ("\u{FEFF}event: e\r\rdata: é\r\revent: f\r\n\r\n", [ServerSentEvent(event: "message", data: "é", id: "")]),
        // A combining mark behind a colon or a space belongs to the value.
        (
            "data:\u{301}a\n\ndata: \u{301}b\n\n",
            [
                ServerSentEvent(event: "message", data: "\u{301}a", id: ""),
                ServerSentEvent(event: "message", data: "\u{301}b", id: ""),
            ]
        ),
        // A mark of byte order only counts at the beginning; an id with a null does not count at all.
        ("id: 1\nid: 2\u{0}\ndata: a\n\n\u{FEFF}data: b\n\n", [ServerSentEvent(event: "message", data: "a", id: "1")]),
        (
            "event: a\r\ndata: x\r\n\r\nevent: b\ndata\rdatax: y\n\n",
            [
                ServerSentEvent(event: "a", data: "x", id: ""), ServerSentEvent(event: "b", data: "", id: ""),
            ]
        ),
    ])
    func `finds events in a stream cut anywhere`(text: String, events: [ServerSentEvent]) {
        var parser = ServerSentEventParser()
        #expect(text.utf8.flatMap { parser.add([$0]) ?? [] } == events)
        var whole = ServerSentEventParser()
        #expect(whole.add(Array(text.utf8)) == events)
    }

    @Test func `takes the retry time, and refuses an endless event`() {
        var parser = ServerSentEventParser(maximumEventSize: 20)
        _ = parser.add(Array("retry: 1500\nretry: soon\nretry: +7\nretry\n\n".utf8))
        #expect(parser.retry == .milliseconds(1500))
        // However many lines are only comments, an event is as long as its data.
        for _ in 0..<10 { #expect(parser.add(Array(": still here\n".utf8)) == []) }
        #expect(parser.add(Array("data: 123456789\n".utf8)) == [])
        #expect(parser.add(Array("data: 1234567\n".utf8)) == nil)
        var endless = ServerSentEventParser(maximumEventSize: 20)
        #expect(endless.add(Array(repeating: 0x61, count: 20)) == [])
        #expect(endless.add([0x61]) == nil)
    }

    @Test func `finds header fields whatever their case`() {
        var headers: HTTPHeaders = ["Content-Type": "a"]
        headers.add("Set-Cookie", "1")
        headers.add("set-cookie", "2")
        #expect(headers["content-type"] == "a")
        #expect(headers.all("SET-COOKIE") == ["1", "2"])
        headers["CONTENT-TYPE"] = "b"
        #expect(headers.count == 3)
        headers["set-cookie"] = nil
        #expect(headers.count == 1)
    }
}
