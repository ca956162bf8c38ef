import Testing

@testable import ProviderStandIns

struct DrawingTests {
    private let picture = Picture(prompt: "a harbour", seed: 7, width: 96, height: 64)

    @Test func `the same prompt and seed draw the same picture`() {
        #expect(picture.png() == picture.png())
    }

    @Test(arguments: [
        Picture(prompt: "a harbour.", seed: 7, width: 96, height: 64),
        Picture(prompt: "a harbour", seed: 8, width: 96, height: 64),
        Picture(prompt: "a harbour", seed: 7, width: 96, height: 64, input: [1, 2, 3]),
    ])
    func `another prompt, seed or input image draws another`(other: Picture) {
        #expect(picture.png() != other.png())
    }

    @Test func `an input image shows through`() throws {
        let red = Bitmap(width: 96, height: 64) { _ in { _ in Color(1, 0, 0) } }
        var tinted = picture
        tinted.input = PNG.encode(red)
        let bitmap = try #require(PNG.decode(tinted.png()))
        #expect(bitmap[2, 2].bytes.0 > 140)
    }

    @Test func `a PNG is read as it was written`() throws {
        let bitmap = Bitmap(width: 5, height: 3) { y in { x in Color(Float(x) / 5, Float(y) / 3, 0.5) } }
        #expect(try #require(PNG.decode(PNG.encode(bitmap))).pixels == bitmap.pixels)
    }

    @Test func `a JPEG is smaller the lower its quality, and tells its size`() {
        let files = [100, 90, 10].map { picture.encoded(.jpeg, quality: $0) }
        #expect(files.map(\.count) == files.map(\.count).sorted(by: >))
        for file in files {
            #expect(file.starts(with: [0xff, 0xd8, 0xff, 0xe0]) && file.suffix(2) == [0xff, 0xd9])
            #expect(file.firstRange(of: [0xff, 0xc0, 0, 17, 8, 0, 64, 0, 96, 3]) != nil)
        }
    }

    @Test func `a PNG that is cut anywhere is refused`() {
        let file = PNG.encode(Bitmap(width: 9, height: 9) { _ in { _ in Color(0, 1, 0) } })
        for length in 0..<file.count - 16 { #expect(PNG.decode(Array(file.prefix(length))) == nil) }
    }

    @Test func `a PNG that claims to be huge is refused before memory is taken`() {
        var file = PNG.encode(Bitmap(width: 1, height: 1) { _ in { _ in Color(0, 0, 0) } })
        file.replaceSubrange(16..<24, with: [0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff])
        #expect(PNG.decode(file) == nil)
    }
}
