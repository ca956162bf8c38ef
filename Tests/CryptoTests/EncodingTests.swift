import Cryptography
import Testing

@Suite struct EncodingTests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `writes and reads base64 as RFC 4648 prints it`(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
        let unpadded = String(encoded.prefix { $0 != "=" })
        #expect(Base64.encodeURL(Array(text.utf8)) == unpadded)
        #expect(Base64.decodeURL(unpadded) == Array(text.utf8))
    }

    @Test func `uses the alphabet asked for`() {
        #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
        #expect(Base64.encodeURL([0xfb, 0xff]) == "-_8")
        #expect(Base64.decodeURL("+/8") == nil)
        #expect(Base64.decode("-_8=") == nil)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zm9v\n", "Zm 9v", "Zg==Zg==", "Zm9v=", "é+==",
    ])
    func `refuses base64 that is not written exactly`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Zg==", "Zh", "Z", "Zm9v\r"])
    func `refuses base64url that is not written exactly`(text: String) {
        #expect(Base64.decodeURL(text) == nil)
    }

    @Test func `reads back whatever it wrote`() {
        for count in 0..<70 {
            let bytes = SecureRandom.bytes(count)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        }
    }

    @Test func `writes hexadecimal in lower case and reads both`() {
        #expect(Hex.encode([0, 0x1f, 0xab]) == "001fab")
        #expect(Hex.decode("001FaB") == [0, 0x1f, 0xab])
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("0g") == nil)
    }

    @Test(arguments: [("", "", true), ("a", "a", true), ("a", "b", false), ("a", "aa", false), ("", "a", false)])
    func `compares in constant time`(left: String, right: String, equal: Bool) {
        #expect(ConstantTime.equal(left, right) == equal)
    }

    @Test func `gives random bytes, other ones each time`() {
        #expect(SecureRandom.bytes(0).isEmpty)
        #expect(SecureRandom.bytes(32).count == 32)
        #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }
}
