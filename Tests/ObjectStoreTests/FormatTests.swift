import Cryptography
import Testing

@testable import ObjectStore

struct FormatTests {
    @Test func `dates are written and read in every form`() {
        let moment = HTTPDate.milliseconds(2026, 11, 20) + ((21 * 60 + 15) * 60 + 55) * 1000
        #expect(HTTPDate.rfc1123(moment) == "Fri, 20 Nov 2026 21:15:55 GMT")
        #expect(HTTPDate.iso8601(moment + 123) == "2026-11-20T21:15:55.123Z")
        #expect(HTTPDate.ticks(moment + 123) == "2026-11-20T21:15:55.1230000Z")
        #expect(HTTPDate.basic(moment) == "20261120T211555Z")
        #expect(HTTPDate.parseRFC1123("Fri, 20 Nov 2026 21:15:55 GMT") == moment)
        #expect(HTTPDate.parseISO8601("2026-11-20T21:15:55Z") == moment)
        #expect(HTTPDate.parseISO8601("2026-11-20T21:15:55.1234567Z") == moment + 123)
        #expect(HTTPDate.parseISO8601("2026-11-20") == HTTPDate.milliseconds(2026, 11, 20))
        #expect(HTTPDate.parseBasic("20261120T211555Z") == moment)
        #expect(HTTPDate.rfc1123(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.iso8601(-1) == "1969-12-31T23:59:59.999Z")
        #expect(HTTPDate.iso8601(HTTPDate.milliseconds(2000, 2, 29)) == "2000-02-29T00:00:00.000Z")
    }

    @Test(arguments: ["", "yesterday", "2026-13-01", "2026-11-20T25:00:00Z", "20261120T2115Z"])
    func `what is no date is none`(_ text: String) {
        #expect(HTTPDate.parseISO8601(text) == nil)
        #expect(HTTPDate.parseBasic(text) == nil)
        #expect(HTTPDate.parseRFC1123(text) == nil)
    }

    @Test(arguments: [CRC.Kind.crc32, .crc32c, .crc64nvme])
    func `checksums combine to that of the whole`(_ kind: CRC.Kind) {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
            var crc = CRC(kind)
            Array(bytes).withUnsafeBytes { crc.update($0) }
            return crc.value
        }
        for cut in [0, 1, 7, 500, 999, 1000] {
            let combined = CRC.combine(
                kind, checksum(bytes[..<cut]), checksum(bytes[cut...]), secondLength: Int64(1000 - cut))
            #expect(combined == checksum(bytes))
        }
    }

    @Test(
        arguments: [
            ("bytes=0-4", 0..<5), ("bytes=8-100", 8..<10), ("bytes=-3", 7..<10), ("bytes=-30", 0..<10),
            ("bytes=9-", 9..<10),
        ] as [(String, Range<Int64>)])
    func `ranges mean bytes`(_ text: String, _ expected: Range<Int64>) {
        #expect(ByteRange(text)?.resolve(10) == expected)
    }

    @Test(arguments: ["bytes=5-2", "bytes=0-1,3-4", "items=0-1", "bytes=", "bytes=-", "bytes=a-b", "bytes=+1-2"])
    func `what is no single range is ignored`(_ text: String) { #expect(ByteRange(text) == nil) }

    @Test(arguments: [
        ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.1-10.0.0.9", "10.0.0.9", true), ("10.0.0.1-10.0.0.9", "10.0.0.10", false), ("::1", "::1", true),
        ("0.0.0.0/0", "1.2.3.4", true), ("127.0.0.1", "::1", false), ("172.16.0.0/12", "172.31.255.255", true),
    ])
    func `addresses are in their range`(_ range: String, _ address: String, _ expected: Bool) {
        #expect(IPAddressRange(range)?.contains(address) == expected)
    }

    @Test(arguments: [
        ("*", "", true), ("a*c", "abbc", true), ("a?c", "abc", true), ("a?c", "ac", false),
        ("*.png", "x.png.jpg", false), ("a*b*c", "aXbYbZc", true),
    ])
    func `patterns match`(_ pattern: String, _ text: String, _ expected: Bool) {
        #expect(Wildcard.matches(pattern, text) == expected)
    }

    @Test func `fields come back as they were, in their order`() {
        var fields = FieldList()
        fields["content-type"] = "image/png"
        fields["meta:prompt"] = "é\u{301} \"x\""
        fields["meta:empty"] = ""
        let again = fields.encoded.withUnsafeBytes { FieldList(decoding: $0) }
        #expect(again == fields)
        #expect(again.all("meta:").map(\.name) == ["prompt", "empty"])
    }

    @Test(arguments: ["abc", "my-bucket.1", "0ab"])
    func `good bucket names are accepted`(_ name: String) { #expect(S3Call.isValid(bucketName: name)) }

    @Test(arguments: [
        "ab", "Abc", "a_b", "-abc", "abc-", "a..b", "192.168.1.1", "xn--abc", "a/b", String(repeating: "a", count: 64),
    ])
    func `bad bucket names are refused`(_ name: String) { #expect(!S3Call.isValid(bucketName: name)) }
}
