import Cryptography
import Testing

@Suite struct HMACTests {
    /// RFC 4231, test cases 1, 2 and 6; the last is RFC 2104's construction with nothing in it.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        ([], "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ])
    func `computes HMAC-SHA256 as RFC 4231 prints it`(key: [UInt8], message: String, code: String) {
        #expect(Hex.encode(HMAC.sha256(message.utf8, key: key)) == code)
    }

    /// RFC 2202, test cases 1 and 2.
    @Test(arguments: [
        ([UInt8](repeating: 0x0b, count: 20), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
        (Array("Jefe".utf8), "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    ])
    func `computes HMAC-SHA1 as RFC 2202 prints it`(key: [UInt8], message: String, code: String) {
        #expect(Hex.encode(HMAC.sha1(message.utf8, key: key)) == code)
    }
}
