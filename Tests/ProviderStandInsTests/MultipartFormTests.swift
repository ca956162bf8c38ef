import Testing

@testable import ProviderStandIns

struct MultipartFormTests {
    private let type = "multipart/form-data; boundary=cut"

    @Test func `parts are read with name, file name, type and bytes`() throws {
        let body =
            "--cut\r\nContent-Disposition: form-data; name=\"content\"; filename=\"a b.png\"\r\nContent-Type: image/png\r\n\r\n"
            + "\u{0}\r\nbytes\r\n--cut\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{}\r\n--cut--\r\n"
        let form = try #require(MultipartForm(Array(body.utf8), contentType: type))
        let content = try #require(form["content"])
        #expect(content.filename == "a b.png")
        #expect(content.contentType == "image/png")
        #expect(content.content == Array("\u{0}\r\nbytes".utf8))
        #expect(form["metadata"]?.content == Array("{}".utf8))
    }

    @Test(arguments: [
        "", "--cut", "--cut--", "--cut\r\n\r\n--cut--", "--cut\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx",
    ])
    func `a body that does not keep to the format has no parts`(body: String) {
        #expect(MultipartForm(Array(body.utf8), contentType: type)?.parts.isEmpty != false)
    }

    @Test func `another content type is not a form`() {
        #expect(MultipartForm([], contentType: "application/json") == nil)
    }
}
