import Domain
import Testing

struct ImageHeaderTests {
    @Test(arguments: [
        (TestImages.png(width: 768, height: 512), ImageHeader(format: .png, width: 768, height: 512)),
        (TestImages.gif(width: 320, height: 200), ImageHeader(format: .gif, width: 320, height: 200)),
        (TestImages.jpeg(width: 4032, height: 3024), ImageHeader(format: .jpeg, width: 4032, height: 3024)),
        (
            TestImages.jpeg(width: 10, height: 20, metadata: 65_000),
            ImageHeader(format: .jpeg, width: 10, height: 20)
        ),
        (TestImages.webpExtended(width: 70_000, height: 3), ImageHeader(format: .webp, width: 70_000, height: 3)),
        (TestImages.webpLossless(width: 16_384, height: 1), ImageHeader(format: .webp, width: 16_384, height: 1)),
        (TestImages.webpLossy(width: 640, height: 480), ImageHeader(format: .webp, width: 640, height: 480)),
    ])
    func `reads format and size from the first bytes`(bytes: [UInt8], header: ImageHeader) throws {
        #expect(try ImageHeader(sniffing: bytes) == header)
    }

    @Test(arguments: [
        ("<svg onload=alert(1)>", [UInt8]("<svg onload=alert(1)>".utf8), ImageHeaderError.unknownFormat),
        ("nothing", [], .unknownFormat),
        ("an executable", [0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 0, count: 60), .unknownFormat),
        ("RIFF that is a sound", Array("RIFF\0\0\0\0WAVEfmt ".utf8), .unknownFormat),
        ("only a PNG signature", Array(TestImages.png.prefix(8)), .truncated(.png)),
        ("a PNG of no width", TestImages.png(width: 0, height: 5), .damaged(.png, "its width or height is zero")),
        (
            "a PNG beyond 31 bits", TestImages.png(width: 0xFFFF_FFFF, height: 1),
            .damaged(.png, "its size is beyond what PNG allows")
        ),
        (
            "a PNG that begins with another chunk",
            Array(TestImages.png.prefix(12)) + Array("IDAT".utf8) + Array(TestImages.png.dropFirst(16)),
            .damaged(.png, "it does not begin with IHDR")
        ),
        ("a JPEG cut in its metadata", Array(TestImages.jpeg(width: 9, height: 9).prefix(100)), .truncated(.jpeg)),
        (
            "a JPEG whose segment has no length", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0, 0, 0],
            .damaged(.jpeg, "a segment is shorter than its own length")
        ),
        ("a JPEG without a frame", [0xFF, 0xD8, 0xFF, 0xDA, 0, 8], .damaged(.jpeg, "its frame header is missing")),
        ("a JPEG of nothing but fill bytes", [0xFF, 0xD8] + [UInt8](repeating: 0xFF, count: 1000), .truncated(.jpeg)),
        ("a GIF cut short", Array("GIF89a".utf8) + [1], .truncated(.gif)),
        (
            "a WebP of an unknown chunk", Array("RIFF\0\0\0\0WEBPEVIL".utf8) + [UInt8](repeating: 0, count: 20),
            .damaged(.webp, "it begins with no known chunk")
        ),
        ("a WebP cut short", Array("RIFF\0\0\0\0WEBPVP8X".utf8), .truncated(.webp)),
    ])
    func `refuses what is no picture and never traps`(name: String, bytes: [UInt8], error: ImageHeaderError) {
        #expect(throws: error) { try ImageHeader(sniffing: bytes) }
    }

    @Test func `every prefix of every format is an error or a header, never a trap`() {
        for whole in [
            TestImages.png, TestImages.gif(width: 1, height: 1), TestImages.jpeg(width: 3, height: 3),
            TestImages.webpExtended(width: 5, height: 5), TestImages.webpLossless(width: 5, height: 5),
            TestImages.webpLossy(width: 5, height: 5),
        ] {
            for length in 0..<whole.count {
                _ = try? ImageHeader(sniffing: Array(whole.prefix(length)))
            }
        }
    }

    @Test(arguments: [(1000, 1000, true), (16_384, 6_000, true), (16_385, 1, false), (16_000, 16_000, false)])
    func `pictures that would unpack to too much are refused`(width: Int, height: Int, isWelcome: Bool) {
        let header = ImageHeader(format: .png, width: width, height: height)
        #expect((ImageRules.refusal(of: header) == nil) == isWelcome)
    }
}
