import Testing
import XML

@Suite struct XMLElementTests {
    @Test func `reads names without prefixes, attributes, children and text`() throws {
        let document = """
            <?xml version="1.0" encoding="UTF-8"?>
            <s3:Delete xmlns:s3="urn:x"><Quiet>true</Quiet>
            <s3:Object kind="a&amp;b"><Key>caf\u{E9} &lt;&#65;&#x1F600;&gt;<![CDATA[<&>]]></Key></s3:Object>
            <Object/></s3:Delete>
            """
        let root = try XMLElement(parsing: document.utf8)
        #expect(root.name == "Delete")
        #expect(root["Quiet"] == "true")
        #expect(root.all("Object").count == 2)
        #expect(root.first("Object")?.attributes == ["kind": "a&b"])
        #expect(root.first("Object")?["Key"] == "café <A😀><&>")
        #expect(root["Missing"] == nil)
        #expect(root.attributes == ["xmlns:s3": "urn:x"])
    }

    @Test(arguments: [
        ("", 1), ("plain", 1), ("<a>", 1), ("<a>\n</b>", 2), ("<a/><b/>", 1), ("<a>\n\n&nbsp;</a>", 3),
        ("<a x='1' x='2'/>", 1), ("<a>\u{1}</a>", 1), ("<a>&#0;</a>", 1), ("<a b=c/>", 1),
    ])
    func `says where a text is not well-formed`(document: String, line: Int) throws {
        let error = try #require(throws: XMLError.self) { try XMLElement(parsing: document.utf8) }
        #expect(error.kind == .malformed)
        #expect(error.line == line)
    }

    @Test func `refuses bytes that are not UTF-8`() {
        #expect(throws: XMLError.self) { try XMLElement(parsing: Array("<a>".utf8) + [0xff] + Array("</a>".utf8)) }
    }

    /// Billion laughs, quadratic blow-up, an outside file, and a declaration that declares nothing.
    @Test(arguments: [
        """
        <!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
        <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><x>&c;</x>
        """,
        "<!DOCTYPE x [<!ENTITY a \"\(String(repeating: "a", count: 1000))\">]><x>&a;&a;&a;&a;</x>",
        #"<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>"#,
        #"<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><x/>"#,
        "<!DOCTYPE x><x/>",
    ])
    func `refuses every document type declaration`(document: String) throws {
        let error = try #require(throws: XMLError.self) { try XMLElement(parsing: document.utf8) }
        #expect(error.kind == .documentType)
    }

    @Test func `stops at the limit of depth`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        let limits = XMLLimits(depth: 10)
        #expect(throws: Never.self) { try XMLElement(parsing: nested(10).utf8, limits: limits) }
        let error = try #require(throws: XMLError.self) { try XMLElement(parsing: nested(11).utf8, limits: limits) }
        #expect(error.kind == .tooLarge)
        #expect(throws: XMLError.self) { try XMLElement(parsing: nested(100_000).utf8) }
    }

    @Test func `stops at the limits of elements and of bytes`() throws {
        let document = "<a>" + String(repeating: "<b/>", count: 9) + "</a>"
        #expect(throws: Never.self) { try XMLElement(parsing: document.utf8, limits: XMLLimits(elements: 10)) }
        for limits in [XMLLimits(elements: 9), XMLLimits(bytes: document.utf8.count - 1)] {
            let error = try #require(throws: XMLError.self) { try XMLElement(parsing: document.utf8, limits: limits) }
            #expect(error.kind == .tooLarge)
        }
    }

    @Test func `reads a thousand listed objects quickly`() throws {
        var xml = XMLWriter()
        xml.element("ListBucketResult") { xml in
            for index in 0..<1000 {
                xml.element("Contents") { xml in
                    xml.element("Key", "uploads/\(index)/image.png")
                    xml.element("Size", index)
                    xml.element("ETag", "\"d41d8cd98f00b204e9800998ecf8427e\"")
                }
            }
        }
        let clock = ContinuousClock()
        var count = 0
        let time = try clock.measure { count = try XMLElement(parsing: xml.bytes).all("Contents").count }
        #expect(count == 1000)
        print("1,000 listed objects, \(xml.bytes.count) bytes of XML, read in \(time)")
    }
}
